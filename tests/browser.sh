#!/usr/bin/env bash
# The dashboard in a real browser: against the real `noc`, with a real agent, mail server and service.
#
#   tests/browser.sh                       every story, one after another
#   tests/browser.sh AT_ONCE NAME...       the named ones, so many at a time
set -euo pipefail
cd "$(dirname "$0")/.."
export NOC_BIN=${NOC_BIN:-$PWD/target/ci/noc}
[[ $(id -u) -eq 0 ]] || { echo 'tests/browser.sh installs an agent and stops a service: it needs root' >&2; exit 1; }
# Among processes of its own: another exim of this host would keep the stopped one's service alive.
alone=()
if unshare --pid --fork --mount-proc true 2>/dev/null; then alone=(unshare --pid --fork --mount-proc); fi
cd frontend
at_once=${1:-1}; shift || true
stories=(e2e/real/*.test.mjs)
if (($#)); then stories=("${@/#/e2e/real/}"); stories=("${stories[@]/%/.test.mjs}"); fi
exec "${alone[@]}" node --test --test-concurrency="$at_once" --test-reporter=spec "${stories[@]}"
