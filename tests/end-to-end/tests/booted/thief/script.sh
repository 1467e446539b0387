# What the thief's system does. /pcr-early and /pcr-ready hold what he knows of each phase.
export PATH=/bin TPM2TOOLS_TCTI=device:/dev/tpmrm0
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
cd /tmp

say() { echo "thief: $*"; }

# try WHAT COMMAND...: the first step that the TPM refuses ends the attempt.
try() {
  "$@" > /dev/null 2> refusal || { say "$attempt refused at $2"; return 1; }
}

# vendor KEY POLICY SIGNATURE: a ticket for a policy that the vendor signed.
vendor() {
  try tpm2 loadexternal -Q -C o -u "$1" -c key.ctx -n key.name &&
    try tpm2 verifysignature -Q -c key.ctx -g sha256 -m "$2" -s "$3" -f rsassa -t ticket
}

# opened: what the session gives of the object, compared with what was sealed where that is known.
opened() {
  try tpm2 unseal -Q -c object.ctx -p session:session -o out || return
  if [ "$1" = - ] || cmp -s "$1" out; then say "$attempt OPENS"; else say "$attempt gives something else"; fi
}

# old PHASE: an object under the policy of before, PolicyAuthorize(PCR 11) and PCR 12, made and opened.
old() {
  attempt="$1 by the old policy"
  vendor "/$1/old-vendor" "/$1/old-policy" "/$1/old-signature" &&
    try tpm2 startauthsession -S trial &&
    try tpm2 policyauthorize -Q -S trial -i "/$1/old-policy" -n key.name -t ticket &&
    try tpm2 policypcr -Q -S trial -l sha256:12 -L digest &&
    try tpm2 flushcontext trial &&
    try tpm2 create -Q -C 0x81008c01 -L digest -a 'fixedtpm|fixedparent|noda|adminwithpolicy' -i "/$1/secret" -u pub -r priv &&
    try tpm2 load -Q -C 0x81008c01 -u pub -r priv -c object.ctx &&
    try tpm2 startauthsession --policy-session -S session &&
    try tpm2 policypcr -Q -S session -l sha256:11 &&
    try tpm2 policyauthorize -Q -S session -i "/$1/old-policy" -n key.name -t ticket &&
    try tpm2 policypcr -Q -S session -l sha256:12 &&
    opened "/$1/secret"
}

# ours PHASE OBJECT SECRET: the way that the box goes.
ours() {
  vendor "/$1/vendor" "/$1/policy" "/$1/signature" &&
    try tpm2 startauthsession --policy-session -S session &&
    try tpm2 policypcr -Q -S session -l sha256:11 &&
    try tpm2 policynv -Q -S session -C 0x01800110 -i "/$1/bits" 0x01800110 bc &&
    try tpm2 policyauthorize -Q -S session -i "/$1/policy" -n key.name -t ticket &&
    try tpm2 policypcr -Q -S session -l sha256:7,12 &&
    try tpm2 policyauthorizenv -Q -S session -C "$index" "$index" &&
    opened "$2"
}

for phase in pcr-early pcr-ready; do
  read -r index < "/$phase/index"
  while read -r event; do try tpm2 pcrextend "$event"; done < "/$phase/extends"
  old "$phase"
  # An object of his own, under the policy that the box seals by.
  attempt="$phase by our policy"
  try tpm2 startauthsession -S trial &&
    try tpm2 policyauthorizenv -Q -S trial -C "$index" -L digest "$index" &&
    try tpm2 flushcontext trial &&
    try tpm2 create -Q -C 0x81008c01 -L digest -a 'fixedtpm|fixedparent|noda|adminwithpolicy' -i "/$phase/secret" -u pub -r priv &&
    try tpm2 load -Q -C 0x81008c01 -u pub -r priv -c object.ctx &&
    ours "$phase" "/$phase/secret"
  tpm2 flushcontext -l
  if [ -e "/$phase/public" ]; then
    attempt="$phase, the box's own key"
    try tpm2 load -Q -C 0x81008c01 -u "/$phase/public" -r "/$phase/private" -c object.ctx && ours "$phase" -
    tpm2 flushcontext -l
  fi
done
say "has tried everything"
# The kernel's first process must not end.
while :; do read -r _; done
