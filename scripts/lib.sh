# Shared by the scripts here: where things are, and how to run a command in the tool root.
# shellcheck shell=bash
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/coffer
# The roots and the hardware tools: a folder for each list of packages, below the cache, so that another checkout keeps its own.
root_of() { # root_of NAME
  printf '%s/%s-%s' "$cache" "$1" "$(cat "$here"/scripts/packages/{"$1".{list,lock,txt},roots.sh} 2>/dev/null | sha256sum | cut -c1-12)"
}
root=$(root_of toolroot)
hdl=hdl-$(cat "$here"/scripts/packages/{hdl.txt,install-hdl} | sha256sum | cut -c1-12)
# The same for programs that cargo calls in the suite.
cargo_tools=cargo-tools-$(sha256sum < "$here/scripts/packages/cargo-tools.txt" | cut -c1-12)

die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }
say() { printf '== %s\n' "$*" >&2; }
# What a person should read even where the rest of the output is kept in a file (tasks.sh).
warn() { printf '!! %s\n' "$*" >&2; }

need() { # need PROGRAM PACKAGE
  command -v "$1" >/dev/null || die "$1 is missing: install the Debian package $2"
}

# The certificate bundle that this host trusts; a private CA is in it or is named by SSL_CERT_FILE.
ca_bundle() {
  for f in "${SSL_CERT_FILE:-}" "${CURL_CA_BUNDLE:-}" /etc/ssl/certs/ca-certificates.crt; do
    if [ -n "$f" ] && [ -r "$f" ]; then readlink -f "$f"; return; fi
  done
  die "no certificate bundle: install the package ca-certificates, or set SSL_CERT_FILE"
}

# The Debian mirror is the host's own; none is written down here.
mirror() {
  local m
  m=$(cat /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null |
    sed -n 's/^URIs: *\([^ ]*\).*/\1/p; s/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\) .*/\2/p' | grep -v security | head -n 1)
  [ -n "$m" ] || die "no Debian mirror in /etc/apt/sources.list or sources.list.d/debian.sources"
  printf '%s' "${m%/}"
}

# in_root COMMAND...: runs it in the tool root, in a mount namespace of its own, so that nothing stays mounted.
# The checkout is /coffer there (the same for everyone: paths end up in binaries), the cache is /cache.
in_root() {
  local as_user=() cargo_home rustup_home
  [ "$(id -u)" = 0 ] || as_user=(--user --map-root-user)
  cargo_home=${CARGO_HOME:-$HOME/.cargo} rustup_home=${RUSTUP_HOME:-$HOME/.rustup}
  [ -d "$rustup_home" ] || die "no Rust toolchain in $rustup_home: install one with rustup (https://rustup.rs)"
  unshare "${as_user[@]}" --mount -- bash -euc '
    root=$1 here=$2 cache=$3 cargo=$4 rustup=$5 ca=$6 hdl=$7 cargo_tools=$8; shift 8
    mkdir -p "$root"/{coffer,cache,cargo,rustup,proc,sys,dev,tmp,etc/ssl/certs,run}
    touch "$root/etc/resolv.conf" "$root/etc/hosts" "$root/etc/ssl/certs/ca-certificates.crt"
    mount --rbind /proc "$root/proc"; mount --rbind /sys "$root/sys"; mount --rbind /dev "$root/dev"
    mount --bind "$here" "$root/coffer"; mount --bind "$cache" "$root/cache"
    mount --bind "$cargo" "$root/cargo"; mount --bind "$rustup" "$root/rustup"
    mount -t tmpfs -o mode=1777 tmp "$root/tmp"; mount -t tmpfs -o mode=755 run "$root/run"
    for f in /etc/resolv.conf /etc/hosts; do if [ -e $f ]; then mount --bind "$(readlink -f $f)" "$root$f"; fi; done
    mount --bind "$ca" "$root/etc/ssl/certs/ca-certificates.crt"
    for f in /etc/pip.conf /opt/wheels; do
      if [ -e "$f" ]; then if [ -d "$f" ]; then mkdir -p "$root$f"; else touch "$root$f"; fi; mount --bind "$f" "$root$f"; fi
    done
    exec chroot "$root" /usr/bin/env -u LD_PRELOAD -u SSL_CERT_DIR HOME=/root TMPDIR=/tmp \
      PATH="/cache/$cargo_tools/bin:/cargo/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
      CARGO_HOME=/cargo RUSTUP_HOME=/rustup CARGO_TARGET_DIR=/coffer/target COFFER_CACHE=/cache \
      SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt CURL_CA_BUNDLE= PIP_CERT=/etc/ssl/certs/ca-certificates.crt \
      REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt LC_ALL=C.UTF-8 TZ=UTC \
      VERILATOR="/cache/$hdl/bin/verilator" sh -c "cd /coffer && exec \"\$@\"" sh "$@"
  ' in_root "$root" "$here" "$cache" "$cargo_home" "$rustup_home" "$(ca_bundle)" "$hdl" "$cargo_tools" "$@"
}

# in_peers COMMAND...: the same in the peers' root (scripts/setup peers), which has Python 3.11 and no compiler.
in_peers() {
  local root; root=$(root_of peers)
  in_root "$@"
}

# in_browser COMMAND...: the same in the root that has a browser (scripts/setup browser), a Python, and no compiler.
in_browser() {
  local root; root=$(root_of browser)
  in_root "$@"
}

# hdl COMMAND...: runs it in the tool root with the hardware tools in reach: Verilator, cocotb, the register generators. Not all
# commands get them, because the Python packages would be found by the SDK's tests, which pin their own.
hdl() {
  in_root env PATH="/cache/$hdl/bin:/cargo/bin:/usr/local/bin:/usr/bin:/bin" PYTHONPATH="/cache/$hdl/lib:/coffer" \
    PYTHONDONTWRITEBYTECODE=1 VERILATOR_ROOT="/cache/$hdl/lib/verilator" "$@"
}
