# ---------------------------------------------------------------- mail-queue: exim or Postfix

# Where they may lie; a cron job's or a unit's PATH need not hold sbin.
EXIM_PROGRAMS='/usr/sbin/exim /usr/sbin/exim4 /usr/local/sbin/exim'
POSTQUEUE_PROGRAMS='/usr/sbin/postqueue /usr/local/sbin/postqueue'

# MTA: exim, postfix or nothing; MTA_PROGRAM: what lists its queue.
MTA='' MTA_PROGRAM=''
find_mta() {
  local program
  MTA=''
  for program in $EXIM_PROGRAMS; do [[ -x $program ]] && { MTA=exim MTA_PROGRAM=$program; return 0; }; done
  for program in $POSTQUEUE_PROGRAMS; do [[ -x $program ]] && { MTA=postfix MTA_PROGRAM=$program; return 0; }; done
  return 1
}

# Both listings become: total, frozen, deferred, the oldest one's age, and whose messages wait. Messages of the mail
# system itself (bounces) have no domain.
readonly AWK_QUEUE='
function message(domain, age) { total++; if (age > oldest) oldest = age; waiting[domain]++ }
function fields(   out, i, k, best) {
  out = sprintf("\"mta\":\"%s\",\"total\":%d,\"frozen\":%d,\"deferred\":%d,\"oldest_age_s\":%.0f,\"top_senders\":[", \
    mta, total, frozen, deferred, oldest)
  for (i = 0; i < 10; i++) {
    best = ""
    for (k in waiting) if (best == "" || waiting[k] > waiting[substr(best, 2)] || (waiting[k] == waiting[substr(best, 2)] && k < substr(best, 2))) best = "x" k
    if (best == "") break
    k = substr(best, 2)
    out = out (i ? "," : "") "{\"domain\":" json(k, 255) ",\"count\":" waiting[k] "}"
    delete waiting[k]
  }
  return out "]"
}
'

# `exim -bpr`: a block of lines a message. Only its first line begins with the age; a recipient, whom the sender chose,
# stands behind at least seven blanks. Deferred: not frozen, and waiting for longer than the first retry takes (15 min).
# shellcheck disable=SC2016 # awk's
readonly AWK_EXIM_QUEUE='
function is_id(s) { return s ~ /^[0-9A-Za-z]+-[0-9A-Za-z]+-[0-9A-Za-z]+$/ && (length(s) == 16 && substr(s, 7, 1) substr(s, 14, 1) == "--" || \
  length(s) == 23 && substr(s, 7, 1) substr(s, 19, 1) == "--") }
{ first = blank; blank = $0 == "" }
NR > 1 && !first { next }
/^ ?[0-9]+[mhd] / {
  i = $2 ~ /^[0-9][0-9.]*[KMG]?$/ ? 3 : 2 # No size while the message is being removed.
  if (!is_id($i)) next
  age = ($1 + 0) * ($1 ~ /m$/ ? 60 : $1 ~ /h$/ ? 3600 : 86400)
  rest = substr($0, index($0, $i) + length($i))
  sender = match(rest, /<.*>/) ? substr(rest, RSTART + 1, RLENGTH - 2) : ""
  message(sender ~ /@/ ? domain_of(sender) : "", age)
  if (rest ~ / \*\*\* frozen \*\*\*$/) frozen++
  else if (age >= 900) deferred++
}
END { print fields() }
'

