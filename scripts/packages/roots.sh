# Makes a root: Debian's packages of NAME.list in the versions of NAME.lock, unpacked into a folder. Sourced by scripts/setup, whose `mode`
# says what to do where the mirror has other versions.
# shellcheck shell=bash

arch=amd64
# Each root's releases of Debian.
declare -A releases=([toolroot]="trixie trixie-backports" [peers]="bookworm" [browser]="trixie")

make_root() { # make_root NAME
  local m names new release root list=$here/scripts/packages/$1.list
  lock=$here/scripts/packages/$1.lock
  m=$(mirror)
  work=$cache/apt-$1
  mkdir -p "$work"/{state/lists/partial,cache/archives/partial}
  : > "$work/status"
  for release in ${releases[$1]}; do printf 'deb [arch=%s] %s %s main\n' $arch "$m" "$release"; done > "$work/sources.list"
  # Only what Debian 13 itself is too old for comes from its backports.
  printf 'Package: %s\nPin: release n=trixie-backports\nPin-Priority: 900\n\n' qemu-system-x86 qemu-system-common qemu-system-data qemu-utils seabios ipxe-qemu > "$work/preferences"
  say "reading the package lists"
  private_apt update >"$work/update.log" 2>&1 || { cat "$work/update.log" >&2; die "the mirror's package lists could not be read"; }
  if [ "$mode" = --update ] || [ ! -s "$lock" ]; then
    names=$(grep -v '^#' "$list")
    # shellcheck disable=SC2086
    private_apt install -y --print-uris $names | sed -n "s/^'.*' \([^ ]*\)_\([^ _]*\)_[a-z0-9]*\.deb .*/\1=\2/p" | sed 's/%3a/:/g; s/%2b/+/g; s/%7e/~/g' | LC_ALL=C sort > "$lock.new"
    [ -s "$lock.new" ] || die "apt-get resolved nothing"
    mv "$lock.new" "$lock"
  fi
  new=$cache/$1.new
  fetch_packages
  say "unpacking $(wc -l < "$work/chosen") packages"
  rm -rf "$new"; mkdir -p "$new"
  # base-files first: Debian 13's holds the links /bin -> usr/bin that the others unpack through. Debian 12's packages bring folders of these
  # names, which its installer merges.
  local deb dir
  for deb in "$work"/cache/archives/base-files_*.deb $(cut -d' ' -f2 "$work/chosen"); do dpkg-deb -x "$deb" "$new"; done
  for dir in bin sbin lib lib64; do
    if [ ! -L "$new/$dir" ]; then mkdir -p "$new/usr/$dir"; cp -al "$new/$dir/." "$new/usr/$dir/"; rm -rf "${new:?}/$dir"; ln -s "usr/$dir" "$new/$dir"; fi
  done
  finish_root "$new"
  "finish_$1" "$new"
  cut -d" " -f1 "$work/chosen" > "$new/.coffer-packages"
  root=$(root_of "$1")
  # Out of the way first: a run that is killed while it removes the old root leaves a whole one.
  rm -rf "$root.old"
  if [ -d "$root" ]; then mv "$root" "$root.old"; fi
  mv "$new" "$root"
  rm -rf "$root.old"
  rm -rf "$work"
}

# apt-get on a private set of directories: needs no root and touches nothing of the host's.
private_apt() {
  apt-get -q -o Dir::State="$work/state" -o Dir::State::status="$work/status" -o Dir::Cache="$work/cache" \
    -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
    -o Dir::Etc::preferences="$work/preferences" \
    -o Dir::Etc::trusted=/usr/share/keyrings/debian-archive-keyring.gpg -o Dir::Etc::trustedparts=/dev/null \
    -o APT::Architecture=$arch -o APT::Architectures::=$arch -o APT::Install-Recommends=false -o APT::Sandbox::User= \
    -o Acquire::https::CAInfo="$(ca_bundle)" -o Acquire::Retries=3 -o Acquire::Languages=none -o Dir::Log="$work" "$@"
}

