# ---------------------------------------------------------------- mysql: MariaDB or MySQL, every 60 s
#
# One run of the client a report. The password lies in a file that only the agent's user reads; it is never an
# argument. Without that file the client logs in as the agent's user, which socket authentication allows.

# Where the client finds user and password.
MYSQL_CNF=${NOC_AGENT_MYSQL_CNF:-/home/$USER_NAME/.my.cnf}

readonly MYSQL_COMMON="
SHOW GLOBAL VARIABLES WHERE Variable_name IN ('version', 'version_comment', 'max_connections');
SHOW GLOBAL STATUS WHERE Variable_name IN ('Threads_connected', 'Questions', 'Slow_queries', 'Innodb_deadlocks',
  'Slaves_connected', 'Uptime');
SELECT 'current_user' AS Variable_name, CURRENT_USER() AS Value;"

# What MySQL tells otherwise than MariaDB: deadlocks, and whether replicas are connected.
readonly MYSQL_ORACLE="
SELECT 'Innodb_deadlocks' AS Variable_name, COUNT AS Value FROM information_schema.INNODB_METRICS
  WHERE NAME = 'lock_deadlocks' AND STATUS = 'enabled';
SELECT 'Slaves_connected' AS Variable_name, COUNT(*) AS Value FROM information_schema.PROCESSLIST
  WHERE COMMAND LIKE 'Binlog Dump%';"

