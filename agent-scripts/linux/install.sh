#!/usr/bin/env bash
# Installs the HostSeba NOC agent on this Linux host, or upgrades it, and enrols it. Safe to run again.
#
#   curl -fsSL @NOC_PUBLIC_URL@/install.sh | sudo bash -s -- --token-file FILE
#
# The token comes from --token-file FILE, from NOC_TOKEN in the environment, from --token TOKEN (seen by every user of
# this host while it runs: avoid), or is asked for.
#   --url URL          address of the NOC (default: where this script came from)
#   --proxy URL        reach it through this proxy        --cacert FILE   trust this CA bundle
#   --interval S       seconds between reports (60)       --no-start      install and enrol only
#   --re-enrol         enrol anew although an enrolment is there
set -euo pipefail
export LC_ALL=C
umask 027

readonly USER_NAME=hostseba-noc HOME_DIR=/opt/hostseba-noc CONF_DIR=/etc/hostseba-noc STATE_DIR=/var/log/hostseba-noc
readonly CONF=$CONF_DIR/agent.conf UNIT=hostseba-noc-agent
url='@NOC_PUBLIC_URL@' token='' token_file='' proxy='' cacert='' interval='' start=1 re_enrol=0

die() { echo "install: $*" >&2; exit 1; }
step() { echo "==> $*"; }

while (($#)); do
  case $1 in
    --token) token=${2:?--token needs a value}; shift 2
      echo 'install: --token shows the token to every user of this host; prefer --token-file' >&2 ;;
    --token-file) token_file=${2:?--token-file needs a value}; shift 2 ;;
    --url) url=${2:?--url needs a value}; url=${url%/}; shift 2 ;;
    --proxy) proxy=${2:?--proxy needs a value}; shift 2 ;;
    --cacert) cacert=${2:?--cacert needs a value}; shift 2 ;;
    --interval) interval=${2:?--interval needs a value}; shift 2 ;;
    --no-start) start=0; shift ;;
    --re-enrol) re_enrol=1; shift ;;
    -h|--help) sed -n '2,13s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) die "unknown option $1" ;;
  esac
done

# An upgrade keeps what was set before and is not set anew.
before() { if [[ -r $CONF ]]; then sed -n "s/^$1=//p" "$CONF" | head -n 1; fi; }
proxy=${proxy:-$(before PROXY)} cacert=${cacert:-$(before CACERT)} interval=${interval:-$(before INTERVAL_S)}
interval=${interval:-60}

