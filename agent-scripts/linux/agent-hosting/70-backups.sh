
# ---------------------------------------------------------------- backups: runs that ended, told by the tools' hooks
#
# A hook is root's. It only hands one line over: a process of the agent's user lays it into the spool, so root never
# writes where that user can, and the agent numbers and sends it with its next tick.

# What tools call the ends of a run.
backup_status() { # variable, word
  case ${2,,} in
    success|successful|succeeded|ok|complete|completed|done|finished) printf -v "$1" success ;;
    partial|partially|partially_completed|warning|warnings|incomplete) printf -v "$1" partial ;;
    failed|fail|failure|error|errors|aborted|abort|cancelled|canceled|killed) printf -v "$1" failed ;;
    *) return 1 ;;
  esac
}

# Seconds since 1970, or a date that `date` reads, of the host's zone unless it names another.
backup_time() { # variable, text
  local _at=$2
  [[ $_at =~ ^@?[0-9]{9,11}$ ]] && _at=@${_at#@}
  [[ $_at =~ ^@[0-9]+$ || $_at =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}([T\ ][0-9:.]+)?\ ?(Z|UTC|[+-][0-9:]+)?$ ]] || return 1
  _at=$(host_date -d "$_at" +%s 2>/dev/null) || return 1
  printf -v "$1" '%s' "$_at"
}

backup_usage() { # what is wrong
  printf '%s\n' >&2 'usage: agent-hosting.sh report-backup TOOL JOB STATUS [MESSAGE] [OPTION]...' \
    '  STATUS                 success (ok, completed), partial (warning) or failed (error, aborted)' \
    '  --started TIME         when the run began        TIME: seconds since 1970, or 2026-05-07T12:34:56Z' \
    '  --finished TIME        when it ended (now)' \
    '  --bytes N              size of the backup' \
    '  --accounts-total N     accounts it is there for  --accounts-failed N    those it has not' \
    '  --message TEXT         the same as MESSAGE'
  echo "report-backup: $1" >&2
  return 64
}

