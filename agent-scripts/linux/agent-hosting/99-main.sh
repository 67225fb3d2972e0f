
# ---------------------------------------------------------------- start

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
  case ${1:-} in
    report-backup) shift; report_backup "$@" ;;
    take-report) take_report ;; # For report-backup, which steps down to the agent's user.
    jetbackup-hook) shift; jetbackup_hook "$@" ;;
    counts) counts ;;
    *) sed -n '2,/^$/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 64 ;;
  esac
fi
