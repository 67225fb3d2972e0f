# ---------------------------------------------------------------- email-stats: the probe

EXIM_LOGS='/var/log/exim_mainlog /var/log/exim4/mainlog /var/log/exim/main.log /var/log/exim/mainlog'
POSTFIX_LOGS='/var/log/maillog /var/log/mail.log'
ACCOUNT_FILES='/etc/trueuserdomains /etc/userdomains'
PASSWD=/etc/passwd
# Read of a log in one go. At first sight so much before its end: where the running hour begins is in there, if the
# hour has had less than that.
EMAIL_BYTES=16777216

# MAIL_LOG: the first of the MTA's logs that is there; returns what log_seen says of it.
MAIL_LOG=''
find_mail_log() {
  local logs=$EXIM_LOGS log hidden=''
  [[ $MTA == postfix ]] && logs=$POSTFIX_LOGS
  for log in $logs; do
    log_seen "$log"
    case $? in
      0) MAIL_LOG=$log; return 0 ;;
      2) hidden=${hidden:-$log} ;;
    esac
  done
  MAIL_LOG=${hidden:-${logs%% *}}
  [[ -n $hidden ]] && return 2
  return 1
}

probe_email_stats() {
  local grant now program since=0 file cut accounts='' users=() out=$RUN/email.state said=$RUN/email.said
  find_mta || { unreadable not_installed 'there is neither exim nor Postfix'; return; }
  find_mail_log
  case $? in
    1) unreadable collector_error "$MTA has no log: neither of ${EXIM_LOGS} ${POSTFIX_LOGS} is there"; return ;;
    2) log_grant grant "$MAIL_LOG"; unreadable no_permission "$grant"; return ;;
  esac
  log_begin email-stats
  log_plan "$MAIL_LOG" "$EMAIL_BYTES" "$EMAIL_BYTES" ||
    { log_grant grant "$MAIL_LOG"; unreadable no_permission "$grant"; return; }
  now_s now
  file=$OFFSETS/email-stats
  # Without the place in this log its counts are of another one.
  if [[ $LOG_FRESH == 1 || ! -r $file ]]; then file=/dev/null; else since=$(awk -F '\t' '$1 == "newest" { print $2 }' "$file"); fi
  zone_since "$((${since:-0} > now - 90000 || ${since:-0} == 0 ? now - 90000 : since))" "$now"
  program=$AWK_TIME$AWK_TEXT$AWK_DOMAIN$AWK_COUNTS$AWK_REPORT$AWK_CUT
  # Postfix names users by number.
  if [[ $MTA == exim ]]; then program+=$AWK_EXIM; else program+=$AWK_POSTFIX; users=(mode=passwd "$PASSWD"); fi
  for grant in $ACCOUNT_FILES; do [[ -r $grant ]] && accounts+="$grant "; done
  if ! log_emit | awk -v now="$now" -v zone="$ZONE" -v at_end="$LOG_AT_END" -v gap="$LOG_GAP" -v fresh="$LOG_FRESH" \
    -v state="$out" -v accounts="$accounts" "$program" "${users[@]}" mode=state "$file" mode=log - >"$said" ||
    ! log_commit email-stats "$out"; then
    unreadable collector_error "$MAIL_LOG could not be read"; return
  fi
  cut=$(awk -F '\t' '$1 == "cut" { print $2 }' "$out")
  [[ -n $cut ]] && say warn "email-stats: $cut lines over 64 KiB of $MAIL_LOG were cut"
  ((LOG_GAP)) && say warn "email-stats: lines of $MAIL_LOG are lost: it was rotated and the rest is gone"
  BODY=$(<"$said")
}

doctor_email_stats() {
  local grant=''
  if ! find_mta; then check email-stats 'the mail log' 2 'there is neither exim nor Postfix'; return; fi
  find_mail_log
  case $? in
    0) check email-stats "$MAIL_LOG" 0 ;;
    1) check email-stats "$MAIL_LOG" 1 "$MTA has no log" ;;
    2) log_grant grant "$MAIL_LOG"; check email-stats "$MAIL_LOG" 1 'it may not be read' "$grant" ;;
  esac
}

hosting_probe email-stats 300 probe_email_stats
