#!/usr/bin/env bash
# The parts of a large installation, on this machine: MariaDB from Debian, Kafka (KRaft) and QuestDB from Maven.
# Everything lives below .stack/ on private ports of 127.0.0.1; nothing of the system is touched.
#
#   tests/stack/stack.sh up              start what does not run; STACK=cluster: three brokers, a MariaDB replica;
#                                        STACK=tls: brokers that also listen for TLS, with and without a password
#   tests/stack/stack.sh down            stop it; data stay
#   tests/stack/stack.sh wipe            stop it and forget the data
#   tests/stack/stack.sh status          what runs
#   tests/stack/stack.sh env             the addresses, as lines for a shell
#   tests/stack/stack.sh jars            fetch Kafka and QuestDB, start nothing
#   tests/stack/stack.sh start|stop|kill|pause|resume PART    one part: kafka-1, questdb, mariadb, mariadb-replica ...
#   tests/stack/stack.sh port|pid|forget PART                 where it listens, its process, kill it and its data
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
here=$root/tests/stack
stack=${STACK_DIR:-$root/.stack}
# questdb = base, kafka = base + 90 + n, controllers = base + 190 + n, mariadb = base + 306, its replica = base + 307,
# kafka with TLS and a password = base + 290 + n, with TLS alone = base + 390 + n
base=${STACK_PORT:-29000}
wait_s=${STACK_WAIT_S:-90}

cluster() { [[ ${STACK:-} == cluster || -e $stack/cluster ]]; }
tls() { [[ ${STACK:-} == tls || -d $stack/tls ]]; }
brokers() { if cluster; then echo 1 2 3; else echo 1; fi; }
parts() {
  local n
  for n in $(brokers); do echo "kafka-$n"; done
  printf '%s\n' questdb mariadb
  if cluster; then echo mariadb-replica; fi
}

port() { # part
  case $1 in
    kafka-*) echo $((base + 90 + ${1#kafka-})) ;;
    questdb) echo "$base" ;;
    mariadb) echo $((base + 306)) ;;
    mariadb-replica) echo $((base + 307)) ;;
    *) echo "stack: no part $1" >&2; exit 64 ;;
  esac
}

# A part runs when the process of its pid file is the one we started: every command line names its folder.
pid() { # part
  local pid
  pid=$(cat "$stack/$1/pid" 2>/dev/null) || return 1
  { tr "\0" " " <"/proc/$pid/cmdline"; } 2>/dev/null | grep -qF "$stack/$1/" || return 1
  [[ $(cut -d' ' -f3 <"/proc/$pid/stat") != Z ]] || return 1
  echo "$pid"
}

answers() { # part
  case $1 in
    kafka-*) (exec 3<>"/dev/tcp/127.0.0.1/$(port "$1")") 2>/dev/null ;;
    questdb) curl -fsS -m 2 -o /dev/null "http://127.0.0.1:$(port questdb)/exec?query=select%201" 2>/dev/null ;;
    mariadb*) mariadb-admin --no-defaults --connect-timeout=2 -uroot -h127.0.0.1 -P"$(port "$1")" ping >/dev/null 2>&1 ;;
  esac
}

await() { # part
  local i
  for ((i = 0; i < wait_s * 5; i++)); do
    answers "$1" && return 0
    # Just begun, it may not be its program yet.
    pid "$1" >/dev/null || { sleep 1; pid "$1" >/dev/null; } || { echo "stack: $1 ended; see $stack/$1/log" >&2; tail -n 20 "$stack/$1/log" >&2; return 1; }
    sleep 0.2
  done
  echo "stack: $1 does not answer after $wait_s s; see $stack/$1/log" >&2
  return 1
}

launch() { # part, command...
  local part=$1; shift
  setsid nohup "$@" >>"$stack/$part/log" 2>&1 </dev/null &
  echo $! >"$stack/$part/pid"
}

jars() {
  if ! command -v mvn >/dev/null || ! command -v java >/dev/null; then
    echo 'stack: needs a JDK (17 or newer) and Maven: apt-get install default-jdk-headless maven' >&2
    exit 1
  fi
  [[ $stack/lib/.complete -nt $here/pom.xml ]] && return 0
  rm -rf "${stack:?}/lib"
  mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$stack/lib" -DincludeScope=runtime
  touch "$stack/lib/.complete"
}

