# ---------------------------------------------------------------- firewall: the probe

LFD_LOG=/var/log/lfd.log FAIL2BAN_LOG=/var/log/fail2ban.log
# Error logs of web servers, which ModSecurity writes to; its own audit log where none of them may be read.
MODSEC_LOGS='/usr/local/apache/logs/error_log /var/log/apache2/error_log /var/log/httpd/error_log /var/log/apache2/error.log
  /var/log/nginx/error.log /usr/local/lsws/logs/error.log'
AUDIT_LOGS='/usr/local/apache/logs/modsec_audit.log /var/log/apache2/modsec_audit.log /var/log/httpd/modsec_audit.log
  /var/log/modsec_audit.log /usr/local/lsws/logs/auditmodsec.log'
# What tells that a product is installed, whether its log is there or not.
CSF_SIGNS='/usr/sbin/csf /etc/csf'
FAIL2BAN_SIGNS='/usr/bin/fail2ban-server /etc/fail2ban/jail.conf'
MODSEC_SIGNS='/etc/apache2/mods-enabled/security2.load /etc/apache2/conf.d/modsec2.conf /etc/httpd/conf.d/mod_security.conf
  /etc/httpd/conf.modules.d/10-mod_security.conf /etc/nginx/modsec /etc/nginx/modules-enabled/50-mod-http-modsecurity.conf
  /usr/local/lsws/conf/modsec.conf'
# Read of a log in one go, and told in one report; more than these are counted.
FIREWALL_BYTES=8388608 FIREWALL_EVENTS=3000

any_there() { # paths
  local path
  for path in "$@"; do [[ -e $path ]] && return 0; done
  return 1
}

