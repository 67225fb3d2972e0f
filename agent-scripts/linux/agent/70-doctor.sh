
# ---------------------------------------------------------------- doctor

# One line for each thing looked at. 0: it may. 1: it may not, and `why` and commands say what is missing, as root can
# run them. 2: there is no such thing on this host, which is nobody's fault.
MISSING=0
check() { # name, what it reads, 0 1 or 2, why, commands...
  local name=$1 source=$2 state=$3 why=${4:-} command
  case $state in
    0) printf 'ok    %-12s %s\n' "$name" "$source"; return ;;
    2) printf -- '-     %-12s %s: %s\n' "$name" "$source" "${why:-not on this host}"; return ;;
  esac
  MISSING=1
  printf 'MISS  %-12s %s\n' "$name" "$source"
  [[ -z $why ]] || printf '      why:     %s\n' "$why"
  shift 4 2>/dev/null || return 0
  for command in "$@"; do printf '      as root: %s\n' "$command"; done
}

doctor_metrics() {
  [[ -r /proc/stat && -r /proc/meminfo && -r /proc/loadavg && -r /proc/net/dev && -r /proc/net/snmp && -r /proc/diskstats ]]
  check metrics '/proc/{stat,meminfo,loadavg,net/dev,net/snmp,diskstats}' $? '/proc hides them from this user'
}

doctor_processes() {
  local commands=()
  if [[ ! -r /proc/1/status ]]; then
    commands=('mount -o remount,hidepid=0 /proc')
    if command -v cagefsctl >/dev/null; then commands=("cagefsctl --disable $USER_NAME"); fi
  fi
  [[ -r /proc/1/status ]]
  check processes '/proc/*/status, unit files' $? "other users' processes are hidden (hidepid or CageFS)" "${commands[@]}"
}

doctor_disks() {
  [[ -r /proc/self/mountinfo ]] && command -v stat >/dev/null
  check disks '/proc/self/mountinfo, statfs' $? 'there is no stat' 'yum install coreutils || apt-get install coreutils'
}

# A probe without a doctor of its own: what it says when it runs.
doctor_of() { # kind
  local hint
  if declare -F "doctor_${1//-/_}" >/dev/null; then "doctor_${1//-/_}"; return; fi
  BODY=''; "${PROBE_OF[$1]}"
  case $BODY in
    *'"kind_error":"not_installed"'*) check "$1" "${PROBE_OF[$1]}" 2 ;;
    *'"kind_error":'*) hint=${BODY#*\"hint\":\"}; check "$1" "${PROBE_OF[$1]}" 1 "${hint%\"*}" ;;
    *) check "$1" "${PROBE_OF[$1]}" 0 ;;
  esac
}

# Each in a child with a probe's time: what hangs must not hang the doctor.
examine() { # kind
  local pid answer
  set -m
  (
    set +m
    trap 'printf "%s\n" "$MISSING" >&9' EXIT
    doctor_of "$1" </dev/null
  ) &
  pid=$!; disown "$pid" 2>/dev/null; set +m
  if read -r -t "$PROBE_TIMEOUT_S" -u 9 answer; then
    ((answer == 0)) || MISSING=1
  else
    kill -9 -- "-$pid" 2>/dev/null
    check "$1" "${PROBE_OF[$1]}" 1 "did not end within $PROBE_TIMEOUT_S s"
  fi
}

doctor() {
  local kind program missing='' reload
  aside doctor
  # Groups are had from the start of a process on. Cron starts it again.
  reload="pkill -u $USER_NAME -f agent.sh"
  [[ -d /run/systemd/system ]] && reload="systemctl restart $USER_NAME-agent"
  load_settings
  check settings "$CONF" $? 'it is not there, not readable or not whole: enrol again' \
    "chown root:$USER_NAME ${CONF%/*} $CONF; chmod 0750 ${CONF%/*}; chmod 0640 $CONF"
  mkdir -p "$RUN" "$SPOOL" "$OFFSETS" 2>/dev/null && { printf 'something\n' >"$SPOOL/.doctor"; } 2>/dev/null && rm -f -- "$SPOOL/.doctor"
  check state "$STATE" $? 'log, spool and offsets cannot be written (rights, a full or a read-only disk)' \
    "install -d -m 0750 -o $USER_NAME -g $USER_NAME $STATE; chown -h -R $USER_NAME:$USER_NAME $STATE"
  for program in curl awk sed grep gzip flock stat timeout; do
    command -v "$program" >/dev/null || missing+=" $program"
  done
  [[ -z $missing ]]
  check programs 'curl, awk, sed, grep, gzip, flock, stat, timeout' $? "not there:$missing" \
    'yum install curl gawk sed grep gzip util-linux coreutils || apt-get install curl gawk sed grep gzip util-linux coreutils'
  exec 9<> <(:)
  for kind in "${KINDS[@]}"; do examine "$kind"; done
  if [[ -n $NOC_URL && -n $AGENT_SECRET ]]; then
    TICK='' ; post 10 0
    # A batch of nothing is refused, but not before the sender is known.
    case $STATUS in
      202|400|422) check server "$NOC_URL" 0 ;;
      401) check server "$NOC_URL" 1 'our secret is not accepted: approve the re-enrolment, or enrol again' ;;
      000) check server "$NOC_URL" 1 "no answer: ${ANSWER##*$'\n'}" ;;
      *) check server "$NOC_URL" 1 "it answers $STATUS" ;;
    esac
  fi
  read_lost; count_spool
  printf '\nspool: %s ticks, %s bytes, lost since installed: %s payloads, log: %s\n' "$SPOOL_FILES" "$SPOOL_BYTES" "$LOST_TOTAL" "$LOG"
  if ((MISSING)); then printf 'after the commands above, as root: %s\n' "$reload"; fi
  return "$MISSING"
}
