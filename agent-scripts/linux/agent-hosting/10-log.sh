# ---------------------------------------------------------------- logs that others write and rotate
# Reads what was added to a log since the last committed reading; nothing is read twice and nothing is left out when
# the log is renamed, compressed, copied and truncated, or cut in the middle of a line.
#
#   log_begin KIND                 positions of the last committed reading
#   log_plan PATH BYTES [BACK]     what to read now, at most BYTES; at first sight from BACK bytes before the end
#   log_emit | awk ...             those lines; a pipeline may start from it
#   log_commit KIND [FILE]         positions (and the lines of FILE, the kind's own state) for the core to commit
#
# A position is "dev inode offset length sum skip since": the file by number, the first byte not yet read, the CRC of
# its first `length` (at most 256) bytes, whether it stands inside a line that was too long, and when the file was
# first seen under another name. A log that was renamed is found by its number, one that was copied or compressed by
# the CRC; what was rotated more than once is read file by file, oldest first.
readonly LOG_LINE_MAX=65536
# A renamed log is finished only when its writers have let go of it: quiet for a minute, waited for at most ten.
LOG_QUIET_S=60 LOG_WAIT_S=600

declare -A LOG_AT=() LOG_NEXT=()
LOG_PARTS=() LOG_AT_END=1 LOG_GAP=0 LOG_FRESH=0 LOG_FD='' LOG_TRIES=0

