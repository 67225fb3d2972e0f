#!/usr/bin/env bash
# The dashboard in a real browser: against the real `noc`, with a real agent, mail server and service.
set -euo pipefail
cd "$(dirname "$0")/.."
export NOC_BIN=${NOC_BIN:-$PWD/target/ci/noc}
[[ $(id -u) -eq 0 ]] || { echo 'tests/browser.sh installs an agent and stops a service: it needs root' >&2; exit 1; }
# Among processes of its own: another exim of this host would keep the stopped one's service alive.
alone=()
if unshare --pid --fork --mount-proc true 2>/dev/null; then alone=(unshare --pid --fork --mount-proc); fi
cd frontend
exec "${alone[@]}" node --test --test-concurrency=1 --test-reporter=spec e2e/real/*.test.mjs
