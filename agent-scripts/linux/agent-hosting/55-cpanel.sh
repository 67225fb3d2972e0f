
# ---------------------------------------------------------------- cpanel: accounts and licence, every 3600 s
#
# Most of it is root's, so root's timer counts. What neither of the two may see is null, never 0.

# Sets CPANEL, what this user can see: accounts, suspended, domains, databases, license_status, license_expires_on.
declare -A CPANEL=()
cpanel_read() {
  local user names=() n=0 owners=$HOST_ROOT/etc/trueuserdomains all=$HOST_ROOT/etc/userdomains file
  CPANEL=()
  # Both files are replaced by renaming, and empty for a moment when somebody writes them otherwise.
  [[ -s $owners && -s $all ]] || sleep 0.3
  if [[ -r $all && -s $all ]]; then
    CPANEL[domains]=$(awk -F': *' '{ d = tolower($1) } d != "" && d != "*" && d !~ /^#/ && !(d in seen) { seen[d] = 1; n++ } END { print n + 0 }' "$all")
  fi
  # A host without accounts has an empty list of them, and still a line for domains that are nobody's.
  if [[ -r $owners && ( -s $owners || -s $all ) ]]; then
    mapfile -t names < <(awk -F': *' 'NF > 1 && $1 !~ /^#/ && !($2 in seen) { seen[$2] = 1; print $2 }' "$owners")
    CPANEL[accounts]=${#names[@]}
    if [[ -x $HOST_ROOT/var/cpanel ]]; then
      file=$HOST_ROOT/var/cpanel/suspended
      if [[ ! -e $file || -x $file ]]; then
        for user in "${names[@]}"; do [[ -n $user && -e $file/$user ]] && n=$((n + 1)); done
        CPANEL[suspended]=$n
      fi
    fi
  fi
  file=$HOST_ROOT/var/cpanel/databases/dbindex.db.json
  if [[ -r $file ]]; then
    # {"MYSQL":{"database":"account",...},"PGSQL":{...}}
    CPANEL[databases]=$(awk '{ n += gsub(/"[^"]*"[ \t]*:[ \t]*"[^"]*"/, "") } END { print n + 0 }' "$file")
  elif [[ -r $HOST_ROOT/etc/dbowners && -s $HOST_ROOT/etc/dbowners ]]; then
    CPANEL[databases]=$(awk -F': *' 'NF > 1 && $1 !~ /^#/ { n++ } END { print n + 0 }' "$HOST_ROOT/etc/dbowners")
  fi
  cpanel_license
}

# cPanel's own test is whether its licence file has a content; what kind of licence it is, a link tells whose target
# is a number, in a folder of root's.
cpanel_license() {
  local lisc=$HOST_ROOT/usr/local/cpanel/cpanel.lisc link=$HOST_ROOT/var/cpanel/license_state/state
  local state='' now expires=''
  [[ -x ${lisc%/*} ]] || return 0
  if [[ ! -e $lisc ]]; then CPANEL[license_status]=missing; return 0; fi
  if [[ ! -s $lisc || -e $HOST_ROOT/var/cpanel/expired ]]; then CPANEL[license_status]=expired; return 0; fi
  # The state is worked out from the licence: one that is older than the file speaks of another.
  if [[ -L $link ]] && (($(stat -c %Y -- "$link") >= $(stat -c %Y -- "$lisc"))); then state=$(readlink -- "$link"); fi
  case $state in
    1|2) CPANEL[license_status]=trial ;;
    4|32) CPANEL[license_status]=active ;;
    8) CPANEL[license_status]=expired ;;
    16) CPANEL[license_status]=inactive ;;
    0) CPANEL[license_status]=missing ;;
    256) CPANEL[license_status]=unknown ;;
    *) CPANEL[license_status]=active; [[ -e $HOST_ROOT/var/cpanel/trial ]] && CPANEL[license_status]=trial ;;
  esac
  # Text at its head, "name: value"; the rest is a signature.
  [[ -r $lisc ]] || return 0
  now_s now
  expires=$(head -c 1024 -- "$lisc" | tr -d '\000' | awk -v now="$now" "$AWK_TIME"'
    $1 == "license_expire_time:" && $2 ~ /^[0-9]+$/ && $2 + 0 > 1000000000 { at = $2 + 0 }
    $1 == "license_expire_gmt_date:" && $2 ~ /^[0-9][0-9][0-9][0-9][-\/]?[0-9][0-9][-\/]?[0-9][0-9]$/ { day = $2; gsub(/[-\/]/, "", day) }
    END {
      if (at) day = substr(iso(at), 1, 10); else if (day != "") day = substr(day, 1, 4) "-" substr(day, 5, 2) "-" substr(day, 7, 2)
      if (day != "") print day (day < substr(iso(now), 1, 10) ? " over" : "")
    }')
  [[ -n $expires ]] || return 0
  CPANEL[license_expires_on]=${expires%% *}
  [[ $expires == *over ]] && CPANEL[license_status]=expired
  return 0
}

# Mailboxes stand in files below the accounts' homes. Each is read with the account's own rights: what an account lays
# there, it could have read itself. Prints nothing unless all of them were counted in the time there is.
cpanel_mailboxes() {
  local name uid gid home n total=0 files accounts began=$SECONDS
  mapfile -t accounts < <(awk -F': *' 'NF > 1 && !($2 in seen) { seen[$2] = 1; print $2 }' "$HOST_ROOT/etc/trueuserdomains" 2>/dev/null)
  ((${#accounts[@]})) || { [[ -s $HOST_ROOT/etc/userdomains ]] && echo 0; return 0; }
  while IFS=: read -r name _ uid gid _ home _; do
    files=("$HOST_ROOT$home"/etc/*/passwd)
    [[ -e ${files[0]} && $uid -gt 0 && $gid -gt 0 ]] || continue
    ((SECONDS - began < 7)) || return 0
    # shellcheck disable=SC2016
    n=$(timeout 2 setpriv --reuid "$uid" --regid "$gid" --clear-groups -- \
      awk 'FNR == 1 && FILENAME == last { exit } /:/ { n++ } n > 100000 { exit } END { print n + 0 }' "${files[@]}" 2>/dev/null)
    # An account that hides its own mailboxes has none that count.
    [[ $n =~ ^[0-9]+$ ]] && total=$((total + n))
  done < <(getent passwd "${accounts[@]}")
  echo "$total"
}

# For root's timer: "name value" lines.
count_cpanel() {
  local key mailboxes
  [[ -d $HOST_ROOT/usr/local/cpanel ]] || return 0
  cpanel_read
  for key in "${!CPANEL[@]}"; do printf '%s %s\n' "$key" "${CPANEL[$key]}"; done
  mailboxes=$(cpanel_mailboxes)
  if [[ -n $mailboxes ]]; then printf 'email_accounts %s\n' "$mailboxes"; fi
}
hosting_counts cpanel count_cpanel 3600

# Sets CPANEL from what this user sees and what root counted. Returns 1 when there is no cPanel, and says so.
cpanel_collect() {
  local key value
  if [[ ! -d $HOST_ROOT/usr/local/cpanel ]]; then unreadable not_installed 'no cPanel here'; return 1; fi
  cpanel_read
  # Root sees what this user sees, and more.
  if counts_of cpanel 10800 'accounts and licence of cPanel'; then
    while read -r key value; do
      case $key in
        accounts|suspended|domains|databases|email_accounts) [[ $value =~ ^[0-9]{1,9}$ ]] && CPANEL[$key]=$value ;;
        license_status) [[ $value =~ ^[a-z]+$ ]] && CPANEL[$key]=$value ;;
        license_expires_on) [[ $value =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}$ ]] && CPANEL[$key]=$value ;;
      esac
    done <"$COUNTS_FILE"
  fi
  BODY=''
}