# `postqueue -j`: the names stand in a fixed order, so what a sender wrote cannot be taken for one of them.
# shellcheck disable=SC2016 # awk's
readonly AWK_POSTFIX_JSON='
{
  if (!match($0, /^\{"queue_name": *"[a-z]+", *"queue_id": *"[^"]*", *"arrival_time": *[0-9]+, *"message_size": *[0-9]+, *("forced_expire": *[a-z]+, *)?"sender": *"/)) {
    if ($0 ~ /^\{/) message("", 0)
    next
  }
  head = substr($0, 1, RLENGTH); sender = substr($0, RLENGTH + 1)
  sender = match(sender, /^([^"\\]|\\.)*"/) ? substr(sender, 1, RLENGTH - 1) : ""
  gsub(/\\"/, "\"", sender); gsub(/\\\\/, "\\", sender)
  queue = head; sub(/^[^:]*: *"/, "", queue); sub(/".*/, "", queue)
  sub(/^.*"arrival_time": */, "", head)
  message(sender ~ /@/ ? domain_of(sender) : "", now > head + 0 ? now - head : 0)
  if (queue == "hold") frozen++
  if (queue == "deferred") deferred++
}
END { print fields() }
'

# `postqueue -p` of Postfix before 3.1: no year, local time; `!` on hold, `*` active, a reason in brackets: deferred.
# shellcheck disable=SC2016 # awk's
readonly AWK_POSTFIX_TEXT='
BEGIN { zone_init(zone) }
/^[0-9A-Za-z]+[*!#]* +[0-9]+ (Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z][a-z] +[0-9]+ [0-9:]+ / {
  sender = $0; sub(/^[^ ]+ +[0-9]+ [A-Za-z]+ [A-Za-z]+ +[0-9]+ [0-9:]+ +/, "", sender)
  at = syslog_time($4, $5, $6)
  message(sender ~ /@/ ? domain_of(sender) : "", at > 0 && now > at ? now - at : 0)
  held = $1 ~ /!/; waits = $1 !~ /[*!]/
  if (held) frozen++
  next
}
waits && /^ *\(/ { deferred++; waits = 0 }
END { print fields() }
'

# Sets QUEUE to the fields of the kind, all but bounces_1h; or QUEUE_ERROR and QUEUE_HINT, and returns 1.
QUEUE='' QUEUE_ERROR='' QUEUE_HINT=''
read_queue() { # seconds it may take
  local now status error=$RUN/queue.err said
  now_s now
  QUEUE='' QUEUE_ERROR=collector_error
  if [[ $MTA == exim ]]; then
    QUEUE=$(set -o pipefail; timeout "$1" "$MTA_PROGRAM" -bpr 2>"$error" </dev/null |
      awk -v mta=exim "$AWK_TEXT$AWK_DOMAIN$AWK_QUEUE$AWK_EXIM_QUEUE"); status=$?
  else
    QUEUE=$(set -o pipefail; timeout "$1" "$MTA_PROGRAM" -j 2>"$error" </dev/null |
      awk -v mta=postfix -v now="$now" "$AWK_TEXT$AWK_DOMAIN$AWK_QUEUE$AWK_POSTFIX_JSON"); status=$?
    if ((status != 0 && status != 124)) && grep -qiE 'usage|(invalid|illegal|unrecognized) option' "$error"; then
      zone_since "$now" "$now"
      # Older ones leave the dates to their daemon: the zone is the host's.
      QUEUE=$(set -o pipefail; TZ=$HOST_TZ timeout "$1" "$MTA_PROGRAM" -p 2>"$error" </dev/null |
        awk -v mta=postfix -v now="$now" -v zone="$ZONE" "$AWK_TIME$AWK_TEXT$AWK_DOMAIN$AWK_QUEUE$AWK_POSTFIX_TEXT"); status=$?
    fi
  fi
  ((status == 0)) && [[ -n $QUEUE ]] && return 0
  QUEUE=''
  said=$(head -c 300 "$error"); said=${said%%$'\n'*}
  case $said in
    *'ermission denied'*|*'not allowed to view'*)
      QUEUE_ERROR=no_permission
      QUEUE_HINT="only its admins may list the queue of $MTA: let root count it: $COUNTS_GRANT" ;;
    *'mail system is down'*) QUEUE_HINT='Postfix is down and lists its queue to root alone: systemctl start postfix' ;;
    *)
      QUEUE_HINT="$MTA_PROGRAM: ${said:-ended with $status}"
      ((status == 124)) && { QUEUE_ERROR=timeout; QUEUE_HINT="$MTA_PROGRAM did not list the queue within $1 s"; } ;;
  esac
  return 1
}

# Failed recipients of the last hour, as the reader of the mail log (email-stats) counted them in steps of 5 min;
# null when it has not read that log of late.
bounces_1h() { # variable
  local now file found=''
  now_s now
  for file in "$OFFSETS/email-stats.next" "$OFFSETS/email-stats"; do
    [[ -r $file ]] || continue
    found=$(awk -F '\t' -v now="$now" '$1 == "read" { read = $2 } $1 == "bounces" && $2 + 300 > now - 3600 { n += $3 }
      END { if (now - read < 1800) printf "%d", n }' "$file") && break
  done
  printf -v "$1" '%s' "${found:-null}"
}

probe_mail_queue() {
  local file=$COUNTS/mail-queue age='' at now bounces
  find_mta || { unreadable not_installed 'there is neither exim nor Postfix'; return; }
  if [[ -r $file ]]; then
    at=$(stat -c %Y "$file" 2>/dev/null); now_s now; age=$((now - ${at:-0}))
    if ((age <= 900)); then IFS= read -r QUEUE <"$file"; fi
  fi
  # Each refused question would be a line in exim's log: what root counted comes first.
  if [[ -z $QUEUE || $QUEUE != '"mta":'* ]]; then
    if ! read_queue $((PROBE_TIMEOUT_S - 2)); then
      if [[ $QUEUE_ERROR == no_permission && -n $age ]]; then
        QUEUE_ERROR=timeout QUEUE_HINT="$file is $age s old: systemctl status $USER_NAME-counts.timer"
      fi
      unreadable "$QUEUE_ERROR" "$QUEUE_HINT"; return
    fi
  fi
  bounces_1h bounces
  BODY="$QUEUE,\"bounces_1h\":$bounces"
}

# The part of root: the same numbers, by its timer; nothing where there is no mail server.
count_mail_queue() {
  find_mta || return 0
  read_queue $((PROBE_TIMEOUT_S - 2)) && printf '%s\n' "$QUEUE"
}

doctor_mail_queue() {
  if ! find_mta; then check mail-queue 'exim -bpr, postqueue -j' 2 'there is neither exim nor Postfix'; return; fi
  BODY='' QUEUE=''; probe_mail_queue
  [[ $BODY != *'"kind_error":'* ]]
  check mail-queue "$MTA_PROGRAM or $COUNTS/mail-queue" $? "$QUEUE_HINT" "$(queue_grant)"
}
queue_grant() {
  case $QUEUE_ERROR in
    no_permission|timeout) echo "$COUNTS_GRANT" ;;
    *) [[ $MTA == postfix ]] && echo 'systemctl start postfix' ;;
  esac
}

hosting_probe mail-queue 300 probe_mail_queue
hosting_counts mail-queue count_mail_queue 240