# How a server of this version is asked, in MYSQL_SQL; MYSQL_FLAVOUR, and MYSQL_SERIES as one number, 10.11 as 1011.
# MariaDB keeps the old words and has several sources since 10.0, MySQL has the new ones since 8.0.22 and lost the old
# ones in 8.4.
MYSQL_FLAVOUR='' MYSQL_SERIES=0 MYSQL_SQL=''
mysql_way() { # version, comment
  local major=0 minor=0 patch=0
  # For the sake of replication some MariaDB called itself 5.5.5-10.1.2.
  [[ ${1#5.5.5-} =~ ^([0-9]{1,4})\.([0-9]{1,4})(\.([0-9]{1,6}))? ]] &&
    major=$((10#${BASH_REMATCH[1]})) minor=$((10#${BASH_REMATCH[2]})) patch=$((10#${BASH_REMATCH[4]:-0}))
  MYSQL_FLAVOUR=mysql MYSQL_SERIES=$((major * 100 + minor))
  if [[ $1 == *[Mm]aria[Dd][Bb]* || $2 == *[Mm]aria[Dd][Bb]* ]]; then
    MYSQL_FLAVOUR=mariadb MYSQL_SQL='SHOW ALL SLAVES STATUS;'
    if ((major < 10)); then MYSQL_SQL='SHOW SLAVE STATUS;'; fi
    return
  fi
  [[ $2 == *Percona* ]] && MYSQL_FLAVOUR=percona
  MYSQL_SQL="$MYSQL_ORACLE SHOW SLAVE STATUS;"
  if ((MYSQL_SERIES > 800 || (MYSQL_SERIES == 800 && patch >= 22))); then MYSQL_SQL="$MYSQL_ORACLE SHOW REPLICA STATUS;"; fi
}

# Sets MYSQL_CLIENT, or says why there is nothing to ask.
MYSQL_CLIENT=()
mysql_client() {
  local program server path
  MYSQL_CLIENT=()
  for program in mariadb mysql /usr/local/mysql/bin/mysql; do
    program=$(command -v "$program") && break
  done
  for path in /usr/sbin/mariadbd /usr/sbin/mysqld /usr/libexec/mariadbd /usr/libexec/mysqld /usr/local/mysql/bin/mysqld; do
    [[ -e $HOST_ROOT$path ]] && server=$path
  done
  if [[ -z $program ]]; then
    if [[ -n $server ]]; then unreadable collector_error 'there is a MySQL server, but no mysql or mariadb client to ask it with'
    else unreadable not_installed 'no MySQL or MariaDB here'; fi
    return 1
  fi
  if [[ -e $MYSQL_CNF ]]; then
    if [[ ! -r $MYSQL_CNF ]]; then
      unreadable no_permission "cannot read $MYSQL_CNF: see agent.sh doctor"; return 1
    fi
    # The extra file comes after the host's own, which know where the socket is.
    MYSQL_CLIENT=("$program" "--defaults-extra-file=$MYSQL_CNF")
  else
    [[ -n $server ]] || { unreadable not_installed 'no MySQL or MariaDB server here'; return 1; }
    MYSQL_CLIENT=("$program")
  fi
  MYSQL_CLIENT+=(--batch --unbuffered --force --connect-timeout=4 --default-character-set=utf8 --skip-reconnect)
}

# Asks, and reads the answers: MYSQL_STATUS is the client's, 124 or 137 when it was out of time; MYSQL_SAID all it
# printed; MYSQL_LINES the two lines of MYSQL_AWK, if there was an answer. Nothing of it needs a disk.
MYSQL_STATUS=0 MYSQL_SAID='' MYSQL_LINES=()
mysql_ask() { # seconds, statements
  MYSQL_SAID=$(printf '%s\n' "$2" | timeout -k 1 "$1" "${MYSQL_CLIENT[@]}" 2>&1); MYSQL_STATUS=$?
  mapfile -t MYSQL_LINES < <(printf '%s\n' "$MYSQL_SAID" | awk "$MYSQL_AWK" 2>/dev/null)
  ((${#MYSQL_LINES[@]} == 2))
}
mysql_hung() { ((MYSQL_STATUS == 124 || MYSQL_STATUS == 137)); }

# Takes a line of MYSQL_AWK, or the one that was kept, apart; a server that was never met has no version.
MYSQL_MOST='' MYSQL_VERSION='' MYSQL_COMMENT='' MYSQL_USER=''
mysql_server() { # line
  local rest=$1
  MYSQL_MOST=${rest%%$'\t'*} rest=${rest#*$'\t'}
  MYSQL_VERSION=${rest%%$'\t'*} rest=${rest#*$'\t'}
  MYSQL_COMMENT=${rest%%$'\t'*} MYSQL_USER=${rest#*$'\t'}
  mysql_way "$MYSQL_VERSION" "$MYSQL_COMMENT"
  [[ -n $MYSQL_VERSION ]] || MYSQL_SQL=''
}
mysql_server_before() {
  local line=''
  { IFS= read -r line <"$OFFSETS/mysql"; } 2>/dev/null
  mysql_server "$line"
}

# Reads the answers: rows of names and values, and the table of sources, if there is one. Writes two lines: what must
# be known when the server takes no more connections, and the fields of the report. A server without a version is none.
# shellcheck disable=SC2016 # awk's
readonly MYSQL_AWK='
function number(name) { return got[name] ~ /^[0-9]+$/ ? got[name] : "null" }
BEGIN { FS = "\t" }
# Refused, for want of a grant; or not the words of this server. Either way nothing is known of its replication.
/^ERROR [0-9]+ \(/ {
  if ($0 !~ /^ERROR 1227 /) failed = 1
  else if ($0 ~ /REPLICA|SLAVE|BINLOG/) denied = 1
  else blind = 1
  next
}
$1 == "Variable_name" && NF == 2 { table = 1; next }
# Columns are named as in MariaDB or as in MySQL since 8.0.22.
/(Slave|Replica)_IO_Running/ && /(Slave|Replica)_SQL_Running/ {
  table = 2; columns = NF
  for (i = 1; i <= NF; i++) {
    name = tolower($i); sub(/^replica_/, "slave_", name); sub(/_source$/, "_master", name)
    column[name] = i
  }
  next
}
table == 1 && NF == 2 { got[tolower($1)] = $2; next }
table == 2 && NF == columns {
  sources++
  if ($(column["slave_io_running"]) != "Yes") io_stopped = 1
  if ($(column["slave_sql_running"]) != "Yes") sql_stopped = 1
  behind = $(column["seconds_behind_master"])
  if (behind !~ /^[0-9]+$/) { broken = 1; next }
  behind -= $(column["sql_delay"]) + 0
  if (behind < 0) behind = 0
  if (behind > worst) worst = behind
}
END {
  if (got["version"] == "") exit 1
  printf "%s\t%s\t%s\t%s\n", number("max_connections"), got["version"], got["version_comment"], got["current_user"]
  # What was refused, or not understood, says nothing about what is there.
  role = "none"
  if (sources) role = "replica"
  else if (denied || failed) role = "unknown"
  else if (got["slaves_connected"] + 0 > 0) role = "primary"
  else if (blind) role = "unknown"
  io = sql = lag = "null"
  if (role == "replica") {
    io = io_stopped ? "false" : "true"; sql = sql_stopped ? "false" : "true"
    if (!broken) lag = sprintf("%.0f", worst)
  }
  printf "\"threads_connected\":%s,\"max_connections\":%s,\"questions_total\":%s,\"slow_queries_total\":%s", \
    number("threads_connected"), number("max_connections"), number("questions"), number("slow_queries")
  printf ",\"deadlocks_total\":%s,\"uptime_s\":%s", number("innodb_deadlocks"), number("uptime")
  printf ",\"replication\":{\"role\":\"%s\",\"io_running\":%s,\"sql_running\":%s,\"lag_s\":%s}%s\n", role, io, sql, lag, \
    denied ? " denied" : ""
}'

# The grant that lets the user see replication, as a statement.
mysql_replication_grant() { # variable
  local _right='REPLICATION CLIENT' _user=${MYSQL_USER%@*} _host=${MYSQL_USER##*@}
  [[ $MYSQL_FLAVOUR == mariadb ]] && ((MYSQL_SERIES >= 1005)) && _right='SLAVE MONITOR'
  printf -v "$1" "GRANT %s ON *.* TO '%s'@'%s';" "$_right" "${_user//\'/}" "${_host//\'/}"
}

# What the client's error means. 1040 can stand inside another one, which a failed handshake makes of it.
mysql_refused() {
  local code='' version first
  if mysql_hung; then unreadable timeout 'the server takes connections and does not answer'; return; fi
  [[ $MYSQL_SAID =~ ERROR\ ([0-9]+) ]] && code=${BASH_REMATCH[1]}
  if [[ $MYSQL_SAID == *'Too many connections'* || $MYSQL_SAID == *' 1040 '* ]]; then
    mysql_server_before
    if [[ $MYSQL_MOST =~ ^[0-9]+$ && -n $MYSQL_VERSION ]]; then
      # The server itself says that all its connections are taken; how many that are is known from before.
      json_string version "$MYSQL_VERSION"
      BODY="\"flavour\":\"$MYSQL_FLAVOUR\",\"version\":$version,\"threads_connected\":$MYSQL_MOST,\"max_connections\":$MYSQL_MOST"
      BODY+=",\"questions_total\":null,\"slow_queries_total\":null,\"deadlocks_total\":null,\"uptime_s\":null"
      BODY+=",\"replication\":{\"role\":\"unknown\",\"io_running\":null,\"sql_running\":null,\"lag_s\":null}"
      BODY+=",\"hint\":\"too many connections (error 1040): all $MYSQL_MOST are taken\""
    else
      unreadable collector_error 'too many connections (error 1040): all are taken'
    fi
    return
  fi
  case $code in
    1045|1044|1698|1524|1820|1862|3118|4151)
      if [[ -e $MYSQL_CNF ]]; then unreadable no_permission "the server refuses the user of $MYSQL_CNF (error $code): see agent.sh doctor"
      else unreadable no_permission "no $MYSQL_CNF, and the server does not know the user $(id -un) (error $code): see agent.sh doctor"; fi ;;
    1130) unreadable no_permission 'the server takes no connections from this host (error 1130)' ;;
    1203|1226) unreadable collector_error "the monitoring user has no connection left (error $code)" ;;
    2002|2003|2005) unreadable collector_error "the server does not answer (error $code): is it running?" ;;
    2006|2013)
      if [[ $MYSQL_SAID == *'system error: 110'* || $MYSQL_SAID == *'timed out'* ]]; then unreadable timeout 'the server takes connections and does not answer'
      else unreadable collector_error "the server closed the connection (error $code)"; fi ;;
    2026) unreadable collector_error 'TLS to the server fails (error 2026)' ;;
    '') first=${MYSQL_SAID%%$'\n'*}; unreadable collector_error "the mysql client failed: ${first:0:200}" ;;
    *) unreadable collector_error "the mysql client failed (error $code)" ;;
  esac
}

probe_mysql() {
  local before='' known version grant hint
  mysql_client || return
  mysql_server_before; before=$MYSQL_MOST$MYSQL_VERSION$MYSQL_COMMENT$MYSQL_USER known=$MYSQL_SQL
  mysql_ask 6 "$MYSQL_COMMON $known" || { mysql_refused; return; }
  mysql_server "${MYSQL_LINES[0]}"
  if [[ $MYSQL_SQL != "$known" ]]; then
    # A server not met before, or another version: now it is known how to ask.
    mysql_ask 3 "$MYSQL_COMMON $MYSQL_SQL" || { mysql_refused; return; }
  fi
  if [[ $MYSQL_MOST$MYSQL_VERSION$MYSQL_COMMENT$MYSQL_USER != "$before" ]]; then
    { printf '%s\n' "${MYSQL_LINES[0]}" >"$OFFSETS/mysql.next"; } 2>/dev/null
  fi
  json_string version "$MYSQL_VERSION"
  BODY="\"flavour\":\"$MYSQL_FLAVOUR\",\"version\":$version,${MYSQL_LINES[1]% denied}"
  if [[ ${MYSQL_LINES[1]} == *' denied' ]]; then
    mysql_replication_grant grant
    # Nobody's account is no place for rights.
    [[ $MYSQL_USER == @* ]] && grant='the agent has no user of its own, see agent.sh doctor'
    json_string hint "replication cannot be seen: $grant"; BODY+=",\"hint\":$hint"
  elif mysql_hung; then
    # Whoever stops replication locks its status away; the rest was answered.
    BODY=${BODY/'"role":"none"'/'"role":"unknown"'}; BODY=${BODY/'"role":"primary"'/'"role":"unknown"'}
    BODY+=',"hint":"the server did not tell about its replication in time"'
  fi
}
hosting_probe mysql 60 probe_mysql

# The command that makes the monitoring user and the file that the agent reads. The password appears in neither the
# list of processes nor a history; PROCESS lets it count deadlocks and replicas, SHOW VIEW and the rest only read.
# Root writes here, so the folder is root's first, and `install` puts a new file in the place of whatever lies there: the
# agent's user reads it, and cannot have laid a link that leads elsewhere.
mysql_user_command() { # variable
  local _rights='PROCESS, REPLICATION CLIENT, SHOW VIEW' _server _home=${MYSQL_CNF%/*}
  for _server in /usr/sbin/mariadbd /usr/libexec/mariadbd /usr/sbin/mysqld /usr/libexec/mysqld; do
    [[ -x $_server ]] || continue
    _server=$("$_server" --no-defaults --version 2>/dev/null); _server=${_server#*Ver }
    mysql_way "${_server%% *}" ''
    [[ $MYSQL_FLAVOUR == mariadb ]] && ((MYSQL_SERIES >= 1005)) && _rights+=', SLAVE MONITOR'
    break
  done
  printf -v "$1" '%s' "(umask 077; p=\$(head -c 18 /dev/urandom | base64 | tr +/ __)_1aA; printf \"CREATE USER IF NOT EXISTS \
monitor_ro@localhost IDENTIFIED BY '%s'; ALTER USER monitor_ro@localhost IDENTIFIED BY '%s'; GRANT $_rights ON *.* TO \
monitor_ro@localhost;\" \"\$p\" \"\$p\" | mysql && install -d -m 0750 -o root -g $USER_NAME $_home && printf \
'[client]\\nuser=monitor_ro\\npassword=%s\\n' \"\$p\" | install -m 0640 -o root -g $USER_NAME /dev/stdin $MYSQL_CNF)"
}

doctor_mysql() {
  local source="SHOW GLOBAL STATUS, with $MYSQL_CNF" grant command hint
  BODY=''
  if ! mysql_client; then
    case $BODY in
      *not_installed*) check mysql "$source" 2 'no MySQL or MariaDB here' ;;
      *no_permission*)
        # A link, or another name of some other file, is put aside; what it leads to is left alone.
        command="install -d -m 0750 -o root -g $USER_NAME ${MYSQL_CNF%/*} && \
find $MYSQL_CNF -maxdepth 0 -type f -links 1 -exec chown root:$USER_NAME {} + -exec chmod 0640 {} +"
        if [[ -L $MYSQL_CNF || $(stat -c %h -- "$MYSQL_CNF" 2>/dev/null) != 1 ]]; then mysql_user_command command; fi
        check mysql "$source" 1 "$MYSQL_CNF is not readable for this user" "$command" ;;
      *) check mysql "$source" 1 'there is a server, but no client' 'yum install mariadb || apt-get install mariadb-client' ;;
    esac
    return
  fi
  if ! mysql_ask 6 "$MYSQL_COMMON SHOW GRANTS;"; then
    mysql_refused; hint=${BODY#*\"hint\":\"}; hint=${hint%%\"*}
    if [[ $BODY == *no_permission* ]]; then mysql_user_command command; check mysql "$source" 1 "$hint" "$command"
    else check mysql "$source" 1 "$hint"; fi
    return
  fi
  mysql_server "${MYSQL_LINES[0]}"
  if [[ $MYSQL_USER == @* ]]; then
    mysql_user_command command
    check mysql "$source" 1 'the server lets anybody in, without a user of its own for the agent' "$command"
    return
  fi
  if [[ $MYSQL_SAID =~ (GRANT|,)\ ?(ALL\ PRIVILEGES|SUPER|PROCESS)[\ ,][^$'\n']*ON\ \*\.\* ]]; then check mysql "$source" 0
  else
    check mysql "$source" 1 "$MYSQL_USER may not count deadlocks and replicas" \
      "mysql -e \"GRANT PROCESS ON *.* TO '${MYSQL_USER%@*}'@'${MYSQL_USER##*@}'\""
  fi
  mysql_replication_grant grant
  mysql_ask 3 "$MYSQL_COMMON $MYSQL_SQL"
  [[ ${MYSQL_LINES[1]:-} != *' denied' ]]
  check mysql 'its replication' $? "$MYSQL_USER may not see it" "mysql -e \"${grant%;}\""
}
