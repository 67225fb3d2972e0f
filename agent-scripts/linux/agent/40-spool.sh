
# ---------------------------------------------------------------- payloads, ticks, spool

# Every tick is a file of the spool before it is posted, one payload a line, and goes when the server has it. Killed at
# any point, the agent sends it later under the same numbers, and the server takes each number once.
#
# Files are named by when they were written, by which run of the agent, and their last number. Dropped reports of
# other programs (`agent-hosting.sh report-backup`) lie beside them as `*.report` until the next tick numbers them.

BOOT_ID='' SEQ=0 BEGAN=0
new_run() {
  read -r BOOT_ID </proc/sys/kernel/random/uuid; SEQ=0
  uptime_s BEGAN
}

# Appends one payload, a line, to TICK. @SENT_AT@ is filled in when it really leaves.
TICK='' TICK_PAYLOADS=0
add_payload() { # kind, when it was observed, fields
  local fields=$3
  if ((${#fields} > PAYLOAD_MAX_BYTES - 512)); then
    say error "$1: ${#fields} bytes are more than a payload may have"
    fields='"kind_error":"collector_error","hint":"more than 512 KiB"'
  fi
  SEQ=$((SEQ + 1)); TICK_PAYLOADS=$((TICK_PAYLOADS + 1))
  TICK+="{\"kind\":\"$1\",\"v\":1,\"boot_id\":\"$BOOT_ID\",\"seq\":$SEQ,\"observed_at\":\"$2\",\"sent_at\":\"@SENT_AT@\",$fields}"$'\n'
}

# What lies in the spool, the tick being made aside, and how many payloads were lost since the agent was installed:
# dropped because the spool was full, could not be written, or because the server never took them.
SPOOL_FILES=0 SPOOL_BYTES=0 LOST_TOTAL=0 LOST_SAVED=0
count_spool() {
  local files bytes
  read -r files bytes < <(find "$SPOOL" -name '*.jsonl' -printf '%s\n' 2>/dev/null | awk '{ n++; b += $1 } END { printf "%d %d\n", n, b }')
  SPOOL_FILES=${files:-0} SPOOL_BYTES=${bytes:-0}
}

read_lost() {
  local n=''
  { read -r n <"$OFFSETS/.lost"; } 2>/dev/null
  [[ $n =~ ^[0-9]+$ ]] && LOST_TOTAL=$n LOST_SAVED=$n
}

lose() { # payloads, why
  (($1 > 0)) || return 0
  LOST_TOTAL=$((LOST_TOTAL + $1))
  say error "lost $1 payloads: $2; $LOST_TOTAL since installed"
  save_lost
}

save_lost() { { printf '%s\n' "$LOST_TOTAL" >"$OFFSETS/.lost"; } 2>/dev/null && LOST_SAVED=$LOST_TOTAL; }

# What `inventory` says about the agent itself: fields without braces.
agent_fields() { # variable
  local _now; uptime_s _now
  printf -v "$1" '"agent_version":"%s","agent_uptime_s":%d,"spool_files":%d,"spool_bytes":%d,"spool_lost_total":%d' \
    "$VERSION" "$((BEGAN > 0 && _now > BEGAN ? _now - BEGAN : 0))" "$SPOOL_FILES" "$SPOOL_BYTES" "$LOST_TOTAL"
}

# Writes TICK to the spool and sets TICK_FILE; '' when the disk does not take it. What is in a file need not be in memory,
# too: then TICK is empty and TICK_BYTES tells its size.
TICK_FILE='' TICK_BYTES=0
store_tick() {
  local at file
  now_s at
  printf -v file '%s/%012d-%s-%08d.jsonl' "$SPOOL" "$at" "${BOOT_ID%%-*}" "$SEQ"
  TICK_FILE='' TICK_BYTES=${#TICK}
  if { printf '%s' "$TICK" >"$file.new"; } 2>/dev/null && mv -f -- "$file.new" "$file" 2>/dev/null; then
    TICK_FILE=$file SPOOL_FILES=$((SPOOL_FILES + 1)) SPOOL_BYTES=$((SPOOL_BYTES + TICK_BYTES)) TICK=''
    ((SPOOL_BYTES > SPOOL_MAX_BYTES)) && bound_spool
    ((LOST_SAVED == LOST_TOTAL)) || save_lost
    return 0
  fi
  { rm -f -- "$file.new"; } 2>/dev/null
  return 1
}

# Drops the oldest files until the rest fits.
bound_spool() {
  local file payloads=0 n size
  count_spool
  for file in "$SPOOL"/*.jsonl; do
    ((SPOOL_BYTES > SPOOL_MAX_BYTES)) || break
    [[ -f $file && $file != "$TICK_FILE" ]] || continue
    n=$(wc -l <"$file"); size=$(stat -c %s -- "$file"); rm -f -- "$file" || break
    payloads=$((payloads + n)) SPOOL_FILES=$((SPOOL_FILES - 1)) SPOOL_BYTES=$((SPOOL_BYTES - size))
  done
  ((payloads == 0)) || lose "$payloads" "the spool is over $SPOOL_MAX_BYTES bytes, the oldest were dropped"
}

# The server has them, or never will: they go.
forget() { # files
  local n=$#
  rm -f -- "$@"
  if ((n == 1)) && [[ $1 == "$TICK_FILE" ]]; then
    SPOOL_FILES=$((SPOOL_FILES - 1)) SPOOL_BYTES=$((SPOOL_BYTES - TICK_BYTES)) TICK_FILE=''
  else
    count_spool
  fi
}

# Reports that other programs dropped: "kind<TAB>observed at<TAB>fields". Sets REPORTS, to be removed with the tick safe.
REPORTS=()
take_reports() {
  local file kind at fields
  REPORTS=()
  for file in "$SPOOL"/*.report; do
    [[ -f $file ]] || continue
    kind='' at='' fields=''
    IFS=$'\t' read -r kind at fields <"$file"
    if [[ $kind =~ ^[a-z-]+$ && $at =~ ^[0-9TZ:-]+$ && -n $fields ]]; then
      add_payload "$kind" "$at" "$fields"
    else
      say error "${file##*/}: not a report, dropped"
    fi
    REPORTS+=("$file")
    ((${#REPORTS[@]} < 100)) || break
  done
}