# Sets FIREWALL_LOGS ("parser path", readable ones), FIREWALL_HIDDEN (paths that may not be read; a folder, with / at its
# end, that may hold one) and FIREWALL_PRODUCTS.
FIREWALL_LOGS=() FIREWALL_HIDDEN=() FIREWALL_PRODUCTS=''
find_firewall_logs() {
  FIREWALL_LOGS=(); FIREWALL_HIDDEN=(); FIREWALL_PRODUCTS=''
  # shellcheck disable=SC2086 # lists of paths without blanks
  {
    if any_there $CSF_SIGNS "$LFD_LOG"; then FIREWALL_PRODUCTS+=' csf'; firewall_log lfd "$LFD_LOG"; fi
    if any_there $FAIL2BAN_SIGNS "$FAIL2BAN_LOG"; then FIREWALL_PRODUCTS+=' fail2ban'; firewall_log fail2ban "$FAIL2BAN_LOG"; fi
    if any_there $MODSEC_SIGNS $AUDIT_LOGS; then
      FIREWALL_PRODUCTS+=' ModSecurity'
      local before=${#FIREWALL_LOGS[@]} log
      for log in $MODSEC_LOGS; do firewall_log modsec "$log"; done
      if ((${#FIREWALL_LOGS[@]} == before)); then for log in $AUDIT_LOGS; do firewall_log audit "$log"; done; fi
      # One of its logs is enough.
      if ((${#FIREWALL_LOGS[@]} > before)); then
        for log in "${!FIREWALL_HIDDEN[@]}"; do
          [[ ${FIREWALL_HIDDEN[log]} == */ || " $MODSEC_LOGS $AUDIT_LOGS " == *[[:space:]]"${FIREWALL_HIDDEN[log]}"[[:space:]]* ]] &&
            unset "FIREWALL_HIDDEN[log]"
        done
      fi
    fi
  }
}
firewall_log() { # parser, path
  local other
  log_seen "$2"
  case $? in
    0)
      # The same file by another name.
      for other in "${FIREWALL_LOGS[@]}"; do [[ ${other#* } -ef $2 ]] && return; done
      FIREWALL_LOGS+=("$1 $2") ;;
    2)
      # A folder that is closed to us may hold it, or another one.
      if [[ -e $2 || $1 == lfd || $1 == fail2ban ]]; then FIREWALL_HIDDEN+=("$2")
      elif [[ -d ${2%/*} && " ${FIREWALL_HIDDEN[*]} " != *" ${2%/*}/ "* ]]; then FIREWALL_HIDDEN+=("${2%/*}/"); fi ;;
  esac
}

# The command that lets this user read a log, or those that a folder may hold.
firewall_grant() { # variable, path
  local log folder=${2%/} group mode logs=''
  if [[ $2 != */ ]]; then log_grant "$1" "$2"; return; fi
  for log in $MODSEC_LOGS $AUDIT_LOGS; do [[ ${log%/*} == "$folder" ]] && logs+=" $log"; done
  read -r group mode < <(stat -L -c '%G %A' -- "$folder" 2>/dev/null)
  if [[ $group == adm && ${mode:6:1} == x ]]; then printf -v "$1" 'usermod -aG adm %s' "$USER_NAME"; return; fi
  # shellcheck disable=SC2016 # for root's shell
  printf -v "$1" 'setfacl -m u:%s:x %s && for log in%s; do [ ! -e $log ] || setfacl -m u:%s:r $log; done' \
    "$USER_NAME" "$folder" "$logs" "$USER_NAME"
}

probe_firewall() {
  local entry log grant grants='' now last='' program state=$RUN/firewall.state found=$RUN/firewall.found error=$RUN/firewall.err
  find_firewall_logs
  [[ -n $FIREWALL_PRODUCTS ]] || { unreadable not_installed 'there is neither csf, nor fail2ban, nor ModSecurity'; return; }
  if ((${#FIREWALL_LOGS[@]} == 0)); then
    if ((${#FIREWALL_HIDDEN[@]} == 0)); then unreadable collector_error "no log of$FIREWALL_PRODUCTS is there"; return; fi
    for log in "${FIREWALL_HIDDEN[@]}"; do firewall_grant grant "$log"; grants+="${grants:+; }$grant"; done
    unreadable no_permission "$grants"; return
  fi
  now_s now
  log_begin firewall
  [[ -r $OFFSETS/firewall ]] && last=$(awk -F '\t' '$1 == "read" { print $2 }' "$OFFSETS/firewall")
  [[ $last =~ ^[0-9]+$ && $last -le $now ]] || last=$now
  zone_since "$((last < now - 86400 ? last : now - 86400))" "$now"
  : >"$found"; : >"$error"; printf 'read\t%s\n' "$now" >"$state"
  for entry in "${FIREWALL_LOGS[@]}"; do
    log=${entry#* }
    log_plan "$log" "$FIREWALL_BYTES" || continue
    ((LOG_GAP)) && say warn "firewall: lines of $log are lost: it was rotated and the rest is gone"
    program=$AWK_TIME$AWK_TEXT$AWK_CUT$AWK_EVENTS
    case ${entry%% *} in
      lfd) program+=$AWK_LFD ;;
      fail2ban) program+=$AWK_FAIL2BAN ;;
      modsec) program+=$AWK_REFUSED$AWK_MODSEC ;;
      audit) program+=$AWK_REFUSED$AWK_AUDIT ;;
    esac
    if ! log_emit | awk -v now="$now" -v zone="$ZONE" -v zone_seen="$last" -v state="$state.audit" "$program" \
      mode=state "$(audit_state "${entry%% *}")" mode=log - >>"$found" 2>>"$error"; then
      unreadable collector_error "$log could not be read"; return
    fi
  done
  [[ -f $state.audit ]] && { cat "$state.audit" >>"$state"; rm -f "$state.audit"; }
  [[ -s $error ]] && say warn "firewall: lines over 64 KiB were cut: $(head -c 200 "$error" | tr '\n' ' ')"
  log_commit firewall "$state" || { unreadable collector_error "cannot write to $OFFSETS"; return; }
  BODY=$(firewall_bodies "$found")
}
# Only the audit log's parser has anything to remember.
audit_state() { if [[ $1 == audit && -r $OFFSETS/firewall ]]; then echo "$OFFSETS/firewall"; else echo /dev/null; fi; }

# Payloads of at most 1,000 events; the newest of them, if there are too many.
firewall_bodies() { # file of events, a line each
  local all; all=$(wc -l <"$1")
  tail -n "$FIREWALL_EVENTS" "$1" | awk -v omitted="$((all > FIREWALL_EVENTS ? all - FIREWALL_EVENTS : 0))" '
    NR % 1000 == 1 { if (NR > 1) print "]"; printf "\"events\":["; first = 1 }
    { printf "%s%s", first ? "" : ",", $0; first = 0 }
    END { if (!NR) printf "\"events\":["; print "]" (omitted > 0 ? ",\"omitted\":" omitted : "") }'
}

doctor_firewall() {
  local entry grant
  find_firewall_logs
  [[ -n $FIREWALL_PRODUCTS ]] || { check firewall 'lfd.log, fail2ban.log, ModSecurity' 2 'there is neither csf, nor fail2ban, nor ModSecurity'; return; }
  for entry in "${FIREWALL_LOGS[@]}"; do check firewall "${entry#* }" 0; done
  for entry in "${FIREWALL_HIDDEN[@]}"; do firewall_grant grant "$entry"; check firewall "$entry" 1 'it may not be read' "$grant"; done
  ((${#FIREWALL_LOGS[@]} + ${#FIREWALL_HIDDEN[@]})) || check firewall "$FIREWALL_PRODUCTS" 1 'none of its logs is there'
}

hosting_probe firewall 120 probe_firewall
