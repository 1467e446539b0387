# Tasks that do not wait for each other run at the same time. Sourced after lib.sh.
# shellcheck shell=bash
#   task NAME "AFTER..." COMMAND...   declares one, to be run when those named in AFTER are done
#   run_tasks                         runs all that were declared; the first that fails ends the others, and its last words are shown
# What is going on is shown with how long it took last time on this machine: on a terminal in one line, elsewhere from time to time.

task_names=()
declare -A task_after=() task_command=() task_state=() task_process=() task_started=()
# The logs are of this checkout and script: a task may be a script that has a task of the same name, and the cache may be another's too.
task_logs=$here/target/logs/${0##*/} task_times=$cache/times

task() { # task NAME "AFTER..." COMMAND...
  local name=$1
  task_names+=("$name"); task_after[$name]=$2; task_state[$name]=waiting
  shift 2
  task_command[$name]=$(printf '%q ' "$@")
}

run_tasks() {
  mkdir -p "$task_logs" "$task_times"
  local shown=$SECONDS every=20 name running broken=''
  [ ! -t 2 ] || every=1
  trap end_tasks EXIT
  trap 'exit 130' INT TERM
  while :; do
    running=no
    for name in "${task_names[@]}"; do
      case "${task_state[$name]}" in
        waiting) if [ -z "$broken" ] && task_can_start "$name"; then start_task "$name"; running=yes; fi ;;
        running) if kill -0 "${task_process[$name]}" 2>/dev/null; then running=yes; else finish_task "$name" || { broken=$name; break 2; }; running=yes; fi ;;
      esac
    done
    [ $running = yes ] || break
    sleep 0.2
    if [ $((SECONDS - shown)) -ge $every ]; then shown=$SECONDS; show_tasks; fi
  done
  clear_line
  end_tasks
  trap - EXIT INT TERM
  for name in "${task_names[@]}"; do
    if [ -z "$broken" ] && [ "${task_state[$name]}" = waiting ]; then die "the task $name waits for ${task_after[$name]}, which is no task or waits, too"; fi
  done
  if [ -n "$broken" ]; then
    tail -n 30 "$(task_log "$broken")" >&2
    die "$broken failed (the whole of what it said: $(task_log "$broken"))"
  fi
  task_names=()
}

task_can_start() {
  local before
  for before in ${task_after[$1]}; do [ "${task_state[$before]:-}" = done ] || return 1; done
}

# A process group of its own, so that it can be ended whole.
start_task() {
  local name=$1
  set -m
  ( set -euo pipefail; eval "${task_command[$name]}" ) < /dev/null > "$(task_log "$name")" 2>&1 &
  task_process[$name]=$!
  set +m
  task_state[$name]=running task_started[$name]=$SECONDS
}

finish_task() {
  local name=$1 took=$((SECONDS - task_started[$1]))
  if ! wait "${task_process[$name]}"; then task_state[$name]=failed; return 1; fi
  task_state[$name]=done
  grep '^!! ' "$(task_log "$name")" >&2 || true
  # What there was nothing to do for is not worth a line, and says nothing of the next time.
  if [ $took -ge 3 ]; then
    clear_line; say "$name: done in $took s"
    printf '%s\n' $took > "$task_times/$name"
  fi
}

show_tasks() {
  local name line='' last
  for name in "${task_names[@]}"; do
    [ "${task_state[$name]}" = running ] || continue
    last=$(cat "$task_times/$name" 2>/dev/null) || last=
    line+="${line:+, }$name $((SECONDS - task_started[$name])) s${last:+ (last time $last s)}"
  done
  [ -n "$line" ] || return 0
  if [ -t 2 ]; then printf '\r\033[K   %s' "$line" >&2; else printf '   %s\n' "$line" >&2; fi
}

clear_line() { [ ! -t 2 ] || printf '\r\033[K' >&2; }

end_tasks() {
  local name
  for name in "${task_names[@]}"; do
    if [ "${task_state[$name]}" = running ]; then kill -TERM -- "-${task_process[$name]}" 2>/dev/null || true; fi
  done
}

task_log() { printf '%s/%s.log' "$task_logs" "$1"; }