# Exact versions; where the mirror has dropped one for a newer build, that one, and the change is said.
fetch_packages() {
  local wanted=() moved=() p name version have
  while IFS== read -r name version; do
    if private_cache_has "$name" "$version"; then wanted+=("$name=$version"); continue; fi
    have=$(awk -v n="$name" '$1 == n { print $2; exit }' "$work/available")
    [ -n "$have" ] || die "the mirror has no package $name at all (locked: $version); run scripts/setup --update"
    moved+=("$name $version -> $have"); wanted+=("$name=$have")
  done < "$lock"
  if [ ${#moved[@]} -gt 0 ]; then
    for p in "${moved[@]}"; do warn "$p"; done
    [ "$mode" != --locked ] || die "the mirror no longer has the locked versions above; run scripts/setup --update and review the change"
    warn "the mirror has newer builds than the lock file for the packages above; they are used (--locked refuses, --update records them)"
  fi
  say "fetching ${#wanted[@]} packages"
  private_apt install -y --download-only "${wanted[@]}" >"$work/fetch.log" 2>&1 || { tail -n 20 "$work/fetch.log" >&2; die "packages could not be fetched"; }
  : > "$work/chosen"
  for p in "$work"/cache/archives/*.deb; do printf '%s %s\n' "$(dpkg-deb -f "$p" Package Version | sed 's/^[A-Za-z]*: //' | paste -sd=)" "$p" >> "$work/chosen"; done
}

private_cache_has() {
  [ -s "$work/available" ] || /usr/lib/apt/apt-helper cat-file "$work"/state/lists/*Packages* |
    awk '/^Package: /{p=$2} /^Version: /{print p, $2}' | LC_ALL=C sort -k1,1 -k2,2Vr > "$work/available"
  grep -qxF "$1 $2" "$work/available"
}

# What the packages' own scripts would have done and we rely on. No maintainer script is run.
finish_root() {
  local r=$1
  mkdir -p "$r"/{root,tmp,run,proc,sys,dev,coffer,cache,cargo,rustup,etc/ssl/certs}
  cp "$r/usr/share/base-passwd/passwd.master" "$r/etc/passwd"; cp "$r/usr/share/base-passwd/group.master" "$r/etc/group"
  # One of two that do the same.
  if [ -d "$r/usr/lib/x86_64-linux-gnu/blas" ]; then
    printf '/usr/lib/x86_64-linux-gnu/%s\n' blas lapack > "$r/etc/ld.so.conf.d/blas.conf"
  fi
  chroot_ldconfig "$r"
}

finish_toolroot() {
  local r=$1 deb
  # Which package a shared library is from: the image's bill of materials names it.
  mkdir -p "$r/var/lib/dpkg/info"
  for deb in "$work"/cache/archives/{lib,e2fsprogs}*.deb; do
    dpkg-deb --fsys-tarfile "$deb" | tar -t | sed 's|^\./|/|' > "$r/var/lib/dpkg/info/$(dpkg-deb -f "$deb" Package).list"
  done
  mkdir -p "$r/var/lib/swtpm-localca"
  printf 'tss:x:100:100::/:/usr/sbin/nologin\n' >> "$r/etc/passwd"; printf 'tss:x:100:\n' >> "$r/etc/group"
  local link
  for link in awk:mawk cc:gcc c++:g++; do ln -sf "${link#*:}" "$r/usr/bin/${link%:*}"; done
}

# The peers themselves and what Debian does not have as they need it.
finish_peers() {
  local root=$1
  [ "${mode:-}" != --update ] || in_root scripts/packages/lock-peers
  in_root python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --no-deps --only-binary :all: --require-hashes \
    --target /usr/local/lib/python3.11/dist-packages -r scripts/packages/peers.txt
}

# Nothing but the packages.
finish_browser() { :; }

chroot_ldconfig() {
  local as_user=()
  [ "$(id -u)" = 0 ] || as_user=(--user --map-root-user)
  unshare "${as_user[@]}" --mount -- chroot "$1" /usr/sbin/ldconfig
}