# An authority of our own, and a certificate of it for 127.0.0.1. Made once, for as long as the data stay.
certificates() {
  local dir=$stack/tls
  [[ ! -e $dir/broker.pem ]] || return 0
  mkdir -p "$dir"
  {
    openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj '/CN=authority of the tests' \
      -keyout "$dir/ca.key" -out "$dir/ca.pem"
    openssl req -newkey rsa:2048 -nodes -subj '/CN=broker of the tests' -keyout "$dir/broker.key" -out "$dir/broker.csr"
    openssl x509 -req -in "$dir/broker.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" -CAcreateserial -days 3650 \
      -extfile <(echo 'subjectAltName=IP:127.0.0.1,DNS:localhost') -out "$dir/broker.crt"
    # Somebody else's authority, who signed nothing here.
    openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj '/CN=somebody else' \
      -keyout "$dir/other.key" -out "$dir/other.pem"
  } >"$dir/log" 2>&1 || { cat "$dir/log" >&2; return 1; }
  cat "$dir/broker.key" "$dir/broker.crt" >"$dir/broker.pem"
}

kafka_tls_properties() { # n
  cat <<PROPERTIES
listener.name.login.sasl.enabled.mechanisms=SCRAM-SHA-512,SCRAM-SHA-256,PLAIN
listener.name.login.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.login.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.login.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_noc="noc";
PROPERTIES
  local listener
  for listener in login encrypted; do
    echo "listener.name.$listener.ssl.keystore.type=PEM"
    echo "listener.name.$listener.ssl.keystore.location=$stack/tls/broker.pem"
  done
}

