#!/usr/bin/env bash
# Runs the project's checks in stages, and says how long each took.
#
#   tests/run.sh check    format, lints, unit tests, embedded parts, frontend
#   tests/run.sh test     all of that, and the whole system: real programs, real browser
#   tests/run.sh real     the whole system on Kafka, QuestDB and MariaDB, with faults in all of them
#   tests/run.sh kafka-tls  the Kafka contract over TLS with a password; builds OpenSSL's part into a folder of its own
#   tests/run.sh bench    the benches, on a release build
set -euo pipefail
cd "$(dirname "$0")/.."
mode=${1:?check, test, real, kafka-tls or bench}

times=()
# What the stages printed where nobody watches them, to say at the end why tests failed.
printed=$(mktemp)
failed_tests() {
  awk '/^failures:$/ || /failing tests:$/ { on = 1 } /^=== / { on = 0 } on && !/^ +([0-9]+:|at) / { print substr($0, 1, 400) }
    /^test result:/ { on = 0 }' "$printed" | head -n 200
}
stage() { # name, command...
  local name=$1 began=$SECONDS; shift
  printf '\n=== %s\n' "$name"
  if [[ -t 1 ]]; then "$@"; else "$@" > >(tee -a "$printed") 2>&1; fi
  times+=("$(printf '%5.1f min  %s' "$(awk "BEGIN { print ($SECONDS - $began) / 60 }")" "$name")")
}
# A stage that goes on beside the ones that follow, until `together` waits for it and shows what it printed. For what
# neither uses all cores nor minds that others do.
beside_pid=0
beside() { # name, command...
  beside_name=$1 beside_began=$SECONDS beside_log=$(mktemp); shift
  printf '\n=== %s: begins, and goes on beside what follows\n' "$beside_name"
  setsid "$@" >"$beside_log" 2>&1 &
  beside_pid=$!
}
together() {
  local pid=$beside_pid code=0
  wait "$pid" || code=$?
  beside_pid=0
  printf '\n=== %s: what it printed\n' "$beside_name"; tee -a "$printed" <"$beside_log"; rm "$beside_log"
  times+=("$(printf '%5.1f min  %s (beside others)' "$(awk "BEGIN { print ($SECONDS - $beside_began) / 60 }")" "$beside_name")")
  return "$code"
}
stack_is_ours=0
# What tests write lies in memory where there is room for it, the parts' data too: a disk takes its time for every commit, and
# no test cuts its power. NOC_TEST_DISK=1 leaves it on the disk.
scratch=''
in_memory() {
  local old room free
  for old in /dev/shm/noc-tests.*; do
    # A run that was killed left it.
    if [[ ! -d $old ]] || kill -0 "${old##*.}" 2>/dev/null; then continue; fi
    STACK_DIR=$old/stack tests/stack/stack.sh wipe
    rm -rf "$old"
  done
  room=$(df -k --output=avail /dev/shm 2>/dev/null | tail -n 1) || room=0
  free=$(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo)
  if [[ ${NOC_TEST_DISK:-} == 1 ]] || ((room < 6 << 20 || free < 10 << 20)); then return; fi
  scratch=/dev/shm/noc-tests.$$
  mkdir -p "$scratch/tmp"
  # Tests write programs and start them.
  printf '#!/bin/sh\n' >"$scratch/starts"; chmod +x "$scratch/starts"
  if ! "$scratch/starts" 2>/dev/null; then rm -rf "$scratch"; scratch=''; return; fi
  export TMPDIR=$scratch/tmp
}
summary() {
  local code=$?
  if ((beside_pid)); then kill -- "-$beside_pid" 2>/dev/null || true; tee -a "$printed" <"$beside_log"; fi
  if ((stack_is_ours)); then tests/stack/stack.sh down || true; fi
  if [[ $scratch ]]; then
    if ((code)) && [[ -d $scratch/stack ]]; then (cd "$scratch/stack" && cp --parents -t "$OLDPWD/.stack" ./*/log) || true; fi
    rm -rf "$scratch"
  fi
  if ((code)); then sleep 1; printf '\n=== what failed\n'; failed_tests || true; fi
  rm -f "$printed"
  printf '\n=== time per stage\n'; printf '%s\n' "${times[@]}"
  printf '%5.1f min  in all\n' "$(awk "BEGIN { print $SECONDS / 60 }")"
  exit "$code"
}
trap summary EXIT

# Installs what is missing from Debian; as root, or through sudo.
apt_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  local as_root=(); [[ $(id -u) -eq 0 ]] || as_root=(sudo)
  echo "installing ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Tests that break the parts which all others share: they run one after another, and mostly wait. What the agents do on their
# host needs no part, and much of the processors: it runs beside those, in the time that they leave.
breaking=(faults::database faults::full_disk faults::nodes faults::parts faults::replica)
on_host=(agent_core agent_mail agent_probes)
others=(); for name in "${breaking[@]}" "${on_host[@]}"; do others+=(--skip "$name"); done
# What is not run once more on embedded parts: the stores' contracts, which need the servers, and nodes that share them.
embedded=("${others[@]}" --skip contract_ --skip two_nodes --skip architecture)

# Stories in a browser that need the host for themselves, and those that mostly wait and go on beside each other.
stories=(first-light hosting mail-abuse)
patient_stories=(on-call quiet rack-down many-fail)

# Kafka, QuestDB and MariaDB; stopped at the end, unless they ran before.
stack_up() {
  local status; status=$(tests/stack/stack.sh status) || true
  if [[ $status == *'does not run'* ]]; then stack_is_ours=1; fi
  if [[ $scratch && -z ${STACK_DIR:-} && $status != *'runs as'* ]]; then
    tests/stack/stack.sh jars
    export STACK_DIR=$scratch/stack
    mkdir "$STACK_DIR"
    ln -s "$PWD/.stack/lib" "$STACK_DIR/lib"
  fi
  tests/stack/stack.sh up
}

# Lints come with the build: clippy's compiler is rustc with its lints, so what it finds ends the build, and nothing is
# compiled once to be looked at and once more to be run. Set for each command alike, or cargo would build all of it anew.
if [[ $mode != bench ]]; then
  export RUSTC_WORKSPACE_WRAPPER=clippy-driver CLIPPY_ARGS=-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__
fi

# The stories of paging once more, on MariaDB with two nodes on each database.
stories_on_mariadb() {
  local url; url=$(tests/stack/stack.sh env | sed -n 's#^export NOC_DATABASE_URL=\(.*/\)noc$#\1#p')
  NOC_TEST_DATABASE_URL=$url cargo test --profile ci --workspace --lib --locked -- escalation:: incident:: maintenance:: notify:: oncall::
}