report_backup() { # as the usage says
  local words=() name value status message='' started='' finished='' bytes=null total=null failed=null now at
  local tool job message_json=null started_json=null body
  PATH=$PATH:/usr/sbin:/usr/bin:/sbin:/bin
  while (($#)); do
    case $1 in
      --) shift; words+=("$@"); break ;;
      --started|--finished|--bytes|--accounts-total|--accounts-failed|--message)
        (($# > 1)) || { backup_usage "$1 needs a value"; return; }
        name=$1 value=$2; shift 2
        case $name in
          --started) backup_time started "$value" || { backup_usage "$name: not a time: $value"; return; } ;;
          --finished) backup_time finished "$value" || { backup_usage "$name: not a time: $value"; return; } ;;
          --message) message=$value ;;
          *)
            [[ $value =~ ^[0-9]{1,16}$ ]] || { backup_usage "$name: not a whole number: $value"; return; }
            value=$((10#$value))
            case $name in --bytes) bytes=$value ;; --accounts-total) total=$value ;; *) failed=$value ;; esac ;;
        esac ;;
      --*) backup_usage "unknown option $1"; return ;;
      *) words+=("$1"); shift ;;
    esac
  done
  ((${#words[@]} >= 3)) || { backup_usage 'TOOL, JOB and STATUS are needed'; return; }
  ((${#words[@]} <= 4)) || { backup_usage "too many words: put the message in quotes"; return; }
  [[ -n ${words[0]//[[:space:]]/} && -n ${words[1]//[[:space:]]/} ]] || { backup_usage 'TOOL and JOB must not be empty'; return; }
  backup_status status "${words[2]}" || { backup_usage "not a status: ${words[2]}"; return; }
  [[ -z ${words[3]:-} ]] || message=${words[3]}
  now_s now
  [[ -n $finished ]] || finished=$now
  ((finished <= now + 300)) || { backup_usage '--finished lies in the future'; return; }
  [[ -z $started ]] || ((started <= finished)) || { backup_usage '--started lies after the end'; return; }
  [[ $total == null || $failed == null ]] || ((failed <= total)) || { backup_usage 'more accounts failed than there are'; return; }

  json_string tool "${words[0]:0:200}"; json_string job "${words[1]:0:600}"
  if [[ -n $message ]]; then
    message_json=$(printf '%s' "${message//$'\n'/ }" | awk "$AWK_TEXT$AWK_REDACT"'{ print json(redact($0), 4000) }')
  fi
  [[ -z $started ]] || printf -v started_json '"%(%Y-%m-%dT%H:%M:%SZ)T"' "$started"
  printf -v finished '%(%Y-%m-%dT%H:%M:%SZ)T' "$finished"
  body="\"tool\":$tool,\"job\":$job,\"status\":\"$status\",\"started_at\":$started_json,\"finished_at\":\"$finished\""
  body+=",\"bytes\":$bytes,\"accounts_total\":$total,\"accounts_failed\":$failed,\"message\":${message_json:-null}"
  now_iso at
  printf 'backups\t%s\t%s\n' "$at" "$body" | hand_over
}

# Lays the line on standard input into the spool, as the agent's user.
hand_over() {
  local here
  if [[ $(id -u) -eq 0 && -z ${NOC_AGENT_STATE:-} ]]; then
    id "$USER_NAME" >/dev/null 2>&1 || { echo "report-backup: there is no user $USER_NAME: the agent is not installed" >&2; return 1; }
    # The agent's user may not enter every folder that a hook runs in. What it is told comes by standard input: a
    # message on a command line is for everybody's eyes.
    here=$(cd -- "$AGENT_HOME" && pwd) && cd / || return 1
    (as_agent "$here/agent-hosting.sh" take-report)
    return
  fi
  take_report
}

take_report() {
  local line file waiting now
  IFS= read -r line
  now_s now
  waiting=("$SPOOL"/*.report)
  if ((${#waiting[@]} > 1000)); then echo "report-backup: ${#waiting[@]} reports wait in $SPOOL: does the agent run?" >&2; return 1; fi
  file=$(mktemp "$SPOOL/.report.XXXXXXXX" 2>/dev/null) && printf '%s\n' "$line" >"$file" &&
    mv -f -T -- "$file" "$SPOOL/$now-${file##*.}.report" && return 0
  [[ -z ${file:-} ]] || rm -f -- "$file"
  echo "report-backup: cannot write to $SPOOL" >&2
  return 1
}

# ---- JetBackup 5, which calls a hook with what it knows as arguments
#
#   Hooks -> Create New Hook     position  type             script
#                                Pre       Backup           /opt/hostseba-noc/agent-hosting.sh jetbackup-hook job-start
#                                Post      Backup Account   /opt/hostseba-noc/agent-hosting.sh jetbackup-hook account
#                                Post      Backup           /opt/hostseba-noc/agent-hosting.sh jetbackup-hook job
#
# The last one alone is enough to hear of the jobs, and `job` may be left out there.
# Accounts are counted in a file of root's until their job ends. A hook that fails could stop the backup: this one
# never does, it only says on standard error what went wrong.
readonly JETBACKUP_STATE=${NOC_AGENT_JETBACKUP:-/var/lib/hostseba-noc/jetbackup}

jetbackup_hook() { # [job-start|account|job], arguments as JetBackup gives them
  case ${1:-} in job-start|account|job) ;; *) set -- job "$@" ;; esac
  jetbackup_heard "$@" || echo "jetbackup-hook: $1 was not taken down" >&2
  return 0
}

jetbackup_heard() {
  local what=${1:-} id=${2:-} file; shift
  PATH=$PATH:/usr/sbin:/usr/bin:/sbin:/bin
  umask 077
  [[ $id =~ ^[A-Za-z0-9_-]{1,64}$ ]] || { echo "jetbackup-hook: not the id of a job: $id" >&2; return 1; }
  [[ -d $JETBACKUP_STATE ]] || mkdir -p -- "$JETBACKUP_STATE" || return 1
  file=$JETBACKUP_STATE/$id
  case $what in
    # id, name, type, contains, structure, destinations, start, log
    job-start) : >"$file" ;;
    # id, account id, account's user, status (1 completed, 2 partially, 3 failed, 4 aborted), log, queue status
    account)
      [[ ${3:-} =~ ^[A-Za-z0-9_.@-]{1,64}$ && ${4:-} =~ ^[1-4]$ ]] || { echo 'jetbackup-hook: no account and status' >&2; return 1; }
      printf '%s %s\n' "$3" "$4" >>"$file" ;;
    *) jetbackup_job "$file" "$@" ;;
  esac
}

# The end of a job: id, name, type, contains, structure, destinations, start, end, status of the queue (100 completed,
# 101 partially, 102 failed, 103 aborted), log. Where exactly the status stands is looked for, because it has moved.
jetbackup_job() { # file, arguments
  local file=$1 name=${3:-} started=${8:-} ended='' status='' word total=0 bad=0 named='' account code arguments=()
  local -a say_of=('' completed 'partially completed' failed aborted)
  shift 8 2>/dev/null || { echo 'jetbackup-hook: too few arguments for the end of a job' >&2; return 1; }
  for word in "$@"; do
    case $word in
      100) [[ -n $status ]] || status=success ;;
      101) [[ -n $status ]] || status=partial ;;
      102) [[ -n $status ]] || status=failed ;;
      103) [[ -n $status ]] || { status=failed named='aborted'; } ;;
      *) [[ -z $ended && $word =~ ^[0-9]{10}$ ]] && ended=$word ;;
    esac
  done
  if [[ -r $file ]]; then
    while read -r account code; do
      total=$((total + 1))
      [[ $code == 1 ]] && continue
      bad=$((bad + 1)); ((bad <= 10)) && named+="${named:+, }$account ${say_of[$code]}"
    done <"$file"
    ((bad <= 10)) || named+=", and $((bad - 10)) more"
  fi
  if [[ -z $status ]]; then
    ((total > 0)) || { echo 'jetbackup-hook: neither a status nor accounts are known' >&2; return 1; }
    status=success; ((bad == 0)) || status=partial; ((bad < total)) || status=failed
  fi
  [[ $started =~ ^[0-9]{10}$ ]] && arguments+=(--started "$started")
  [[ -n $ended && ! ( $started =~ ^[0-9]{10}$ && $ended -lt $started ) ]] && arguments+=(--finished "$ended")
  ((total > 0)) && arguments+=(--accounts-total "$total" --accounts-failed "$bad")
  report_backup "${arguments[@]}" -- jetbackup "${name:-unnamed}" "$status" "$named" && rm -f -- "$file"
}