# The account `noc`, with a password for each kind of SCRAM; a request may hold one of them.
kafka_login() {
  local mechanism
  for mechanism in SCRAM-SHA-256 SCRAM-SHA-512; do
    java "${java_options[@]}" -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$stack/lib/*" \
      kafka.admin.ConfigCommand --bootstrap-server "127.0.0.1:$(port kafka-1)" --alter --entity-type users \
      --entity-name noc --add-config "$mechanism=[password=noc]" >>"$stack/tls/log" 2>&1 ||
      { tail -n 20 "$stack/tls/log" >&2; return 1; }
  done
}

kafka_properties() { # n
  local n voters=() m replicas=1 insync=1 more='' protocols=''
  n=$1
  for m in $(brokers); do voters+=("$m@127.0.0.1:$((base + 190 + m))"); done
  if cluster; then replicas=3 insync=2; fi
  if tls; then
    more=",LOGIN://127.0.0.1:$((base + 290 + n)),ENCRYPTED://127.0.0.1:$((base + 390 + n))"
    protocols=,LOGIN:SASL_SSL,ENCRYPTED:SSL
    kafka_tls_properties "$n"
  fi
  cat <<PROPERTIES
process.roles=broker,controller
node.id=$n
controller.quorum.voters=$(IFS=,; echo "${voters[*]}")
listeners=PLAINTEXT://127.0.0.1:$((base + 90 + n)),CONTROLLER://127.0.0.1:$((base + 190 + n))$more
advertised.listeners=PLAINTEXT://127.0.0.1:$((base + 90 + n))$more
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT$protocols
log.dirs=$stack/kafka-$n/data
auto.create.topics.enable=false
default.replication.factor=$replicas
min.insync.replicas=$insync
offsets.topic.replication.factor=$replicas
transaction.state.log.replication.factor=$replicas
transaction.state.log.min.isr=$insync
share.coordinator.state.topic.replication.factor=$replicas
share.coordinator.state.topic.min.isr=$insync
offsets.topic.num.partitions=4
group.initial.rebalance.delay.ms=0
num.network.threads=2
num.io.threads=4
log.cleaner.dedupe.buffer.size=16777216
log.cleaner.backoff.ms=5000
PROPERTIES
}

java_options=(-XX:+UseSerialGC -Xms96m -XX:TieredStopAtLevel=1)

start_kafka() { # n
  local part=kafka-$1 class=(java "${java_options[@]}" -Xmx512m -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$stack/lib/*")
  mkdir -p "$stack/$part"
  kafka_properties "$1" >"$stack/$part/server.properties"
  "${class[@]}" kafka.tools.StorageTool format --ignore-formatted -t bm9jLXN0YWNrLXRlc3RzLQ \
    -c "$stack/$part/server.properties" >>"$stack/$part/log" 2>&1
  launch "$part" "${class[@]}" kafka.Kafka "$stack/$part/server.properties"
}

start_questdb() {
  mkdir -p "$stack/questdb/conf"
  cat >"$stack/questdb/conf/server.conf" <<CONF
http.bind.to=127.0.0.1:$(port questdb)
http.min.enabled=false
# Many nodes at once, each with a connection a table.
http.net.connection.limit=4096
pg.enabled=false
line.tcp.enabled=false
line.udp.enabled=false
telemetry.enabled=false
shared.worker.count=2
CONF
  launch questdb java "${java_options[@]}" -Xmx1g -cp "$stack/lib/*" io.questdb.ServerMain -d "$stack/questdb/"
}

sql() { mariadb --no-defaults -uroot -h127.0.0.1 -P"$(port "$1")" -N -e "$2"; } # part, statement

# A replica begins with what the primary has now. Whatever it does to itself stays out of its own log, so that the
# primary's numbers fit.
replicate() {
  local databases
  await mariadb
  databases=$(sql mariadb "SHOW DATABASES LIKE 'noc%'")
  # shellcheck disable=SC2086 # names of databases, one a word
  mariadb-dump --no-defaults -uroot -h127.0.0.1 -P"$(port mariadb)" --single-transaction --gtid --master-data=1 \
    --databases $databases |
    mariadb --no-defaults -uroot -h127.0.0.1 -P"$(port mariadb-replica)" --init-command='SET sql_log_bin = 0'
  sql mariadb-replica "SET sql_log_bin = 0; CREATE USER noc@'127.0.0.1' IDENTIFIED BY 'noc';
    GRANT ALL ON \`noc%\`.* TO noc@'127.0.0.1';
    CHANGE MASTER TO master_host='127.0.0.1', master_port=$(port mariadb), master_user='replica',
    master_password='replica', master_connect_retry=1, master_use_gtid=slave_pos; START SLAVE;"
}

start_mariadb() { # part, server id, options...
  local part=$1 id=$2 fresh=0; shift 2
  mkdir -p "$stack/$part"
  if [[ ! -d $stack/$part/data/mysql ]]; then
    fresh=1
    rm -rf "$stack/$part/data"
    mariadb-install-db --no-defaults --datadir="$stack/$part/data" --auth-root-authentication-method=normal \
      --skip-test-db --user="$(id -un)" >>"$stack/$part/log" 2>&1
  fi
  launch "$part" mariadbd --no-defaults --user="$(id -un)" --datadir="$stack/$part/data" --bind-address=127.0.0.1 \
    --port="$(port "$part")" --socket="$stack/$part/sock" --pid-file="$stack/$part/mariadbd.pid" \
    --server-id="$id" --log-bin=binlog --binlog-format=ROW --sync-binlog=1 --expire-logs-days=1 \
    --innodb-flush-log-at-trx-commit=1 --innodb-buffer-pool-size=256M --max-connections=500 --max-prepared-stmt-count=250000 \
    --character-set-server=utf8mb4 --collation-server=utf8mb4_bin --skip-name-resolve "$@"
  if ((fresh)); then
    await "$part"
    if [[ $part == mariadb ]]; then
      # As in production: everything in its databases, nothing beyond (no SUPER, so read_only holds for it).
      sql mariadb "CREATE USER noc@'127.0.0.1' IDENTIFIED BY 'noc'; GRANT ALL ON \`noc%\`.* TO noc@'127.0.0.1';
        CREATE DATABASE noc CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
        CREATE USER replica@'127.0.0.1' IDENTIFIED BY 'replica'; GRANT REPLICATION SLAVE ON *.* TO replica@'127.0.0.1';"
    else
      replicate
    fi
  fi
}

start() { # part
  pid "$1" >/dev/null && return 0
  case $1 in
    kafka-*) start_kafka "${1#kafka-}" ;;
    questdb) start_questdb ;;
    mariadb) start_mariadb mariadb 1 ;;
    mariadb-replica) start_mariadb mariadb-replica 2 --read-only=1 ;;
    *) port "$1" ;;
  esac
}

# Its threads stop one after another: until the last has, it may still answer.
pause() { # process
  local i
  kill -STOP "$1"
  for ((i = 0; i < 500; i++)); do
    grep -hs '^State:' "/proc/$1"/task/*/status | grep -qv 'T (stopped)' || return 0
    sleep 0.01
  done
  echo "stack: process $1 did not stop in 5 s" >&2
  return 1
}

