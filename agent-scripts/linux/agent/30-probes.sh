
# ---------------------------------------------------------------- probes

# A probe is a function that sets BODY: the fields of its kind as JSON, without braces. Several payloads are several
# lines. An empty BODY is nothing to report. What it cannot read it says with `unreadable`.
#
# It runs in a child and process group of its own, has PROBE_TIMEOUT_S, and is never started beside itself. What must
# live from tick to tick it writes to "$OFFSETS/<kind>.next", which becomes "$OFFSETS/<kind>" once the payload is safe:
# a crash in between reads again, and loses nothing.

# Kinds in the order in which they are sent; seconds between two reports; the function.
KINDS=()
declare -A EVERY_OF=() PROBE_OF=()
probe() { KINDS+=("$1"); EVERY_OF[$1]=$2; PROBE_OF[$1]=$3; } # kind, seconds, function

unreadable() { # error, hint
  local hint; json_string hint "$2"; BODY="\"kind_error\":\"$1\",\"hint\":$hint"
}

# Children by kind while they live: process, when it was started. Results of this tick, and when they were observed;
# ANSWERED are the kinds that came to their end, whatever they found.
declare -A CHILD_OF=() STARTED_OF=() RESULT_OF=() OBSERVED_OF=()
ANSWERED=()
# Answers of earlier rounds are told by their number from those of this one.
ROUND=0 OPEN=0

start_probe() { # kind
  local kind=$1
  if [[ -n ${CHILD_OF[$kind]:-} ]] && kill -0 "${CHILD_OF[$kind]}" 2>/dev/null; then
    # Killed, and still there: it waits for a device that does not answer.
    BODY=''; unreadable timeout "has not ended since its last report, over ${PROBE_TIMEOUT_S} s ago"
    RESULT_OF[$kind]=$BODY; now_iso "OBSERVED_OF[$kind]"
    return
  fi
  # Progress of a report that never came.
  [[ -e $OFFSETS/$kind.next ]] && rm -f -- "$OFFSETS/$kind.next"
  set -m
  probe_child "$kind" </dev/null >/dev/null 8<&- &
  CHILD_OF[$kind]=$!; uptime_cs "STARTED_OF[$kind]"; OPEN=$((OPEN + 1))
  # No word about it on standard error when it is killed.
  disown "$!" 2>/dev/null
  set +m
}

probe_child() { # kind
  set +m
  trap - TERM INT
  BODY=''
  # shellcheck disable=SC2064 # now
  trap "hand_back $1" EXIT
  "${PROBE_OF[$1]}"
  exit
}

# The child's last act. What is short goes through the pipe, so that a full disk keeps no probe from reporting it.
hand_back() { # kind
  local at file=$RUN/body.$1.$ROUND
  now_iso at
  if ((${#BODY} > 3000)) || [[ $BODY == *$'\n'* ]]; then
    if { printf '%s\n' "$BODY" >"$file"; } 2>/dev/null; then
      printf '%s %s %s file\n' "$1" "$ROUND" "$at" >&9; return
    fi
    unreadable collector_error "cannot write ${#BODY} bytes to $RUN"
  fi
  printf '%s %s %s body %s\n' "$1" "$ROUND" "$at" "$BODY" >&9
}

# Takes one answer from the pipe, or ends what is over its time. Sets RESULT_OF: fields, or @ and the file of lines of
# them.
await_probe() {
  local kind round at how rest now
  read -r -t 30 -u 9 kind round at how rest || kind=@
  if [[ $kind != @ ]]; then
    if [[ $round != "$ROUND" ]]; then rm -f -- "$RUN/body.$kind.$round"; return; fi
    unset "STARTED_OF[$kind]" "CHILD_OF[$kind]"; OPEN=$((OPEN - 1))
    OBSERVED_OF[$kind]=$at; RESULT_OF[$kind]=$rest; ANSWERED+=("$kind")
    [[ $how == file ]] && RESULT_OF[$kind]=@$RUN/body.$kind.$round
    return
  fi
  uptime_cs now
  for kind in "${!STARTED_OF[@]}"; do
    ((now - STARTED_OF[$kind] < PROBE_TIMEOUT_S * 100)) && continue
    kill -9 -- "-${CHILD_OF[$kind]}" 2>/dev/null
    unset "STARTED_OF[$kind]"; OPEN=$((OPEN - 1))
    BODY=''; unreadable timeout "did not end within $PROBE_TIMEOUT_S s"
    RESULT_OF[$kind]=$BODY; now_iso "OBSERVED_OF[$kind]"
    say warn "$kind: did not end within $PROBE_TIMEOUT_S s"
  done
}

# Knocks at the pipe every two seconds while probes run. `read -t` alone would do, but in newer bash it counts by the
# clock that may be set.
metronome() {
  set +m
  trap - TERM INT
  while sleep 2; do printf '@\n' >&9; done
}

# Runs probes and adds what they found to TICK, in the order of the registry, so the heartbeat comes first.
collect() { # at once, kinds
  local at_once=$1 kind result lines line knocker=''; shift
  RESULT_OF=() OBSERVED_OF=() STARTED_OF=() ANSWERED=() OPEN=0 ROUND=$((ROUND + 1))
  for kind in "$@"; do
    if [[ $kind == metrics ]]; then
      BODY=''; probe_metrics; RESULT_OF[metrics]=$BODY; now_iso 'OBSERVED_OF[metrics]'
      continue
    fi
    if [[ -z $knocker ]]; then
      set -m; metronome </dev/null >/dev/null 2>&1 8<&- & knocker=$!; disown "$knocker" 2>/dev/null; set +m
    fi
    while ((OPEN >= at_once)); do await_probe; done
    start_probe "$kind"
  done
  while ((OPEN > 0)); do await_probe; done
  [[ -z $knocker ]] || kill -9 -- "-$knocker" 2>/dev/null
  for kind in "$@"; do
    result=${RESULT_OF[$kind]:-}
    if [[ ${result:0:1} == @ ]]; then mapfile -t lines <"${result:1}"; rm -f -- "${result:1}"; else lines=("$result"); fi
    for line in "${lines[@]}"; do
      [[ -z $line ]] || add_payload "$kind" "${OBSERVED_OF[$kind]}" "$line"
    done
  done
}

# What the probes of this tick have read counts as read, now that it is safe.
commit_offsets() {
  local kind
  for kind in "${ANSWERED[@]}"; do
    [[ -e $OFFSETS/$kind.next ]] && mv -f -- "$OFFSETS/$kind.next" "$OFFSETS/$kind"
  done
  return 0
}

# Ends the probes that still run, as the agent stops.
end_probes() {
  local kind
  for kind in "${!CHILD_OF[@]}"; do kill -9 -- "-${CHILD_OF[$kind]}" 2>/dev/null; done
}
