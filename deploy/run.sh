#!/usr/bin/env bash
# Builds and starts the product on embedded stores, and lets this host's own agent report to it, unprivileged and
# without installing anything. Everything lies below ./data; when root runs this where `nobody` may not enter, the
# agent's spool and log lie in /var/tmp. Ctrl-C stops it all.
#
#   deploy/run.sh          the product and one real agent
#   deploy/run.sh --demo   a simulated fleet beside it, with trouble (data/demo-truth.jsonl says what)
set -euo pipefail
cd "$(dirname "$0")/.."
demo=0; [[ ${1:-} == --demo ]] && demo=1

profile=${RUN_PROFILE:-release}
folder=$profile; [[ $profile == dev ]] && folder=debug
bind=${NOC_BIND:-127.0.0.1:8080}
data=${NOC_DATA_DIR:-$PWD/data}
export NOC_BIND=$bind NOC_DATA_DIR=$data
address=http://$bind

# A C and a C++ compiler and make are all that the build needs beside Rust and Node.
if ! command -v cc >/dev/null || ! command -v c++ >/dev/null || ! command -v make >/dev/null; then
  as_root=(); [[ $(id -u) -eq 0 ]] || as_root=(sudo)
  echo '==> installing gcc, g++ and make'
  "${as_root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends gcc g++ libc6-dev make >/dev/null
fi

if command -v npm >/dev/null; then
  if [[ ! -d frontend/dist/assets || -n $(find frontend/src frontend/package-lock.json api/openapi.json -newer frontend/dist/index.html 2>/dev/null | head -n 1) ]]; then
    echo '==> building the dashboard'
    (cd frontend && npm ci --no-audit --no-fund --loglevel=error && npm run build >/dev/null)
  fi
else
  echo '==> no npm: the API runs, its pages say how to build the dashboard'
fi
echo "==> building noc ($profile; the first time takes some minutes)"
cargo build --profile "$profile" --locked --workspace
noc=target/$folder/noc

first=0; [[ -e $data/noc.sqlite ]] || first=1
mkdir -p "$data"
pids=()
stop() {
  trap - EXIT INT TERM
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
}
trap stop EXIT
trap 'exit 130' INT TERM

"$noc" serve &
pids+=($!)
for ((i = 0; ; i++)); do
  curl -fsS -o /dev/null "$address/readyz" 2>/dev/null && break
  kill -0 "${pids[0]}" 2>/dev/null || { echo 'noc did not start' >&2; exit 1; }
  ((i < 120)) || { echo "noc does not answer at $address" >&2; exit 1; }
  sleep 0.5
done

# This host's agent: as `nobody` when we are root, else as ourselves; its folder is its own.
state=$data/agent; conf=$state/agent.conf
if [[ ! -s $conf ]]; then
  mkdir -p "$state"
  token=$("$noc" registration-token --name "$(hostname)")
  version=$(agent-scripts/compose.sh agent | sed -n 's/^readonly .*VERSION=//p')
  answer=$(printf '{"token":"%s","hostname":"%s","os":"Linux","arch":"%s","agent_version":"%s"}' "$token" "$(hostname)" "$(uname -m)" "$version" |
    curl -fsS -H 'Content-Type: application/json' --data-binary @- "$address/api/agent/register")
  (
    umask 077
    printf 'NOC_URL=%s\nSERVER_ID=%s\nAGENT_SECRET=%s\nINTERVAL_S=%s\n' "$address" \
      "$(sed -n 's/.*"server_id" *: *\([0-9]*\).*/\1/p' <<<"$answer")" \
      "$(sed -n 's/.*"agent_secret" *: *"\([^"]*\)".*/\1/p' <<<"$answer")" "${AGENT_INTERVAL_S:-60}" >"$conf"
  )
fi
agent_files() {
  local name
  for name in agent agent-hosting; do agent-scripts/compose.sh "$name" "$home/$name.sh"; done
}
if [[ $(id -u) -eq 0 ]]; then
  as=(setpriv --reuid nobody --regid "$(id -gn nobody)" --clear-groups)
  home=$state
  "${as[@]}" test -x "$data" || home=/var/tmp/hostseba-noc-agent.$(cksum <<<"$data" | cut -d' ' -f1)
  mkdir -p "$home"
  agent_files
  [[ $home == "$state" ]] || install -m 0600 "$conf" "$home/agent.conf"
  chown -R "nobody:$(id -gn nobody)" "$home"; chmod 0700 "$home"
  agent=("${as[@]}" env NOC_AGENT_CONF="$home/agent.conf" NOC_AGENT_STATE="$home" "$home/agent.sh" run)
else
  home=$state
  agent_files
  agent=(env NOC_AGENT_CONF="$conf" NOC_AGENT_STATE="$state" "$home/agent.sh" run)
fi
"${agent[@]}" &
pids+=($!)

if ((demo)); then
  # Six hours of the past first, so that charts and baselines are not empty; trouble begins now.
  "$noc" simulate --url "$address" --servers 25 --prefix demo --identities "$data/demo-fleet.json" \
    --from "$(date -u -d '6 hours ago' +%FT%TZ)" --script demo --script-now --truth "$data/demo-truth.jsonl" &
  pids+=($!)
fi

printf '\n    HostSeba NOC runs at   %s\n' "$address"
# The documented password counts only on loopback; otherwise `noc` printed one above, or was given one.
if ((first)) && [[ $bind == 127.* && -z ${NOC_ADMIN_PASSWORD:-}${NOC_PUBLIC_URL:-}${NOC_TRUSTED_PROXIES:-} ]]; then
  printf '    first login            admin@hostseba.com / changeme-noyon   (a new password is asked for at once)\n'
fi
printf '    data                   %s\n    Ctrl-C stops it.\n\n' "$data"
wait -n "${pids[@]}"