log_begin() { # kind
  local line word
  LOG_AT=(); LOG_NEXT=(); LOG_TRIES=0
  # Readings that were not ended in time, one after the other: each asks for half as much.
  [[ -r $OFFSETS/$1.tries ]] && read -r LOG_TRIES <"$OFFSETS/$1.tries"
  [[ $LOG_TRIES =~ ^[0-9]$ ]] || LOG_TRIES=0
  { mkdir -p "$OFFSETS" && echo "$((LOG_TRIES < 6 ? LOG_TRIES + 1 : 6))" >"$OFFSETS/$1.tries"; } 2>/dev/null
  [[ -r $OFFSETS/$1 ]] || return 0
  while IFS= read -r line && [[ $line == 'log '* ]]; do
    word=${line#log }
    [[ $word =~ ^([0-9]+\ ){7}/ ]] && LOG_AT[/${word#*/}]=${word%% /*}
  done <"$OFFSETS/$1"
}

# Whether a log is there for this user: 0 readable, 1 not there, 2 there (or hidden in a closed folder), not readable.
log_seen() { # path
  local folder=${1%/*}
  if [[ -e $1 ]]; then [[ -f $1 && -r $1 ]] && return 0; return 2; fi
  while [[ -n $folder && ! -e $folder ]]; do folder=${folder%/*}; done
  [[ -x ${folder:-/} ]] && return 1
  return 2
}

log_sum() { # variable, file, length, gz or plain
  local crc=0 _
  if [[ $3 == 0 ]]; then :
  elif [[ $4 == gz ]]; then read -r crc _ < <(gzip -dc -- "$2" 2>/dev/null | head -c "$3" | cksum)
  else read -r crc _ < <(head -c "$3" -- "$2" 2>/dev/null | cksum); fi
  printf -v "$1" '%s' "$crc"
}

# Bytes behind the last line feed of a stretch, looked for in its last LOG_LINE_MAX + 1 bytes.
log_partial() { # variable, file, from, length
  local window=$(($4 > LOG_LINE_MAX ? LOG_LINE_MAX + 1 : $4)) bytes
  bytes=$({ tail -c "+$(($3 + $4 - window + 1))" -- "$2" | head -c "$window"; echo x; } | tail -n 1 | wc -c)
  printf -v "$1" '%d' "$((bytes - 2))"
}

# Adds a stretch to the plan; what is left of LOG_BUDGET decides how much of it. Sets LOG_POSITION to where it ends,
# and returns 1 when the file goes on behind that. A current log (`open`) keeps its unfinished last line for later.
LOG_BUDGET=0 LOG_POSITION=''
log_stretch() { # file, plain or gz, open or closed, size ('' unknown), dev, inode, from, length, sum, skip, since
  local file=$1 size=$4 from=$7 length=$8 sum=$9 skip=${10} since=${11} take partial=0 more=0 feed=0 base=0
  if [[ $2 == gz ]]; then
    # Unpacked piece by piece: the size of the whole is not known beforehand.
    file=$RUN/log.${#LOG_PARTS[@]}
    gzip -dc -- "$1" 2>/dev/null | tail -c "+$((from + 1))" | head -c "$LOG_BUDGET" >"$file"
    take=$(wc -c <"$file"); ((take >= LOG_BUDGET)) && more=1
    base=$from
  else
    take=$((size - from))
    ((take > LOG_BUDGET)) && { take=$LOG_BUDGET; more=1; }
  fi
  if ((take > 0)); then log_partial partial "$file" "$((from - base))" "$take"; fi
  local next_skip=0
  if ((partial > LOG_LINE_MAX)); then
    next_skip=1 # A line without end: its beginning is read now, the rest of it skipped.
  elif [[ $3 == open || $more == 1 ]]; then
    take=$((take - partial))
    ((take == 0)) && next_skip=$skip
  elif ((partial > 0)); then
    feed=1 # Nobody will finish that line any more.
  fi
  if ((take > 0)); then
    LOG_PARTS+=("$((from - base)) $take $skip $feed $file"); LOG_BUDGET=$((LOG_BUDGET - take))
  else
    next_skip=$skip
  fi
  # The longer the fingerprint, the surer: it grows until there are 256 bytes.
  if ((length < 256)); then
    length=$((from + take)); [[ $2 == gz ]] || length=$size
    ((length > 256)) && length=256
    log_sum sum "$1" "$length" "$2"
  fi
  LOG_POSITION="$5 $6 $((from + take)) $length $sum $next_skip $since"
  return "$more"
}

# The file that a position speaks of now that the log is another one, and those rotated after it, oldest first.
LOG_CHAIN=()
log_chain() { # path, dev, inode, offset, length, sum
  local file name dev inode size mtime sum kind order i _
  local -a rotated=()
  LOG_CHAIN=()
  for file in "$1".[0-9]* "$1"-[0-9]*; do
    # Until gzip is done with name.1, name.1.gz beside it is not whole.
    [[ -f $file && -r $file && ! ( $file == *.gz && -e ${file%.gz} ) ]] && rotated+=("$file")
  done
  ((${#rotated[@]})) || return 1
  # Newest first; of the same second, name.1 before name.2 and name-20261122 before name-20261121.
  local -a candidates=()
  while read -r mtime _ dev inode size name; do candidates+=("$mtime $dev $inode $size $name"); done < <(
    while read -r mtime dev inode size name; do
      order=${name#"$1"}; order=${order%.gz}; order=${order//[^0-9]/}
      [[ ${name#"$1"} == .* ]] && order=-${order:-0}
      echo "$mtime ${order:-0} $dev $inode $size $name"
    done < <(stat -L -c '%Y %d %i %s %n' -- "${rotated[@]}" 2>/dev/null) | sort -k1,1nr -k2,2nr | head -n 60)
  for i in "${!candidates[@]}"; do
    read -r mtime dev inode size name <<<"${candidates[i]}"
    kind=plain; [[ $name == *.gz ]] && kind=gz
    LOG_CHAIN=("$kind $dev $inode $size $mtime $name" "${LOG_CHAIN[@]+"${LOG_CHAIN[@]}"}")
    [[ $kind == plain && $size -lt $4 ]] && continue
    if [[ $5 == 0 ]]; then [[ $kind == plain && "$dev $inode" == "$2 $3" ]] && return 0; continue; fi
    log_sum sum "$name" "$5" "$kind"
    [[ $sum == "$6" ]] && return 0
  done
  LOG_CHAIN=()
  return 1
}

# Plans one reading. Returns what log_seen says. Sets LOG_PARTS, LOG_AT_END (1: read up to the end), LOG_GAP (1: the
# lines before these are lost) and LOG_FRESH (1: seen for the first time).
log_plan() { # path, bytes at most, bytes to look back at first sight
  local path=$1 back=${3:-0} now dev inode size partial sum at link kind d i s mtime name
  LOG_PARTS=(); LOG_AT_END=1; LOG_GAP=0; LOG_FRESH=0; LOG_BUDGET=$(($2 >> LOG_TRIES))
  log_seen "$path" || { local -r seen=$?; [[ -n ${LOG_AT[$path]:-} ]] && LOG_NEXT[$path]=${LOG_AT[$path]}; return $seen; }
  # From here on the file, not the name: it may be renamed while we read.
  [[ -n $LOG_FD ]] && exec {LOG_FD}<&-
  { exec {LOG_FD}<"$path"; } 2>/dev/null || { LOG_FD=''; return 2; }
  link=/dev/fd/$LOG_FD
  read -r dev inode size < <(stat -L -c '%d %i %s' "$link") || return 2
  now_s now

  if [[ -z ${LOG_AT[$path]:-} ]]; then
    LOG_FRESH=1
    local from=$((size > back ? size - back : 0)) skip=0
    if ((back > 0 && from > 0)); then skip=1; fi
    if ((back == 0 && size > 0)); then log_partial partial "$link" 0 "$size"; ((partial <= LOG_LINE_MAX)) && from=$((size - partial)); fi
    log_stretch "$link" plain open "$size" "$dev" "$inode" "$from" 0 0 "$skip" 0 || LOG_AT_END=0
    LOG_NEXT[$path]=$LOG_POSITION
    return 0
  fi

  read -r -a at <<<"${LOG_AT[$path]}" # dev inode offset length sum skip since
  log_sum sum "$link" "${at[3]}" plain
  # A file copied and truncated keeps its number; one that was empty is known by its number alone.
  if ((size >= at[2])) && [[ $sum == "${at[4]}" && ( ${at[3]} -gt 0 || "$dev $inode" == "${at[0]} ${at[1]}" ) ]]; then
    log_stretch "$link" plain open "$size" "$dev" "$inode" "${at[2]}" "${at[3]}" "${at[4]}" "${at[5]}" 0 || LOG_AT_END=0
    LOG_NEXT[$path]=$LOG_POSITION
    return 0
  fi

  if log_chain "$path" "${at[@]:0:5}"; then
    local first=1 newest=$((${#LOG_CHAIN[@]} - 1)) n place=''
    for n in "${!LOG_CHAIN[@]}"; do
      read -r kind d i s mtime name <<<"${LOG_CHAIN[n]}"
      ((first)) || at=("$d" "$i" 0 0 0 0 0)
      first=0
      local since=${at[6]}; ((since > 0)) || since=$now
      log_stretch "$name" "$kind" closed "$s" "$d" "$i" "${at[2]}" "${at[3]}" "${at[4]}" "${at[5]}" "$since" || LOG_AT_END=0
      # A log of which nothing was read, and may be empty, has nothing to be known by: the place stays behind the last
      # line that was.
      [[ -n $place && $LOG_POSITION =~ ^[0-9]+\ [0-9]+\ 0\  ]] && LOG_POSITION=$place
      place=$LOG_POSITION
      if ((!LOG_AT_END)); then LOG_NEXT[$path]=$LOG_POSITION; return 0; fi
      # Who was told to open a new log may still have the old one open; nobody has a copy open.
      if [[ $n == "$newest" && $kind == plain && "$d $i" == "${at[0]} ${at[1]}" ]] &&
        ((now - mtime < LOG_QUIET_S && now - since < LOG_WAIT_S)); then
        LOG_AT_END=0; LOG_NEXT[$path]=$LOG_POSITION; return 0
      fi
    done
    if ((size == 0)); then LOG_NEXT[$path]=$LOG_POSITION; return 0; fi
  else
    LOG_GAP=1
  fi
  log_stretch "$link" plain open "$size" "$dev" "$inode" 0 0 0 0 0 || LOG_AT_END=0
  LOG_NEXT[$path]=$LOG_POSITION
}

# Fails when a file of the plan is no longer there; then nothing may be committed.
log_emit() {
  (
    for part in "${LOG_PARTS[@]+"${LOG_PARTS[@]}"}"; do
      read -r from take skip feed file <<<"$part"
      if [[ $skip == 1 ]]; then
        tail -c "+$((from + 1))" -- "$file" | head -c "$take" | tail -n +2
      else
        tail -c "+$((from + 1))" -- "$file" | head -c "$take"
      fi
      # 141: tail had more to give than was asked for.
      case ${PIPESTATUS[0]} in 0|141) ;; *) exit 1 ;; esac
      if [[ $feed == 1 ]]; then echo; fi
    done
    exit 0
  ) | tr '\000' ' '
  [[ ${PIPESTATUS[0]} == 0 ]]
}

# Positions and the kind's own lines become KIND.next, whole or not at all.
log_commit() { # kind, file with the kind's own lines
  local path new=$OFFSETS/.$1.new
  {
    for path in "${!LOG_NEXT[@]}"; do printf 'log %s %s\n' "${LOG_NEXT[$path]}" "$path" || exit 1; done
    if [[ -n ${2:-} ]]; then cat -- "$2" || exit 1; fi
  } >"$new" && mv -f -- "$new" "$OFFSETS/$1.next" && rm -f -- "$OFFSETS/$1.tries"
}

# Cuts what is too long and says how much of it there was: the first rule of every log's awk.
# shellcheck disable=SC2016 # awk's
readonly AWK_CUT='
length($0) > 65536 { $0 = substr($0, 1, 65536); cut++ }
'

# The command that lets this user read a log.
log_grant() { # variable, path
  local folder=${2%/*} group mode user=$USER_NAME command
  while [[ -n $folder && ! -e $folder ]]; do folder=${folder%/*}; done
  if [[ -n $folder && ! -x $folder ]]; then
    read -r group mode < <(stat -L -c '%G %A' -- "$folder" 2>/dev/null)
    command="setfacl -m u:$user:x $folder && setfacl -m u:$user:r $2"
    [[ $group == adm && ${mode:6:1} == x ]] && command="usermod -aG adm $user"
  else
    read -r group mode < <(stat -L -c '%G %A' -- "$2" 2>/dev/null)
    command="setfacl -m u:$user:r $2"
    # adm is the group for reading logs. Others, such as mail, own more than logs.
    [[ $group == adm && ${mode:4:1} == r ]] && command="usermod -aG adm $user"
  fi
  printf -v "$1" '%s' "$command"
}

# ---------------------------------------------------------------- the host's own time
# The agent runs in UTC; logs do not. Tests put another zone here.
host_date() { TZ=$HOST_TZ date "$@"; }

# ZONE: "0:OFFSET" in seconds east, and a further "START:OFFSET" for each change of clocks since an instant.
ZONE='0:0'
zone_since() { # instant, now
  local from=$1 now=$2 text sign last='' at offset
  ((now - from > 35 * 86400)) && from=$((now - 35 * 86400))
  from=$((from / 900 * 900))
  ZONE=''
  while read -r at text; do
    [[ $text =~ ^([+-])([0-9][0-9])([0-9][0-9])$ ]] || continue
    sign=${BASH_REMATCH[1]}; offset=$((10#${BASH_REMATCH[2]} * 3600 + 10#${BASH_REMATCH[3]} * 60))
    [[ $sign == - ]] && offset=-$offset
    [[ $offset == "$last" ]] && continue
    if [[ -z $last ]]; then ZONE="0:$offset"; else ZONE+=" $at:$offset"; fi
    last=$offset
  done < <(zone_samples "$from" "$now")
  [[ -n $ZONE ]] || ZONE='0:0'
}
# The offset at the beginning and now; only when they differ, each quarter of an hour between.
zone_samples() { # from, now
  local first last
  first=$(host_date -d "@$1" '+%s %z'); last=$(host_date -d "@$2" '+%s %z')
  if [[ ${first#* } == "${last#* }" ]]; then printf '%s\n' "$last"; return; fi
  seq -f '@%.0f' "$1" 900 "$2" | host_date -f - '+%s %z'
}