[[ $(id -u) -eq 0 ]] || die 'must be run by root: it makes a user and a service; the agent itself runs without rights'
[[ $url =~ ^https?://[^[:space:]\"\\]+$ ]] || die "not an http(s) address: $url (use --url)"
[[ $interval =~ ^[0-9]+$ && $interval -ge 1 && $interval -le 3600 ]] || die '--interval must be 1 to 3600'
[[ -z $cacert || -r $cacert ]] || die "cannot read $cacert"
((BASH_VERSINFO[0] > 4 || (BASH_VERSINFO[0] == 4 && BASH_VERSINFO[1] >= 2))) || die 'needs bash 4.2 or newer'
for program in curl awk sed grep stat timeout flock cksum find; do
  command -v "$program" >/dev/null || die "needs $program: install it and run this again"
done

# Settings for curl go through its standard input, so nothing secret stands on a command line.
fetch() { # path, file
  curl -q -K - -o "$2" <<CURL || die "cannot fetch $url$1"
url = "$url$1"
fail
silent
show-error
location
max-time = 60
${proxy:+proxy = "$proxy"}
${cacert:+cacert = "$cacert"}
CURL
}

work=$(mktemp -d); trap 'rm -rf "$work"' EXIT

step "fetching the agent from $url"
for file in agent.sh uninstall.sh; do
  fetch "/agent/$file" "$work/$file"
  head -n 1 "$work/$file" | grep -q '^#!/usr/bin/env bash$' || die "$url/agent/$file is not the agent"
  bash -n "$work/$file" || die "$file arrived damaged"
done

step "user $USER_NAME, folders"
getent group "$USER_NAME" >/dev/null || groupadd --system "$USER_NAME"
if ! getent passwd "$USER_NAME" >/dev/null; then
  nologin=$(command -v nologin || echo /sbin/nologin)
  useradd --system --gid "$USER_NAME" --home-dir /home/hostseba-noc --no-create-home --shell "$nologin" "$USER_NAME"
fi
install -d -m 0755 -o root -g root "$HOME_DIR"
install -d -m 0750 -o root -g "$USER_NAME" "$CONF_DIR"
install -d -m 0750 -o "$USER_NAME" -g "$USER_NAME" "$STATE_DIR"
install -m 0755 -o root -g root "$work/agent.sh" "$work/uninstall.sh" "$HOME_DIR/"

# ---- enrolment: the token goes in by standard input, the secret comes out into a file of mode 0640
json_text() { # name, file
  sed -n "s/.*\"$1\"[[:space:]]*:[[:space:]]*\"\(\([^\"\\\\]\|\\\\.\)*\)\".*/\1/p" "$2" | head -n 1
}
json_number() { # name, file
  sed -n "s/.*\"$1\"[[:space:]]*:[[:space:]]*\([0-9]*\).*/\1/p" "$2" | head -n 1
}

if [[ -s $CONF && $re_enrol -eq 0 ]] && grep -q '^AGENT_SECRET=.' "$CONF"; then
  step "keeping the enrolment in $CONF (--re-enrol makes a new one)"
  server_id=$(sed -n 's/^SERVER_ID=//p' "$CONF"); secret=$(sed -n 's/^AGENT_SECRET=//p' "$CONF")
else
  if [[ -z $token && -n $token_file ]]; then [[ -r $token_file ]] || die "cannot read $token_file"; read -r token <"$token_file" || true; fi
  [[ -n $token ]] || token=${NOC_TOKEN:-}
  if [[ -z $token ]]; then
    { read -r -s -p 'Registration token: ' token </dev/tty; } 2>/dev/null || die 'no token: use --token-file FILE'
    echo
  fi
  token=${token//[[:space:]]/}
  [[ $token =~ ^noc_[A-Za-z0-9]+$ ]] || die 'that is not a registration token (noc_...)'
  host=$(hostname -f 2>/dev/null || hostname); host=${host//[^A-Za-z0-9._-]/-}
  os=$(sed -n 's/^PRETTY_NAME=//p' /etc/os-release 2>/dev/null || true); os=${os//[\"\\]/}; os=${os:-Linux}
  step "enrolling $host"
  printf '{"token":"%s","hostname":"%s","os":"%s","arch":"%s","agent_version":"%s"}' \
    "$token" "$host" "$os" "$(uname -m)" "$("$HOME_DIR/agent.sh" version)" >"$work/register.json"
  status=$(curl -q -K - --data-binary "@$work/register.json" -o "$work/answer" <<CURL
url = "$url/api/agent/register"
request = "POST"
header = "Content-Type: application/json"
silent
show-error
max-time = 30
write-out = "%{http_code}"
${proxy:+proxy = "$proxy"}
${cacert:+cacert = "$cacert"}
CURL
  ) || die "cannot reach $url"
  case $status in
    201) ;;
    401) die 'the token is wrong, used or expired: make a new one under Servers -> Add Host' ;;
    409) die "$(json_text message "$work/answer")" ;;
    *) die "enrolment refused ($status): $(head -c 400 "$work/answer")" ;;
  esac
  server_id=$(json_number server_id "$work/answer"); secret=$(json_text agent_secret "$work/answer")
  [[ $server_id =~ ^[0-9]+$ && -n $secret ]] || die 'the answer to the enrolment makes no sense'
fi

cat >"$work/agent.conf" <<CONF
# Settings of the HostSeba NOC agent. Holds its secret: keep it 0640, root and $USER_NAME only.
NOC_URL=$url
SERVER_ID=$server_id
AGENT_SECRET=$secret
INTERVAL_S=$interval
${proxy:+PROXY=$proxy}
${cacert:+CACERT=$cacert}
CONF
install -m 0640 -o root -g "$USER_NAME" "$work/agent.conf" "$CONF"

# ---- service: systemd where it runs, else cron keeps one process alive
if [[ -d /run/systemd/system ]]; then
  step "service $UNIT"
  cat >"/etc/systemd/system/$UNIT.service" <<UNIT
[Unit]
Description=HostSeba NOC agent (reads, reports, changes nothing)
After=network-online.target
Wants=network-online.target

[Service]
User=$USER_NAME
Group=$USER_NAME
ExecStart=$HOME_DIR/agent.sh run
Restart=always
RestartSec=10
TimeoutStopSec=45
KillMode=mixed
Nice=10
NoNewPrivileges=true
ProtectSystem=full
ProtectHome=read-only
PrivateTmp=false
ReadWritePaths=$STATE_DIR

[Install]
WantedBy=multi-user.target
UNIT
  systemctl daemon-reload
  systemctl enable --quiet "$UNIT"
  ((start)) && systemctl restart "$UNIT"
else
  step "no systemd: /etc/cron.d/$UNIT keeps the agent running"
  printf '# Starts the agent when it does not run; its own lock lets only one live.\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\n* * * * * %s %s/agent.sh run >/dev/null 2>&1\n' \
    "$USER_NAME" "$HOME_DIR" >"$work/cron"
  install -d -m 0755 /etc/cron.d
  install -m 0644 -o root -g root "$work/cron" "/etc/cron.d/$UNIT"
  if ((start)); then
    # The new version takes over from an old process.
    if [[ -r $STATE_DIR/run/pid ]] && read -r old <"$STATE_DIR/run/pid" && grep -qs 'agent.sh' "/proc/$old/cmdline"; then
      kill "$old" 2>/dev/null || true
      for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$old" 2>/dev/null || break; sleep 0.5; done
    fi
    setsid setpriv --reuid "$USER_NAME" --regid "$USER_NAME" --init-groups \
      "$HOME_DIR/agent.sh" run </dev/null >/dev/null 2>&1 &
  fi
fi

if ((start)); then
  step 'waiting for the first report'
  for ((i = 0; i < 60; i++)); do
    if [[ -e $STATE_DIR/run/accepted && $STATE_DIR/run/accepted -nt $CONF ]]; then
      echo "Done: $url shows this host as server $server_id. Log: $STATE_DIR/agent.log"
      exit 0
    fi
    sleep 0.5
  done
  tail -n 5 "$STATE_DIR/agent.log" 2>/dev/null >&2 || true
  die "enrolled, but no report was accepted within 30 s; try $HOME_DIR/agent.sh doctor"
fi
echo "Done: enrolled as server $server_id, not started."
