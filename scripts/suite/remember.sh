# What passed on this machine, by fingerprint (fingerprint.py). Sourced by scripts/test, with `passed_folder` set.
# shellcheck shell=bash
# A file a fingerprint: when it passed and how many seconds that took. A fingerprint that runs again is forgotten before, so that a
# run that fails or is killed leaves nothing behind.

passed_before() { [ -e "$passed_folder/$1" ]; } # passed_before FINGERPRINT

forget() { rm -f "$passed_folder/$1"; } # forget FINGERPRINT

remember() { # remember FINGERPRINT SECONDS
  mkdir -p "$passed_folder"
  printf '%s, %s s\n' "$(date '+%Y-%m-%d %H:%M')" "$2" > "$passed_folder/.new-$1"
  mv "$passed_folder/.new-$1" "$passed_folder/$1"
  # What was not asked for in a quarter of a year is of a tree that nobody has any more.
  find "$passed_folder" -type f -mtime +90 -delete
}

when_passed() { cat "$passed_folder/$1"; } # when_passed FINGERPRINT
