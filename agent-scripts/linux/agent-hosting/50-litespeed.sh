# ---------------------------------------------------------------- litespeed: LiteSpeed or OpenLiteSpeed, every 60 s
#
# The server writes a report of its own every few seconds, one file a worker: they are added up. A report is believed
# when it is a regular file in a folder that only the system writes to: in /tmp anybody may lay one down.

readonly LITESPEED_FOLDERS='/tmp/lshttpd /dev/shm/ols/status'
# A server that has not written for so long has stopped.
readonly LITESPEED_STOPPED_S=60
readonly LITESPEED_MAX_BYTES=16777216

# Adds up the reports. KiB/s become bytes/s; both shapes of the cache's counters are read. Says `torn` when a report
# has no end yet.
# shellcheck disable=SC2016 # awk's
readonly LITESPEED_AWK='
# The number after NAME: in this line, "" without one.
function value(name,   at, rest) {
  at = index(" " $0, " " name ": ")
  if (!at) return ""
  rest = substr($0, at + length(name) + 2)
  return match(rest, /^[0-9]+(\.[0-9]+)?/) ? substr(rest, 1, RLENGTH) : ""
}
function add(name, key,   v) { v = value(name); if (v != "") { sum[key] += v; seen[key] = 1 } }
function whole(key, factor) { return key in seen ? sprintf("%.0f", sum[key] * factor) : "null" }
FNR == 1 { if (files && !ended) torn = 1; files++; ended = 0 }
{ sub(/\r$/, "") }
/^EOF/ { ended = 1 }
/^VERSION: / && version == "" { version = substr($0, 10); sub(/^LiteSpeed Web Server\//, "", version) }
/^BPS_IN: / { add("BPS_IN", "in"); add("SSL_BPS_IN", "in"); add("BPS_OUT", "out"); add("SSL_BPS_OUT", "out") }
/^MAXCONN: / { add("MAXCONN", "max"); add("PLAINCONN", "connections"); add("SSLCONN", "connections") }
/^REQ_RATE \[\]: / {
  add("REQ_PER_SEC", "rate"); add("TOT_REQS", "requests"); add("TOTAL_STATIC_HITS", "static")
  add("TOTAL_PUB_CACHE_HITS", "public"); add("TOTAL_CACHE_HITS", "public"); add("TOTAL_PRIVATE_CACHE_HITS", "private")
  next
}
# A host is named by address and port, so its name may hold "]".
/^REQ_RATE \[/ {
  at = index($0, "]: "); if (!at) next
  host = substr($0, 11, at - 11)
  if (host != "_AdminVHost" && !(host in hosts)) { hosts[host] = 1; count++ }
}
END {
  if (torn || !ended) { print "torn"; exit }
  if (version == "") { print "strange"; exit }
  printf "%s\n\"connections\":%s,\"max_connections\":%s,\"requests_per_s\":%s", version, whole("connections", 1), whole("max", 1), \
    (("rate" in seen) ? sprintf("%.1f", sum["rate"]) : "null")
  printf ",\"bytes_in_per_s\":%s,\"bytes_out_per_s\":%s,\"requests_total\":%s,\"static_hits_total\":%s", \
    whole("in", 1024), whole("out", 1024), whole("requests", 1), whole("static", 1)
  printf ",\"public_hits_total\":%s,\"private_hits_total\":%s,\"vhosts\":%.0f\n", whole("public", 1), whole("private", 1), count
}'

# Whom a report may belong to: the system, or the user that the server runs as. Customers have ids from 1000 on.
litespeed_trusts() { # uid
  (($1 < 1000 || $1 == 65534))
}

litespeed_installed() {
  local path
  for path in /usr/local/lsws/bin/lshttpd /usr/local/lsws/bin/litespeed /usr/local/lsws/bin/openlitespeed; do
    [[ -e $HOST_ROOT$path ]] && return 0
  done
  return 1
}

# Sets LITESPEED_FILES, the reports to be read, and LITESPEED_AGE, the age of the oldest of them; or says why not.
LITESPEED_FILES=() LITESPEED_AGE=0
litespeed_files() {
  local folder file now uid mode mtime size name newest=0 oldest wrong='' barred='' listed
  local -A written=()
  LITESPEED_FILES=(); now_s now
  for folder in $LITESPEED_FOLDERS; do
    folder=$HOST_ROOT$folder listed=()
    [[ -d $folder && ! -L $folder ]] || continue
    if [[ ! -r $folder || ! -x $folder ]]; then
      # Root is not asked to open what a customer made: it could be another one by then.
      if litespeed_trusts "$(stat -c %u -- "$folder")"; then barred=$folder; else wrong=$folder; fi
      continue
    fi
    for file in "$folder"/.rtreport*; do
      [[ ${file##*/} =~ ^\.rtreport(\.[0-9]+)?$ ]] && listed+=("$file")
    done
    # The folder comes first: who may write there may swap what was looked at.
    while read -r uid mode mtime size name; do
      if [[ $name == "$folder" ]]; then
        if ! litespeed_trusts "$uid" || (((0x$mode & 0022) && !(0x$mode & 01000))); then wrong=$name; break; fi
      elif (((0x$mode & 0170000) != 0100000)) || ! litespeed_trusts "$uid" || ((size > LITESPEED_MAX_BYTES)); then
        wrong=$name
      elif [[ ! -r $name ]]; then
        barred=$name
      else
        written[$name]=$mtime; ((mtime > newest)) && newest=$mtime
      fi
    done < <(stat -c '%u %f %Y %s %n' -- "$folder" "${listed[@]}" 2>/dev/null)
  done
  # A worker that is gone leaves its last report behind.
  oldest=$newest
  for file in "${!written[@]}"; do
    ((newest - written[$file] > LITESPEED_STOPPED_S)) && continue
    LITESPEED_FILES+=("$file"); ((written[$file] < oldest)) && oldest=${written[$file]}
  done
  LITESPEED_AGE=$((now > oldest ? now - oldest : 0))
  ((${#LITESPEED_FILES[@]})) && return 0
  if ! litespeed_installed && [[ -z $barred ]]; then unreadable not_installed 'no LiteSpeed here'
  elif [[ -n $barred ]]; then unreadable no_permission "cannot read $barred: setfacl -R -m u:$USER_NAME:rX $barred"
  elif [[ -n $wrong ]]; then unreadable collector_error "$wrong belongs to a customer, is no regular file, or is far too large: not believed"
  else unreadable collector_error "no report in ${LITESPEED_FOLDERS// / or }: has LiteSpeed been started?"; fi
  return 1
}

probe_litespeed() {
  local lines version try
  for try in 1 2 3 4 5; do
    # A server that is stopped takes its reports away, one that writes a report replaces it.
    litespeed_files || return
    mapfile -t lines < <(awk "$LITESPEED_AWK" "${LITESPEED_FILES[@]}" 2>/dev/null)
    [[ ${lines[0]:-torn} == torn ]] || break
    ((try < 5)) && sleep 0.2
  done
  case ${lines[0]:-torn} in
    torn) unreadable collector_error 'the report is never whole'; return ;;
    strange) unreadable collector_error 'the report names no version'; return ;;
  esac
  json_string version "${lines[0]}"
  BODY="\"version\":$version,${lines[1]},\"report_age_s\":$LITESPEED_AGE"
}
hosting_probe litespeed 60 probe_litespeed

doctor_litespeed() {
  local source="${LITESPEED_FOLDERS// /, }: .rtreport*" hint
  BODY=''
  litespeed_files; hint=${BODY#*\"hint\":\"}; hint=${hint%\"*}
  case $BODY in
    '') check litespeed "$source" 0 ;;
    *not_installed*) check litespeed "$source" 2 'no LiteSpeed here' ;;
    *no_permission*) check litespeed "$source" 1 "${hint%%: setfacl*}" "setfacl${hint#*setfacl}" ;;
    *) check litespeed "$source" 1 "$hint" ;;
  esac
}
