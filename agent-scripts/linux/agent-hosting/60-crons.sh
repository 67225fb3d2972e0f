
# ---------------------------------------------------------------- crons: the jobs of all crontabs, every 900 s
#
# What stands in the tables, as the host's own cron would take it: Debian's refuses a whole file for one bad line,
# cronie a line. When a job last ran is told by cron's log: a line with the job's user and command. Commands are
# rid of secrets before anything is compared, kept or sent.

readonly CRON_LOGS='/var/log/cron /var/log/cron.log /var/log/syslog'
# How much of a log is read: at first sight, and each time after.
readonly CRON_LOG_FIRST_BYTES=67108864 CRON_LOG_BYTES=8388608

# Finds the tables. Sets CRON_DIALECT; CRON_TABLES, lines of "owner ('' in tables that name users), whether the last line ends,
# path"; and CRON_BARRED, the first thing that may not be read. Returns 1 when there is no cron here.
CRON_DIALECT='' CRON_TABLES=() CRON_BARRED=''
cron_tables() {
  local spool=$HOST_ROOT/var/spool/cron file name uid mode owner i last ends found=()
  local -A sound=() known=()
  local -a system=() tabs=() all=()
  CRON_DIALECT=cronie CRON_TABLES=() CRON_BARRED=''
  [[ -d $spool/crontabs ]] && { CRON_DIALECT=debian; spool=$spool/crontabs; }
  [[ -e $HOST_ROOT/etc/crontab || -d $HOST_ROOT/etc/cron.d || -d $spool ]] || return 1

  [[ -f $HOST_ROOT/etc/crontab ]] && system+=("$HOST_ROOT/etc/crontab")
  if [[ -d $HOST_ROOT/etc/cron.d ]]; then
    [[ -r $HOST_ROOT/etc/cron.d && -x $HOST_ROOT/etc/cron.d ]] || CRON_BARRED=$HOST_ROOT/etc/cron.d
    for file in "$HOST_ROOT/etc/cron.d"/*; do
      name=${file##*/}
      if [[ $CRON_DIALECT == debian ]]; then [[ $name =~ ^[A-Za-z0-9_-]+$ ]] || continue
      else [[ $name == *~ || $name == '#'* || $name == *.rpm@(save|orig|new) || $name == *.cfsaved ]] && continue; fi
      [[ -f $file ]] && system+=("$file")
    done
  fi
  # Cron refuses tables that others than root may write.
  if ((${#system[@]})); then
    while read -r uid mode file; do
      ((uid == 0 && (0x$mode & 0022) == 0)) && sound[$file]=1
    done < <(stat -L -c '%u %f %n' -- "${system[@]}" 2>/dev/null)
  fi

  if [[ -d $spool ]]; then
    if [[ -r $spool && -x $spool ]]; then
      for file in "$spool"/*; do
        name=${file##*/}
        [[ -f $file && ! -L $file && $name =~ ^[A-Za-z0-9_][A-Za-z0-9_.-]*$ && $name != tmp.* ]] && found+=("$name")
      done
      # A table whose user is gone does not run.
      if ((${#found[@]})); then
        while IFS=: read -r name _; do known[$name]=1; done < <(getent passwd "${found[@]}")
      fi
      for name in "${found[@]}"; do [[ -n ${known[$name]:-} ]] && tabs+=("$spool/$name"); done
    else
      CRON_BARRED=$spool
    fi
  fi

  for file in "${system[@]}"; do [[ -n ${sound[$file]:-} && -s $file ]] && all+=("$file"); done
  for file in "${tabs[@]}"; do [[ -s $file ]] && all+=("$file"); done
  ((${#all[@]})) || return 0
  for file in "${all[@]}"; do [[ -r $file ]] || { CRON_BARRED=$file; return 0; }; done
  ends=$(tail -q -c 1 -- "${all[@]}" | tr -c '\n' x | tr '\n' n)
  for i in "${!all[@]}"; do
    file=${all[i]} last=0; [[ ${ends:i:1} == n ]] && last=1
    owner=; [[ $file == "$spool"/* ]] && owner=${file##*/}
    printf -v "CRON_TABLES[$i]" '%s\t%s\t%s' "$owner" "$last" "$file"
  done
}

# Three inputs: the tables, what was known before, cron's log. Writes "user, schedule, command, last run, exit" a job.
# shellcheck disable=SC2016 # awk's
readonly CRON_AWK='
BEGIN {
  FS = "\t"; zone_init(zone)
  split("0 59 0 23 1 31 1 12 0 7", limit, " ")
  NAMES[4] = " jan feb mar apr may jun jul aug sep oct nov dec "; NAMES[5] = " sun mon tue wed thu fri sat "
  MACROS = " @reboot @yearly @annually @monthly @weekly @daily @midnight @hourly "
}
# A number of a field, or the name of a month or a day; -1 when it is neither.
function field_number(text, i,   at) {
  if (text ~ /^[0-9]+$/) return text + 0 >= limit[2 * i - 1] + 0 && text + 0 <= limit[2 * i] + 0 ? text + 0 : -1
  at = length(text) == 3 ? index(NAMES[i], " " tolower(text) " ") : 0
  return at ? 1 : -1
}
# The word of letters and digits at the start of `left`.
function take_word(   word) {
  if (!match(left, /^[A-Za-z0-9]+/)) return ""
  word = substr(left, 1, RLENGTH); left = substr(left, RLENGTH + 1)
  return word
}
# Debian`s cron takes a field whose first part is good and skips the rest of it; cronie does not.
function good_field(text, i,   many) {
  left = text
  while (1) {
    many = 0
    if (left ~ /^\*/) { left = substr(left, 2); many = 1 }
    else if (dialect == "cronie" && left ~ /^~/) { left = substr(left, 2); take_word(); many = 1 }
    else {
      if (field_number(take_word(), i) < 0) return 0
      if (left ~ /^-/) { left = substr(left, 2); many = 1; if (field_number(take_word(), i) < 0) return 0 }
      else if (dialect == "cronie" && left ~ /^~/) { left = substr(left, 2); take_word(); many = 1 }
    }
    if (left ~ /^\//) {
      left = substr(left, 2)
      if (!many || (word = take_word()) !~ /^[0-9]+$/ || word + 0 < 1) return 0
    }
    if (left == "") return 1
    if (left !~ /^,/) return dialect == "debian"
    left = substr(left, 2)
  }
}
# What cron itself logs of a command: up to the first %, control characters spelt out. Backslashes are left out on both
# sides, because one before a % is gone in the log.
function logged(text,   i, c, n, out) {
  if (text ~ /%/) {
    for (i = 1; i <= length(text); i++) {
      c = substr(text, i, 1)
      if (c == "\\") { i++; continue }
      if (c == "%") { text = substr(text, 1, i - 1); break }
    }
  }
  gsub(/\\/, "", text)
  if (text ~ /[^ -~]/) {
    if (!ord_ready) ord_init()
    out = ""
    for (i = 1; i <= length(text); i++) {
      c = substr(text, i, 1); n = ord[c]
      out = out (n < 32 ? "^" substr("@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_", n + 1, 1) : n == 127 ? "^?" : n > 127 ? sprintf("%03o", n) : c)
    }
    text = out
  }
  return trim(text)
}
function trim(text) { sub(/^[ \t]+/, "", text); sub(/[ \t]+$/, "", text); return text }
# The next word of `row`, which loses it and the blanks behind it.
function next_word(   word) {
  if (!match(row, /^[^ \t]+/)) return ""
  word = substr(row, 1, RLENGTH); row = substr(row, RLENGTH + 1); sub(/^[ \t]+/, "", row)
  return word
}
# One line of a table: 1 when cron takes it, 0 when it does not.
function table_row(owner,   i, word, schedule, quiet) {
  sub(/^[ \t]+/, "", row)
  if (row == "" || row ~ /^#/) return 1
  if (row ~ /^("[^"]*"|\047[^\047]*\047|[^ \t="\047]*)[ \t]*=/) {
    if (dialect == "cronie" && row ~ /^CRON_TZ[ \t]*=/) {
      table_zone = row; sub(/^[^=]*=[ \t]*/, "", table_zone); gsub(/["\047 \t]/, "", table_zone)
    }
    return 1
  }
  quiet = 0
  if (row ~ /^-/) { if (dialect == "debian") return 0; quiet = 1; row = substr(row, 2) }
  if (row ~ /^@/) {
    schedule = next_word()
    if (!index(MACROS, " " schedule " ")) return 0
  } else {
    for (i = 1; i <= 5; i++) {
      word = next_word()
      if (!good_field(word, i)) return 0
      schedule = schedule (i > 1 ? " " : "") word
    }
  }
  if (table_zone != "" && table_zone != timezone) schedule = "CRON_TZ=" table_zone " " schedule
  if (owner == "") {
    owner = next_word()
    if (owner !~ /^[A-Za-z0-9_][A-Za-z0-9_.-]*[$]?$/) return 0
  }
  while (dialect == "cronie" && row ~ /^-[nqs][ \t]/) { if (row ~ /^-q/) quiet = 1; next_word() }
  row = trim(row)
  if (row == "") return 1
  jobs++
  user[jobs] = owner; when[jobs] = schedule; command[jobs] = redact(row); gsub(/\t/, " ", command[jobs])
  key[jobs] = quiet ? "" : owner SUBSEP redact(logged(row))
  wanted[key[jobs]] = 1
  return 1
}
# One account must not keep the others from being read: of its table so many jobs count.
function read_table(owner, ends, path,   line, before, good, last) {
  before = jobs; good = 1; table_zone = ""
  while ((owner == "" || jobs - before < 1000) && (getline line < path) > 0) {
    last = jobs; row = line
    if (!table_row(owner)) good = 0
  }
  close(path)
  # Unfinished last line: cronie does not see it, Debian sees nothing of the file.
  if (!ends) { if (dialect == "debian") good = 0; else jobs = last }
  if (!good && dialect == "debian") jobs = before
}
# "time host CRON[pid]: message": sets at, pid and message.
function log_line(line,   n) {
  if (line ~ /^[A-Z][a-z][a-z] [ 0-9][0-9] [0-9][0-9]:/) {
    at = syslog_time(substr(line, 1, 3), substr(line, 5, 2) + 0, substr(line, 8, 8)); line = substr(line, 17)
  } else if (line ~ /^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T/) {
    n = index(line, " "); at = rfc3339_time(substr(line, 1, n - 1)); line = substr(line, n + 1)
  } else return 0
  if (at < 0) return 0
  n = index(line, " "); line = substr(line, n + 1)
  if (!match(line, /^[A-Za-z\/]+\[[0-9]+\]: /)) return 0
  if (tolower(substr(line, 1, RLENGTH)) !~ /^(\/usr\/sbin\/)?crond?\[/) return 0
  message = substr(line, RLENGTH + 1); pid = substr(line, 1, RLENGTH - 3); sub(/^.*\[/, "", pid)
  return 1
}
part == "tables" { read_table($1, $2, $3); next }
part == "before" { if (NF >= 5) { was_at[$1, $2, $3] = $4; was_exit[$1, $2, $3] = $5 }; next }
!log_line($0) { next }
message ~ /^\([^)]*\) (CMD|END) \(.*\)$/ {
  n = index(message, ")"); name = substr(message, 2, n - 2)
  text = substr(message, n + 7, length(message) - n - 7); sub(/^\[[0-9]+\] /, "", text)
  if (substr(message, n + 2, 3) == "END") { if (pid in of_pid) ended[of_pid[pid]] = of_pid[pid] in failed ? 0 : 1; next }
  gsub(/\\/, "", text)
  this = name SUBSEP redact(trim(text))
  if (!(this in wanted)) { delete of_pid[pid]; next }
  if (at + 0 >= last_at[this] + 0) { last_at[this] = at; of_pid[pid] = this; delete failed[this]; delete ended[this] }
  next
}
message ~ /^\(CRON\) error \(grandchild #[0-9]+ (failed with exit status|terminated by signal) [0-9]+\)/ {
  tells = 1
  if (!(pid in of_pid)) next
  n = message; sub(/^.* /, "", n); sub(/\).*/, "", n); n += 0
  failed[of_pid[pid]] = (message ~ /signal/ ? 128 : 0) + n
}
END {
  for (i = 1; i <= jobs; i++) {
    this = key[i]; at = ""; code = ""
    if (this != "" && this in last_at) {
      at = sprintf("%.0f", last_at[this])
      # An end without a failure is a success only where failures are logged.
      if (this in failed) code = failed[this]; else if (tells && ended[this]) code = 0
    }
    if ((user[i], when[i], command[i]) in was_at && was_at[user[i], when[i], command[i]] + 0 > at + 0) {
      at = was_at[user[i], when[i], command[i]]; code = was_exit[user[i], when[i], command[i]]
    }
    printf "%s\t%s\t%s\t%s\t%s\n", user[i], when[i], command[i], at, code
  }
}'

# Cron's own lines of the newest part of its logs; of the journal, where there is no log that may be read.
cron_log() { # bytes at most, since
  local log size file rotated logs=()
  for log in $CRON_LOGS; do
    [[ -f $HOST_ROOT$log && -r $HOST_ROOT$log ]] && logs+=("$HOST_ROOT$log")
  done
  if ((${#logs[@]} == 0)); then
    [[ -z $HOST_ROOT ]] && command -v journalctl >/dev/null || return 0
    journalctl -q --no-pager -o short-iso --since="@$2" -t CRON -t CROND -t crond -t cron 2>/dev/null | tail -c "$1"
    return
  fi
  for log in "${logs[@]}"; do
    size=$(stat -L -c %s -- "$log") rotated=
    if ((size < $1)); then
      # What was rotated away since, not yet packed.
      for file in "$log".1 "$log"-[0-9]*; do
        [[ -f $file && -r $file && $file != *.gz && ( -z $rotated || $file -nt $rotated ) ]] && rotated=$file
      done
      [[ -z $rotated ]] || tail -c "$(($1 - size))" -- "$rotated"
    fi
    tail -c "$1" -- "$log"
  done | { grep -aE '[Cc][Rr][Oo][Nn][Dd]?\[[0-9]+\]: \(' || [[ $? -eq 1 ]]; } # A log without a word of cron is no failure.
}

# Collects the jobs of CRON_TABLES; what was known before stands in the file, which need not be there.
cron_collect() { # file
  local now bytes=$CRON_LOG_FIRST_BYTES since timezone before=/dev/null
  now_s now; since=$((now - 8 * 86400))
  if [[ -s $1 ]]; then before=$1 bytes=$CRON_LOG_BYTES since=$((now - 7200)); fi
  zone_since "$((now - 35 * 86400))" "$now"
  host_timezone timezone
  cron_log "$bytes" "$since" | awk -v now="$now" -v zone="$ZONE" -v dialect="$CRON_DIALECT" -v timezone="$timezone" \
    "$AWK_TIME$AWK_TEXT$AWK_REDACT$CRON_AWK" part=tables <(printf '%s\n' "${CRON_TABLES[@]}") part=before "$before" part=log -
}

# For root's timer. Nothing printed: no cron here; a host without jobs has the first line.
count_crons() {
  cron_tables || return 0
  echo '# user, schedule, command, last run, last exit'
  cron_collect "$COUNTS/crons"
}
hosting_counts crons count_crons 600

# The lines of cron_collect as JSON. Long commands are cut, the shorter the more there are, so that all fit a payload.
# shellcheck disable=SC2016 # awk's
readonly CRON_JSON_AWK='
BEGIN { FS = "\t" }
/^#/ || NF < 5 { next }
jobs < 5000 {
  jobs++
  head[jobs] = "{\"user\":" json($1, 190) ",\"schedule\":" json($2, 500) ",\"command\":"
  text[jobs] = $3
  tail[jobs] = ",\"last_run_at\":" ($4 ~ /^[0-9]+$/ ? "\"" iso($4) "\"" : "null") ",\"last_exit\":" ($5 ~ /^[0-9]+$/ ? $5 : "null") "}"
  fixed += length(head[jobs]) + length(tail[jobs]) + 1
}
END {
  split("4000 1000 400 150 60", most, " ")
  for (round = 1; round <= 5; round++) {
    bytes = fixed
    for (i = 1; i <= jobs; i++) { command[i] = json(text[i], most[round]); bytes += length(command[i]) }
    if (bytes < 480000) break
  }
  bytes = 0
  for (i = 1; i <= jobs && bytes < 480000; i++) {
    line = head[i] command[i] tail[i]; bytes += length(line) + 1
    printf "%s%s", (i > 1 ? "," : ""), line
  }
}'

probe_crons() {
  local jobs timezone entries
  cron_tables || { unreadable not_installed 'no cron here'; return; }
  if [[ -z $CRON_BARRED ]]; then
    jobs=$(cron_collect "$OFFSETS/crons")
    # Times of runs are kept: the log that told of them will be rotated away.
    { [[ -e $OFFSETS/crons && $(<"$OFFSETS/crons") == "$jobs" ]] || printf '%s\n' "$jobs" >"$OFFSETS/crons.next"; } 2>/dev/null
  else
    counts_of crons 2700 'crontabs of users' || return
    jobs=$(<"$COUNTS_FILE")
  fi
  host_timezone timezone; json_string timezone "$timezone"
  entries=$(printf '%s\n' "$jobs" | awk "$AWK_TIME$AWK_TEXT$CRON_JSON_AWK")
  BODY="\"timezone\":$timezone,\"entries\":[$entries]"
}
hosting_probe crons 900 probe_crons

doctor_crons() {
  local source='/etc/crontab, /etc/cron.d, crontabs of users' log runs='' barred=''
  if ! cron_tables; then check crons "$source" 2 'no cron here'; return; fi
  if [[ -z $CRON_BARRED ]]; then
    check crons "$source" 0
    for log in $CRON_LOGS; do
      log=$HOST_ROOT$log
      [[ -e $log ]] || continue
      if [[ -r $log ]]; then runs=$log; else barred=${barred:-$log}; fi
    done
    [[ -n $runs || -z $barred ]]
    check crons "${runs:-${barred:-the log of cron}}, for last runs" $? 'it is not readable' "setfacl -m u:$USER_NAME:r $barred"
  else
    BODY=''; counts_of crons 2700 'crontabs of users'
    check crons "$source" $? "$CRON_BARRED is readable by root alone" "$COUNTS_GRANT"
  fi
}