# What needs none of the servers, while those are killed and mended. The agents' hosts have a /dev/shm of their own, so that
# their tests write to the disk.
without_servers() {
  nice cargo test --profile ci --workspace --test it --locked -- "${embedded[@]}"
  nice env -u TMPDIR cargo test --profile ci --workspace --test it --locked -- "${on_host[@]}"
}

frontend_install() { (cd frontend && npm ci --no-audit --no-fund --loglevel=error); }
frontend_check() { (cd frontend && npm run check); }
frontend_build() { (cd frontend && npm run build); }
rust_format() { cargo fmt --all --check; }
# The agent's scripts are looked at as they are served: put together from their parts.
shell_lint() {
  local folder name; folder=$(mktemp -d)
  for name in agent agent-hosting; do agent-scripts/compose.sh "$name" "$folder/$name.sh"; done
  shellcheck -s bash "$folder"/*.sh agent-scripts/*.sh agent-scripts/linux/*.sh deploy/*.sh tests/*.sh tests/stack/*.sh tests/agent/*.sh .ci/run
  rm -r "$folder"
}

if [[ $mode != bench ]]; then in_memory; fi
case $mode in
  check)
    stage 'packages' apt_packages gcc g++ make shellcheck python3-aiosmtpd openssl
    stage 'frontend: packages' frontend_install
    stage 'frontend: types, lint, unit tests' frontend_check
    stage 'frontend: build' frontend_build
    stage 'rust: format' rust_format
    stage 'shell: lint' shell_lint
    stage 'rust: lint and build' cargo build --profile ci --workspace --all-targets --locked
    stage 'rust: unit tests' cargo test --profile ci --workspace --lib --bins --locked
    ;;
  test)
    stage 'packages' apt_packages gcc g++ make shellcheck python3-aiosmtpd openssl chromium nginx-light exim4-daemon-light procps mariadb-server curl \
      gawk mawk busybox original-awk cron rsyslog systemd libfaketime iproute2 acl
    stage 'frontend: packages' frontend_install
    stage 'frontend: types, lint, unit tests' frontend_check
    stage 'frontend: build' frontend_build
    # Beside the compiler, whose last crates come one by one and leave a core free.
    beside 'browser: every button, against the mock' npm --prefix frontend run e2e
    stage 'rust: format' rust_format
    stage 'shell: lint' shell_lint
    stage 'rust: lint and build' cargo build --profile ci --workspace --all-targets --locked
    stage 'rust: unit tests' cargo test --profile ci --workspace --lib --bins --locked
    stage 'rust: documentation examples' cargo test --profile ci --workspace --doc --locked
    together
    stage 'stack: Kafka, QuestDB, MariaDB' stack_up
    stage 'stories of paging on MariaDB, two nodes' stories_on_mariadb
    # These mostly wait: for silence, for windows to end.
    beside 'browser: on call, quiet times, a rack that dies' tests/browser.sh 3 "${patient_stories[@]}"
    stage 'whole system on real parts' env NOC_TEST_PARTS=real cargo test --profile ci --workspace --test it --locked -- "${others[@]}" --test-threads=4
    together
    # The faults mostly wait.
    beside 'whole system on embedded parts, agents on this host' \
      bash -c "set -euo pipefail; $(declare -p embedded on_host; declare -f without_servers); without_servers"
    stage 'faults in every part' env NOC_TEST_PARTS=real cargo test --profile ci --workspace --test it --locked -- "${breaking[@]}" --test-threads=1
    together
    stage 'browser: first light, everything real' tests/browser.sh 1 "${stories[@]}"
    stage 'browser: first light on two nodes, one of them killed' env NOC_TEST_PARTS=real tests/browser.sh 1 "${stories[@]}"
    ;;
  real)
    export NOC_TEST_PARTS=real
    stage 'packages' apt_packages gcc g++ make chromium nginx-light exim4-daemon-light gawk mawk busybox original-awk procps mariadb-server curl python3-aiosmtpd
    stage 'frontend: packages' frontend_install
    stage 'frontend: build' frontend_build
    stage 'rust: build' cargo build --profile ci --workspace --all-targets --locked
    stage 'stack: Kafka, QuestDB, MariaDB' stack_up
    stage 'whole system on real parts' cargo test --profile ci --workspace --test it --locked -- "${others[@]}" --test-threads=4
    stage 'faults in every part' cargo test --profile ci --workspace --test it --locked -- "${breaking[@]}" --test-threads=1
    stage 'browser: first light on two nodes, one of them killed' tests/browser.sh
    ;;
  kafka-tls)
    # Beside the stack that may run for everything else: its brokers know no TLS.
    export STACK=tls STACK_DIR=${STACK_DIR:-$PWD/.stack/encrypted} STACK_PORT=${STACK_PORT:-29400}
    export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target/kafka-tls}
    with_tls=(cargo test --profile ci --workspace --features noc-tests/kafka-tls --test it --locked)
    stage 'packages' apt_packages gcc g++ make libssl-dev openssl mariadb-server curl
    stage 'stack: Kafka with TLS, QuestDB, MariaDB' stack_up
    # The same addresses as the product's, for the tests; they make databases of their own.
    eval "$(tests/stack/stack.sh env | sed 's/\bNOC_/NOC_TEST_/g; s#/noc$#/#')"
    stage 'Kafka contract over TLS' "${with_tls[@]}" -- contract_kafka
    stage 'nodes over TLS' "${with_tls[@]}" -- two_nodes::partitions two_nodes::a_rule --test-threads=2
    ;;
  bench)
    stage 'release build' cargo build --release --workspace --locked
    stage 'stack: Kafka, QuestDB, MariaDB' stack_up
    stage 'benches' target/release/noc-benches
    ;;
  *) echo "tests/run.sh: check, test, real, kafka-tls or bench" >&2; exit 64 ;;
esac
