#!/usr/bin/env bash
# The dashboard in a real browser: against the real `noc`, with a real agent, mail server and service.
set -euo pipefail
cd "$(dirname "$0")/.."
export NOC_BIN=${NOC_BIN:-$PWD/target/ci/noc}
[[ $(id -u) -eq 0 ]] || { echo 'tests/browser.sh installs an agent and stops a service: it needs root' >&2; exit 1; }
cd frontend
exec node --test --test-concurrency=1 --test-reporter=spec e2e/real/*.test.mjs
