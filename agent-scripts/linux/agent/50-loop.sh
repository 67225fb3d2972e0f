
# ---------------------------------------------------------------- the loop

# Set by a signal; looked at where nothing is half done.
STOP=0

# When each kind is due next, in seconds of uptime: no clock that somebody sets moves a report.
declare -A NEXT_OF=()
LAST_TICK=0

# Seconds between two reports of a kind. INTERVAL_S below 60 makes all of them faster in proportion. On a busy host
# everything but the heartbeat comes five times as seldom, but at most 15 min later.
interval() { # variable, kind, busy
  local _every=${EVERY_OF[$2]}
  if ((INTERVAL_S < 60)); then _every=$((_every * INTERVAL_S / 60)); fi
  ((_every < INTERVAL_S)) && _every=$INTERVAL_S
  if (($3)) && [[ $2 != metrics ]]; then _every=$((_every * 5 < _every + 900 ? _every * 5 : _every + 900)); fi
  printf -v "$1" '%d' "$_every"
}

DUE=()
find_due() { # now, busy
  local kind seconds
  (($1 < LAST_TICK)) && NEXT_OF=() # A container that was moved: its uptime went back.
  LAST_TICK=$1 DUE=()
  for kind in "${KINDS[@]}"; do
    interval seconds "$kind" "$2"
    # Half a tick early is in time: a kind of 300 s must not slip to every sixth tick.
    ((${NEXT_OF[$kind]:-0} <= $1 + INTERVAL_S / 2)) || continue
    DUE+=("$kind"); NEXT_OF[$kind]=$(($1 + seconds))
  done
}

busy_host() { # load1 above 4 per core
  local load _rest cores=0 line
  read -r load _rest </proc/loadavg
  while read -r line; do [[ $line == cpu[0-9]* ]] && cores=$((cores + 1)); done </proc/stat
  ((${load%%.*} > 4 * cores))
}

# Makes the tick safe, then sends it.
finish_tick() {
  [[ -n $TICK ]] || { commit_offsets; return; }
  if store_tick; then commit_offsets; forget_reports; fi
  send_tick
}

tick() {
  local now busy=0; uptime_s now
  busy_host && busy=1
  find_due "$now" "$busy"
  if ((busy)); then
    # The heartbeat leaves by itself, and waits for nobody.
    collect 1 metrics
    finish_tick
    DUE=("${DUE[@]#metrics}")
  fi
  local kinds=() kind
  for kind in "${DUE[@]}"; do [[ -n $kind ]] && kinds+=("$kind"); done
  collect "$((busy ? 1 : PROBES_AT_ONCE))" "${kinds[@]}"
  take_reports
  finish_tick
}

lifecycle() { # event, reason
  local at; now_iso at
  add_payload lifecycle "$at" "\"event\":\"$1\",\"reason\":\"$2\""
}

goodbye() {
  local reason=restart
  end_probes
  [[ -e $RUN/upgrade ]] && reason=upgrade
  [[ -d /run/systemd/system && $(systemctl is-system-running 2>/dev/null) == stopping ]] && reason=shutdown
  # A start that was not sent yet goes with it.
  lifecycle stop "$reason"
  store_tick
  NOT_BEFORE=0
  post 5 "$TICK_BYTES" ${TICK_FILE:+"$TICK_FILE"}
  settle "$TICK_PAYLOADS" && [[ -n $TICK_FILE ]] && forget "$TICK_FILE"
  say info "stopped ($reason)"
  exit 0
}

SLEEPER=''
nap() { # whole seconds; a signal ends it at once
  sleep "$1" 8<&- 9<&- >/dev/null 2>&1 &
  SLEEPER=$!
  # A signal before this line is seen here, one after it ends the sleep.
  ((STOP == 0)) || kill "$SLEEPER" 2>/dev/null
  wait "$SLEEPER" 2>/dev/null
  kill "$SLEEPER" 2>/dev/null
  SLEEPER=''
}

stop() { STOP=1; [[ -z $SLEEPER ]] || kill "$SLEEPER" 2>/dev/null; }

# Folders, the run's id, the pipe through which probes answer. A state folder that cannot be written is no reason to be
# silent: then ticks go out of memory.
prepare() {
  mkdir -p "$SPOOL" "$RUN" "$OFFSETS" 2>/dev/null || say error "cannot write below $STATE: what cannot be sent will be lost"
  export TMPDIR=$RUN
  exec 9<> <(:)
  read_lost
  count_spool
  new_run
}

run() {
  local offset now next wake reason=unknown last=''
  step_down run
  clear_pipes
  load_settings || exit 1
  [[ -d $STATE ]] || mkdir -p "$STATE" || exit 1
  exec 8<"$STATE"; flock -n 8 || { echo 'agent: runs already' >&2; exit 1; }
  prepare
  rm -f -- "$RUN"/body.* "$SPOOL"/*.jsonl.new "$OFFSETS"/*.next
  { echo $$ >"$RUN/pid"; } 2>/dev/null
  trap stop TERM INT
  say info "agent $VERSION reports to $NOC_URL as server $SERVER_ID every $INTERVAL_S s"
  { read -r last <"$OFFSETS/.version"; } 2>/dev/null
  [[ -n $last ]] && { [[ $last == "$VERSION" ]] && reason=restart || reason=upgrade; }
  { rm -f -- "$RUN/upgrade"; printf '%s\n' "$VERSION" >"$OFFSETS/.version"; } 2>/dev/null
  send_last_run
  prime_metrics
  nap 1
  lifecycle start "$reason"
  # Each server has its own second of the interval, so that a fleet does not post at once.
  offset=$(printf '%s' "$SERVER_ID" | cksum); offset=$((${offset%% *} % INTERVAL_S))
  while ((STOP == 0)); do
    tick
    drain "$((INTERVAL_S / 2 + 1))"
    uptime_s now
    next=$(((now - offset) / INTERVAL_S * INTERVAL_S + INTERVAL_S + offset))
    while ((STOP == 0 && now < next)); do
      wake=$next
      ((FAILURES > 0 && SPOOL_FILES > 0 && NOT_BEFORE < next)) && wake=$((NOT_BEFORE > now ? NOT_BEFORE : now + 1))
      nap "$((wake - now))"
      uptime_s now
      if ((STOP == 0 && FAILURES > 0 && SPOOL_FILES > 0 && now >= NOT_BEFORE && now < next)); then retry 10; uptime_s now; fi
    done
  done
  goodbye
}
