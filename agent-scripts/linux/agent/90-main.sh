
# ---------------------------------------------------------------- start

probe metrics 60 probe_metrics
probe processes 60 probe_processes
probe disks 300 probe_disks

# Read by agent-hosting.sh this is a library; run by itself it reads its companion.
if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
  if [[ -r $AGENT_HOME/agent-hosting.sh ]]; then
    # shellcheck source=/dev/null
    source "$AGENT_HOME/agent-hosting.sh"
  fi
  case ${1:-} in
    run) run ;;
    once) once ;;
    doctor) doctor ;;
    version) echo "$VERSION" ;;
    *) sed -n '2,/^$/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 64 ;;
  esac
fi
