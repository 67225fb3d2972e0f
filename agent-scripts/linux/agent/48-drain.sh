
# ---------------------------------------------------------------- what leaves when

# A run of the agent that was killed leaves ticks behind. Younger than this and after payloads of this run they would
# look like a second agent with our secret: they leave before this run says anything, or once they are older.
readonly OTHER_RUN_AGE_S=${NOC_AGENT_OTHER_RUN_AGE_S:-130}

# The ticks that the last run could not send any more, if it ended just now.
send_last_run() {
  local now file at files=() payloads bytes
  now_s now
  for file in "$SPOOL"/*.jsonl; do
    [[ -f $file ]] || continue
    at=${file##*/}; at=${at%%-*}
    if is_number "$at" 0 999999999999 && ((now - 10#$at < OTHER_RUN_AGE_S)); then files+=("$file"); fi
    ((${#files[@]} < 20)) || break
  done
  ((${#files[@]} > 0)) || return 0
  measure "${files[@]}" || return 0
  payloads=${SIZES[${#SIZES[@]} - 2]} bytes=${SIZES[${#SIZES[@]} - 1]}
  post "$POST_MAX_S" "$bytes" "${files[@]}"
  settle "$payloads"
  case $? in
    0) forget "${files[@]}" ;;
    1) hold_off ;;
  esac
}

# Sets SIZES to payloads and bytes of each file, and after these of all together.
SIZES=()
measure() { # files
  local n size _
  SIZES=()
  while read -r n size _; do SIZES+=("$n" "$size"); done < <(wc -lc -- "$@")
  (($# == 1)) && SIZES+=("${SIZES[@]}")
  ((${#SIZES[@]} == 2 * $# + 2))
}

# The tick just made, by its file or, where the disk took none, from memory.
send_tick() {
  local now files=(); uptime_s now
  [[ -n $TICK_FILE ]] && files=("$TICK_FILE")
  if ((now < NOT_BEFORE)); then
    [[ -n $TICK_FILE ]] || lose "$TICK_PAYLOADS" "$SPOOL cannot be written, and the server cannot be reached"
  else
    post "$POST_MAX_S" "$TICK_BYTES" "${files[@]}"
    settle "$TICK_PAYLOADS"
    case $? in
      0)
        if [[ -n $TICK_FILE ]]; then forget "$TICK_FILE"; else commit_offsets; forget_reports; fi ;;
      1)
        [[ -n $TICK_FILE ]] || lose "$TICK_PAYLOADS" "$SPOOL cannot be written, and the server does not take them ($STATUS)"
        hold_off ;;
      2) [[ -n $TICK_FILE ]] || lose "$TICK_PAYLOADS" "$SPOOL cannot be written, and the tick is too large" ;;
    esac
  fi
  TICK='' TICK_PAYLOADS=0 TICK_FILE=''
}

forget_reports() { ((${#REPORTS[@]} == 0)) || rm -f -- "${REPORTS[@]}"; REPORTS=(); }

# Cuts one spooled file in two, whose names sort where it stood. It goes last: a crash between leaves repeats, no gaps.
halve() { # file, its payloads
  local base=${1%.jsonl}
  head -n $(($2 / 2)) "$1" >"${base}a.new" && mv -f -- "${base}a.new" "${base}a.jsonl" || return
  tail -n +$(($2 / 2 + 1)) "$1" >"${base}b.new" && mv -f -- "${base}b.new" "${base}b.jsonl" || return
  rm -f -- "$1"
  count_spool
}

# Sends what lies in the spool, oldest first, in batches, until it is empty, the server has enough, or time is up.
DRAIN_MAX=$BATCH_MAX
drain() { # seconds it may take
  local now until; uptime_s until; until=$((until + $1))
  while ((STOP == 0 && SPOOL_FILES > 0)); do
    uptime_s now; ((now < NOT_BEFORE || now >= until)) && return
    drain_batch || return
  done
}

drain_batch() {
  local file files=() now i payloads=0 bytes=0 own=${BOOT_ID%%-*} run
  uptime_s now
  for file in "$SPOOL"/*.jsonl; do
    [[ -f $file ]] || continue
    run=${file##*/}; run=${run#*-}; run=${run%%-*}
    [[ $run == "$own" ]] || ((now - BEGAN > OTHER_RUN_AGE_S)) || continue
    files+=("$file"); ((${#files[@]} < DRAIN_MAX)) || break
  done
  ((${#files[@]})) || return
  measure "${files[@]}" || return
  for ((i = 0; i < ${#files[@]}; i++)); do
    if ((i > 0 && (payloads + SIZES[2 * i] > DRAIN_MAX || bytes + SIZES[2 * i + 1] > BATCH_MAX_BYTES))); then break; fi
    payloads=$((payloads + SIZES[2 * i])) bytes=$((bytes + SIZES[2 * i + 1]))
  done
  files=("${files[@]:0:i}")
  post "$POST_MAX_S" "$bytes" "${files[@]}"
  settle "$payloads"
  case $? in
    0) forget "${files[@]}"; DRAIN_MAX=$((DRAIN_MAX * 2 < BATCH_MAX ? DRAIN_MAX * 2 : BATCH_MAX)) ;;
    1) hold_off; return 1 ;;
    2)
      say warn "post: refused ($STATUS), in halves again: $payloads payloads"
      if ((${#files[@]} > 1)); then DRAIN_MAX=$(((payloads + 1) / 2)); else halve "${files[0]}" "$payloads"; fi ;;
  esac
}

# What a retry between two ticks sends: the newest tick first, then the rest.
retry() { # seconds it may take
  local newest='' file
  for file in "$SPOOL"/*-"${BOOT_ID%%-*}"-*.jsonl; do [[ -f $file ]] && newest=$file; done
  if [[ -n $newest ]] && measure "$newest"; then
    post "$POST_MAX_S" "${SIZES[1]}" "$newest"
    settle "${SIZES[0]}"
    case $? in
      0) forget "$newest" ;;
      1) hold_off; return ;;
    esac
  fi
  drain "$1"
}