probe_cpanel() {
  local version='' active=null expires=null unseen
  cpanel_collect || return
  if ! { read -r version <"$HOST_ROOT/usr/local/cpanel/version"; } 2>/dev/null && [[ -z $version ]]; then
    unreadable no_permission 'cannot read /usr/local/cpanel/version: chmod 0644 /usr/local/cpanel/version'; return
  fi
  json_string version "$version"
  [[ -n ${CPANEL[accounts]:-} && -n ${CPANEL[suspended]:-} ]] && active=$((CPANEL[accounts] - CPANEL[suspended]))
  [[ -n ${CPANEL[license_expires_on]:-} ]] && expires="\"${CPANEL[license_expires_on]}\""
  BODY="\"version\":$version,\"accounts_active\":$active,\"accounts_suspended\":${CPANEL[suspended]:-null}"
  BODY+=",\"email_accounts\":${CPANEL[email_accounts]:-null},\"databases\":${CPANEL[databases]:-null}"
  BODY+=",\"domains\":${CPANEL[domains]:-null},\"license_status\":\"${CPANEL[license_status]:-unknown}\""
  BODY+=",\"license_expires_on\":$expires"
  unseen=$(cpanel_unseen)
  [[ -z $unseen ]] || BODY+=",\"hint\":\"seen by root alone:$unseen; see agent.sh doctor\""
}
# What of it nobody has counted.
cpanel_unseen() {
  local key unseen=''
  for key in accounts suspended email_accounts domains databases license_status; do
    [[ -n ${CPANEL[$key]:-} ]] || unseen+=" ${key//_/ },"
  done
  echo "${unseen%,}"
}
hosting_probe cpanel 3600 probe_cpanel

doctor_cpanel() {
  local unseen source='/etc/{true,}userdomains, /var/cpanel, cpanel.lisc'
  if ! cpanel_collect; then check cpanel "$source" 2 'no cPanel here'; return; fi
  unseen=$(cpanel_unseen)
  [[ -z $unseen ]]
  check cpanel "$source" $? "these are seen by root alone:$unseen" "$COUNTS_GRANT"
}