stop() { # part, signal
  local id i
  id=$(pid "$1") || return 0
  kill "-${2:-TERM}" "$id" 2>/dev/null || return 0
  kill -CONT "$id" 2>/dev/null || true
  for ((i = 0; i < 300; i++)); do
    pid "$1" >/dev/null || return 0
    sleep 0.1
  done
  echo "stack: $1 did not end in 30 s, killing it" >&2
  kill -KILL "$id" 2>/dev/null || true
}

case ${1:-} in
  up)
    mkdir -p "$stack"
    if [[ ${STACK:-} == cluster ]]; then touch "$stack/cluster"; fi
    if tls; then certificates; fi
    jars
    for part in $(parts); do start "$part"; done
    for part in $(parts); do await "$part"; done
    if tls; then kafka_login; fi
    "$0" env
    ;;
  down | wipe)
    # A replica may run without a cluster: a test starts one.
    for part in mariadb-replica $(parts | tac); do stop "$part"; done
    if [[ $1 == wipe ]]; then rm -rf "$stack"/{kafka-*,questdb,mariadb,mariadb-replica,cluster,tls}; fi
    ;;
  status)
    for part in $(parts); do
      if id=$(pid "$part"); then echo "$part runs as $id on port $(port "$part")"; else echo "$part does not run"; fi
    done
    ;;
  env)
    plain=(); login=()
    for n in $(brokers); do
      plain+=("127.0.0.1:$(port "kafka-$n")")
      login+=("127.0.0.1:$((base + 290 + n))")
    done
    if tls; then
      echo "export NOC_KAFKA_BROKERS=$(IFS=,; echo "${login[*]}")"
      echo "export NOC_KAFKA_TLS=true NOC_KAFKA_TLS_CA_FILE=$stack/tls/ca.pem"
      echo "export NOC_KAFKA_SASL_MECHANISM=scram-sha-512 NOC_KAFKA_SASL_USERNAME=noc NOC_KAFKA_SASL_PASSWORD=noc"
    else
      echo "export NOC_KAFKA_BROKERS=$(IFS=,; echo "${plain[*]}")"
    fi
    echo "export NOC_QUESTDB_URL=http://127.0.0.1:$(port questdb)"
    echo "export NOC_DATABASE_URL=mysql://noc:noc@127.0.0.1:$(port mariadb)/noc"
    if cluster; then echo "export NOC_DATABASE_READ_URL=mysql://noc:noc@127.0.0.1:$(port mariadb-replica)/noc"; fi
    ;;
  jars) mkdir -p "$stack"; jars ;;
  start) start "${2:?which part}"; await "$2" ;;
  stop) stop "${2:?which part}" ;;
  kill) stop "${2:?which part}" KILL ;;
  pause) pause "$(pid "${2:?which part}")" ;;
  resume) kill -CONT "$(pid "${2:?which part}")" ;;
  port) port "${2:?which part}" ;;
  pid) pid "${2:?which part}" ;;
  forget)
    port "${2:?which part}" >/dev/null
    stop "$2" KILL
    rm -rf "${stack:?}/$2"
    ;;
  *) sed -n '2,14s/^# \{0,1\}//p' "$0"; exit 64 ;;
esac
