#!/bin/sh
# usage (by Buildroot): post-build.sh TARGET
# Fails when something that can run a script got into the target: what is not in the image can't be used against it.
set -eu
target=$1
found=$(find "$target" -xdev \( -type f -o -type l \) \( -name sh -o -name ash -o -name bash -o -name dash -o -name busybox \
  -o -name 'python*' -o -name 'perl*' -o -name 'lua*' \) -path '*bin/*' -print)
[ -z "$found" ] || { printf 'post-build: a shell or interpreter is in the target:\n%s\n' "$found" >&2; exit 1; }
