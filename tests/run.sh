#!/usr/bin/env bash
# Runs the project's checks in stages, and says how long each took.
#
#   tests/run.sh check    format, lints, unit tests, embedded parts, frontend
#   tests/run.sh test     all of that, and the whole system: real programs, real browser
#   tests/run.sh real     the whole system on Kafka, QuestDB and MariaDB, with faults in all of them
#   tests/run.sh bench    the benches, on a release build
set -euo pipefail
cd "$(dirname "$0")/.."
mode=${1:?check, test, real or bench}

times=()
stage() { # name, command...
  local name=$1 began=$SECONDS; shift
  printf '\n=== %s\n' "$name"
  "$@"
  times+=("$(printf '%5.1f min  %s' "$(awk "BEGIN { print ($SECONDS - $began) / 60 }")" "$name")")
}
stack_is_ours=0
summary() {
  local code=$?
  if ((stack_is_ours)); then tests/stack/stack.sh down || true; fi
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

# Tests that break the parts which all others share: they run alone, one after another.
breaking=(faults::database faults::full_disk faults::nodes faults::parts)
others=(); for name in "${breaking[@]}"; do others+=(--skip "$name"); done

# Kafka, QuestDB and MariaDB; stopped at the end, unless they ran before.
stack_up() {
  if tests/stack/stack.sh status | grep -q 'does not run'; then stack_is_ours=1; fi
  tests/stack/stack.sh up
}

frontend_install() { (cd frontend && npm ci --no-audit --no-fund --loglevel=error); }
frontend_check() { (cd frontend && npm run check); }
frontend_build() { (cd frontend && npm run build); }
frontend_click() { (cd frontend && npm run e2e); }
rust_format() { cargo fmt --all --check; }
rust_lint() { cargo clippy --profile ci --workspace --all-targets --locked -- -D warnings; }
# The agent's scripts are looked at as they are served: put together from their parts.
shell_lint() {
  local folder name; folder=$(mktemp -d)
  for name in agent agent-hosting; do agent-scripts/compose.sh "$name" "$folder/$name.sh"; done
  shellcheck -s bash "$folder"/*.sh agent-scripts/*.sh agent-scripts/linux/*.sh deploy/*.sh tests/*.sh tests/stack/*.sh tests/agent/*.sh .ci/run
  rm -r "$folder"
}

case $mode in
  check)
    stage 'packages' apt_packages gcc g++ make shellcheck python3-aiosmtpd openssl
    stage 'frontend: packages' frontend_install
    stage 'frontend: types, lint, unit tests' frontend_check
    stage 'frontend: build' frontend_build
    stage 'rust: format' rust_format
    stage 'rust: lint' rust_lint
    stage 'shell: lint' shell_lint
    stage 'rust: unit tests' cargo test --profile ci --workspace --lib --bins --locked
    ;;
  test)
    stage 'packages' apt_packages gcc g++ make shellcheck python3-aiosmtpd openssl chromium nginx-light exim4-daemon-light procps mariadb-server curl \
      gawk mawk busybox original-awk cron rsyslog systemd libfaketime iproute2 acl
    stage 'frontend: packages' frontend_install
    stage 'frontend: types, lint, unit tests' frontend_check
    stage 'frontend: build' frontend_build
    stage 'rust: format' rust_format
    stage 'rust: lint' rust_lint
    stage 'shell: lint' shell_lint
    stage 'rust: build' cargo build --profile ci --workspace --all-targets --locked
    stage 'rust: unit tests' cargo test --profile ci --workspace --lib --bins --locked
    stage 'rust: documentation examples' cargo test --profile ci --workspace --doc --locked
    stage 'stack: Kafka, QuestDB, MariaDB' stack_up
    stage 'whole system' cargo test --profile ci --workspace --test it --locked -- "${others[@]}"
    stage 'whole system on real parts' env NOC_TEST_PARTS=real cargo test --profile ci --workspace --test it --locked -- "${others[@]}" --skip contract_ --skip architecture --skip agent_core --skip agent_mail --skip agent_probes --test-threads=4
    stage 'faults in every part' env NOC_TEST_PARTS=real cargo test --profile ci --workspace --test it --locked -- "${breaking[@]}" --test-threads=1
    stage 'browser: every button, against the mock' frontend_click
    stage 'browser: first light, everything real' tests/browser.sh
    stage 'browser: first light on two nodes, one of them killed' env NOC_TEST_PARTS=real tests/browser.sh
    ;;
  real)
    export NOC_TEST_PARTS=real
    stage 'packages' apt_packages gcc g++ make chromium nginx-light exim4-daemon-light gawk mawk busybox original-awk procps mariadb-server curl python3-aiosmtpd
    stage 'frontend: packages' frontend_install
    stage 'frontend: build' frontend_build
    stage 'rust: build' cargo build --profile ci --workspace --all-targets --locked
    stage 'stack: Kafka, QuestDB, MariaDB' stack_up
    stage 'whole system on real parts' cargo test --profile ci --workspace --test it --locked -- "${others[@]}" --skip contract_ --skip architecture --skip agent_core --skip agent_mail --skip agent_probes --test-threads=4
    stage 'faults in every part' cargo test --profile ci --workspace --test it --locked -- "${breaking[@]}" --test-threads=1
    stage 'browser: first light on two nodes, one of them killed' tests/browser.sh
    ;;
  bench)
    stage 'release build' cargo build --release --workspace --locked
    stage 'stack: Kafka, QuestDB, MariaDB' stack_up
    stage 'benches' target/release/noc-benches
    ;;
  *) echo "tests/run.sh: check, test, real or bench" >&2; exit 64 ;;
esac
