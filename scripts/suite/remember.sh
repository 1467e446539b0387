# What passed on this machine, by fingerprint (fingerprint.py). Sourced by scripts/test, with `passed_folder` set.
# shellcheck shell=bash
# A file a fingerprint: when it passed and how many seconds that took. A fingerprint that runs again is forgotten before, so that a
# run that fails or is killed leaves nothing behind.

passed_before() { [ -e "$passed_folder/$1" ]; } # passed_before FINGERPRINT

forget() { rm -f "$passed_folder/$1"; } # forget FINGERPRINT

remember() { # remember FINGERPRINT SECONDS
  mkdir -p "$passed_folder"
  # A name of one's own: another checkout may remember the same, or clear up, at this moment.
  local new; new=$(mktemp "$passed_folder/.new-XXXXXX")
  printf '%s, %s s\n' "$(date '+%Y-%m-%d %H:%M')" "$2" > "$new"
  mv "$new" "$passed_folder/$1"
  # What passed a quarter of a year ago is mostly of a tree that nobody has any more.
  find "$passed_folder" -type f -mtime +90 -delete 2>/dev/null || true
}

when_passed() { cat "$passed_folder/$1"; } # when_passed FINGERPRINT
