#!/usr/bin/env bash
# Installs the HostSeba NOC agent on this Linux host, or upgrades it, and enrols it. Safe to run again; an upgrade
# keeps what was set before.
#
#   curl -fsSL @NOC_PUBLIC_URL@/install.sh -o noc-install.sh && sudo bash noc-install.sh --token-file FILE
#
# The token comes from --token-file FILE (- is standard input), from NOC_TOKEN in the environment, from --token TOKEN
# (seen by every user of this host while it runs: avoid), or is asked for.
#   --key KEY          public key of the NOC: whatever is fetched must bear its signature
#   --url URL          address of the NOC (default: where this script came from)
#   --proxy URL|none   reach it through this proxy        --cacert FILE|none   trust this CA bundle
#   --interval S       seconds between reports (60)       --no-start      install and enrol only
#   --re-enrol         enrol anew although an enrolment is there
# What is asked for on a terminal, and is `no` without one:
#   --counts yes|no    a timer of root's that writes numbers which only root may read, for the agent
#   --groups yes|no    let the agent read this host's logs, through groups that allow no more than that
set -euo pipefail
export LC_ALL=C
umask 027

readonly USER_NAME=hostseba-noc HOME_DIR=/opt/hostseba-noc CONF_DIR=/etc/hostseba-noc STATE_DIR=/var/log/hostseba-noc
readonly DATA_DIR=/var/lib/hostseba-noc CONF=$CONF_DIR/agent.conf UNIT=hostseba-noc-agent COUNTS_UNIT=hostseba-noc-counts
readonly UNIT_DIR=/etc/systemd/system
url='@NOC_PUBLIC_URL@' token='' token_file='' key='' proxy='' cacert='' interval='' start=1 re_enrol=0 counts='' groups=''

die() { echo "install: $*" >&2; exit 1; }
step() { echo "==> $*"; }

yes_or_no() { [[ $2 == yes || $2 == no ]] || die "$1 takes yes or no"; }
while (($#)); do
  case $1 in
    --no-start) start=0; shift; continue ;;
    --re-enrol) re_enrol=1; shift; continue ;;
    -h|--help) sed -n '2,/^set /s/^# \{0,1\}//p' "$0"; exit 0 ;;
    --token|--token-file|--key|--url|--proxy|--cacert|--interval|--counts|--groups)
      [[ -n ${2:-} ]] || die "$1 needs a value" ;;
    *) die "unknown option $1" ;;
  esac
  case $1 in
    --token)
      token=$2
      echo 'install: --token shows the token to every user of this host; prefer --token-file' >&2 ;;
    --token-file) token_file=$2 ;;
    --key) key=$2 ;;
    --url) url=${2%/} ;;
    --proxy) proxy=$2 ;;
    --cacert) cacert=$2 ;;
    --interval) interval=$2 ;;
    --counts) yes_or_no "$1" "$2"; counts=$2 ;;
    --groups) yes_or_no "$1" "$2"; groups=$2 ;;
  esac
  shift 2
done

# ---- what it needs
before() { if [[ -r $CONF ]]; then sed -n "s/^$1=//p" "$CONF" | head -n 1; fi; }
proxy=${proxy:-$(before PROXY)} cacert=${cacert:-$(before CACERT)} key=${key:-$(before KEY)}
[[ $proxy != none ]] || proxy=''
[[ $cacert != none ]] || cacert=''
interval=${interval:-$(before INTERVAL_S)}; interval=${interval:-60}
spool_max=$(before SPOOL_MAX_BYTES)

[[ $(id -u) -eq 0 ]] || die 'must be run by root: it makes a user and a service; the agent itself runs without rights'
((BASH_VERSINFO[0] > 4 || (BASH_VERSINFO[0] == 4 && BASH_VERSINFO[1] >= 2))) || die 'needs bash 4.2 or newer'
[[ $url =~ ^https?://[^[:space:]\"\\]+$ ]] || die "not an http(s) address: $url (use --url)"
[[ $interval =~ ^[0-9]{1,4}$ ]] || die '--interval must be 1 to 3600'
((10#$interval >= 1 && 10#$interval <= 3600)) || die '--interval must be 1 to 3600'
[[ $proxy$cacert != *[[:cntrl:]\"\\]* ]] || die '--proxy and --cacert may hold no quotes'
[[ -z $cacert || $cacert == /* ]] || cacert=$PWD/$cacert
[[ -z $cacert || -r $cacert ]] || die "cannot read $cacert"
[[ -z $key || $key =~ ^[A-Za-z0-9+/]+=*$ ]] || die '--key must be base64, as the dashboard shows it'
missing=()
for program in curl awk sed grep gzip stat timeout flock cksum find getent useradd; do
  command -v "$program" >/dev/null || missing+=("$program")
done
((${#missing[@]} == 0)) || die "needs ${missing[*]}: install them and run this again"
if [[ -n $key ]] && ! command -v openssl >/dev/null; then
  die 'with --key what is fetched must be verified, and there is no openssl: install it and run this again'
fi

# A question on the terminal, where there is one.
ask() { # question, what it means...; yes is 0
  local answer=''
  { exec 3<>/dev/tty; } 2>/dev/null || return 1
  printf '\n%s\n' "$1" >&3; shift
  printf '    %s\n' "$@" >&3
  printf 'yes or no? [no] ' >&3
  read -r answer <&3 || true
  exec 3>&-
  [[ $answer == y || $answer == yes ]]
}

# ---- fetching: settings of curl go through its standard input, so nothing secret stands on a command line
curl_settings() { # url, seconds
  printf '%s\n' "url = \"$1\"" silent show-error "max-time = $2" 'connect-timeout = 15'
  if [[ $1 == https:* ]]; then printf '%s\n' 'proto-redir = "=https"'; fi
  # What the environment says about proxies would not hold for the agent's service.
  if [[ -n $proxy ]]; then printf '%s\n' "proxy = \"$proxy\""; else printf '%s\n' 'noproxy = "*"'; fi
  if [[ -n $cacert ]]; then printf '%s\n' "cacert = \"$cacert\""; fi
}
unreachable() {
  [[ -n $proxy || -z ${https_proxy:-}${HTTPS_PROXY:-}${http_proxy:-} ]] || echo 'install: the environment names a proxy; give it as --proxy' >&2
  die "$@"
}
fetch() { # path, file
  { curl_settings "$url$1" 60; printf '%s\n' fail location; } | curl -q -K - -o "$2" || unreachable "cannot fetch $url$1"
}

work=$(mktemp -d); trap 'rm -rf "$work"' EXIT

verify() { # file, fetched as path
  local file=$1
  fetch "$2.sig" "$file.sig64"
  base64 -d <"$file.sig64" >"$file.sig" 2>/dev/null || die "the signature of $2 is not base64"
  openssl dgst -sha256 -verify "$work/key.pem" -signature "$file.sig" "$file" >/dev/null 2>&1 ||
    die "$2 does not bear the signature of the key given: nothing was installed"
}

step "fetching the agent from $url"
if [[ -n $key ]]; then
  { echo '-----BEGIN PUBLIC KEY-----'; fold -w 64 <<<"$key"; echo '-----END PUBLIC KEY-----'; } >"$work/key.pem"
  openssl pkey -pubin -in "$work/key.pem" -noout 2>/dev/null || die '--key is not a public key'
fi
for file in agent.sh agent-hosting.sh uninstall.sh; do
  fetch "/agent/$file" "$work/$file"
  [[ -z $key ]] || verify "$work/$file" "/agent/$file"
  IFS= read -r first <"$work/$file" || true
  [[ $first == '#!/usr/bin/env bash' ]] || die "$url/agent/$file is not the agent"
  bash -n "$work/$file" || die "$file arrived damaged"
done
if [[ -n $key ]]; then
  step 'each bears the signature of the key given'
elif [[ $url == https:* ]]; then
  step 'not verified: no --key was given, so what was fetched is trusted as far as the TLS connection'
else
  step 'NOT VERIFIED: no --key was given, and http:// lets anybody on the way change what was fetched'
fi

# ---- user, folders, files
step "user $USER_NAME, folders"
getent group "$USER_NAME" >/dev/null || groupadd --system "$USER_NAME"
if ! getent passwd "$USER_NAME" >/dev/null; then
  nologin=$(command -v nologin || echo /sbin/nologin)
  useradd --system --gid "$USER_NAME" --home-dir /home/hostseba-noc --no-create-home --shell "$nologin" "$USER_NAME"
fi
install -d -m 0755 -o root -g root "$HOME_DIR"
install -d -m 0750 -o root -g "$USER_NAME" "$CONF_DIR"
install -d -m 0750 -o "$USER_NAME" -g "$USER_NAME" "$STATE_DIR"

# By rename: whoever runs the old one goes on with it.
place() { # mode, group, from, to
  install -m "$1" -o root -g "$2" "$3" "$4.new" && mv -f "$4.new" "$4"
}

# Becomes a command of the agent's user. Numbers, because setpriv of CentOS 7 knows no names.
become_agent() {
  if command -v setpriv >/dev/null; then
    exec setpriv --reuid "$(id -u "$USER_NAME")" --regid "$(id -g "$USER_NAME")" --init-groups -- "$@"
  fi
  exec runuser -u "$USER_NAME" -- "$@"
}

# ---- enrolment: the token goes in by standard input, the secret comes out into a file of mode 0640
json_text() { # name, file
  sed -n "s/.*\"$1\"[[:space:]]*:[[:space:]]*\"\(\([^\"\\\\]\|\\\\.\)*\)\".*/\1/p" "$2" | head -n 1
}
json_number() { # name, file
  sed -n "s/.*\"$1\"[[:space:]]*:[[:space:]]*\([0-9]*\).*/\1/p" "$2" | head -n 1
}

read_token() {
  if [[ -z $token && -n $token_file ]]; then
    if [[ $token_file == - ]]; then
      read -r token || true
    else
      [[ -r $token_file ]] || die "cannot read $token_file"
      read -r token <"$token_file" || true
    fi
  fi
  [[ -n $token ]] || token=${NOC_TOKEN:-}
  if [[ -z $token ]]; then
    { read -r -s -p 'Registration token: ' token </dev/tty; } 2>/dev/null || die 'no token: use --token-file FILE'
    echo
  fi
  token=${token//[[:space:]]/}
  [[ $token =~ ^noc_[A-Za-z0-9]+$ ]] || die 'that is not a registration token (noc_...)'
}

enrol() {
  local host os version status
  read_token
  host=$(hostname -f 2>/dev/null || hostname); host=${host//[^A-Za-z0-9._-]/-}
  os=$(sed -n 's/^PRETTY_NAME=//p' /etc/os-release 2>/dev/null || true); os=${os//[\"\\]/}; os=${os:-Linux}
  version=$(sed -n 's/^readonly .*VERSION=//p' "$work/agent.sh" | head -n 1)
  step "enrolling $host"
  printf '{"token":"%s","hostname":"%s","os":"%s","arch":"%s","agent_version":"%s"}' \
    "$token" "$host" "$os" "$(uname -m)" "$version" >"$work/register.json"
  status=$({
    curl_settings "$url/api/agent/register" 30
    printf '%s\n' 'request = "POST"' 'header = "Content-Type: application/json"' 'write-out = "%{http_code}"'
  } | curl -q -K - --data-binary "@$work/register.json" -o "$work/answer") || unreachable "cannot reach $url"
  case $status in
    201) ;;
    401) die 'the token is wrong, used or expired: make a new one under Servers -> Add Host' ;;
    409) die "$(json_text message "$work/answer")" ;;
    *) die "enrolment refused ($status): $(head -c 400 "$work/answer")" ;;
  esac
  server_id=$(json_number server_id "$work/answer") secret=$(json_text agent_secret "$work/answer")
  [[ $server_id =~ ^[0-9]+$ && -n $secret ]] || die 'the answer to the enrolment makes no sense'
}

if [[ -s $CONF && $re_enrol -eq 0 ]] && grep -q '^AGENT_SECRET=.' "$CONF"; then
  step "keeping the enrolment in $CONF (--re-enrol makes a new one)"
  server_id=$(before SERVER_ID) secret=$(before AGENT_SECRET)
else
  enrol
fi

for file in agent.sh agent-hosting.sh uninstall.sh; do place 0755 root "$work/$file" "$HOME_DIR/$file"; done
{
  echo "# Settings of the HostSeba NOC agent. Holds its secret: keep it 0640, root and $USER_NAME only."
  printf '%s\n' "NOC_URL=$url" "SERVER_ID=$server_id" "AGENT_SECRET=$secret" "INTERVAL_S=$interval"
  [[ -z $proxy ]] || echo "PROXY=$proxy"
  [[ -z $cacert ]] || echo "CACERT=$cacert"
  [[ -z $key ]] || echo "KEY=$key"
  [[ -z $spool_max ]] || echo "SPOOL_MAX_BYTES=$spool_max"
} >"$work/agent.conf"
place 0640 "$USER_NAME" "$work/agent.conf" "$CONF"

# ---- groups that allow reading logs and nothing else. Exim's own group can delete mail: never that.
log_groups=()
for group in adm systemd-journal; do
  getent group "$group" >/dev/null || continue
  [[ " $(id -Gn "$USER_NAME") " == *" $group "* ]] || log_groups+=("$group")
done
if ((${#log_groups[@]})) && [[ $groups != no ]]; then
  if [[ $groups == yes ]] || ask "Let the agent read this host's logs?" \
    "usermod -a -G $(IFS=,; echo "${log_groups[*]}") $USER_NAME" \
    'adm reads log files, systemd-journal the journal; neither may change or delete anything.'; then
    usermod -a -G "$(IFS=,; echo "${log_groups[*]}")" "$USER_NAME"
    step "$USER_NAME reads logs: $(IFS=' '; echo "${log_groups[*]}")"
  fi
fi

# ---- root's timer
write_counts_unit() {
  cat >"$work/counts.service" <<UNITS
[Unit]
Description=HostSeba NOC: numbers that only root may read, for the agent

[Service]
Type=oneshot
ExecStart=$HOME_DIR/agent-hosting.sh counts
TimeoutStartSec=180
Nice=10
IOSchedulingPriority=7
NoNewPrivileges=yes
PrivateNetwork=yes
PrivateTmp=yes
ProtectHome=read-only
# systemd before 232 knows no "strict" and keeps the line before; before 231 the paths have their old name.
ProtectSystem=full
ProtectSystem=strict
ReadWriteDirectories=$DATA_DIR
ReadWritePaths=$DATA_DIR
CapabilityBoundingSet=CAP_DAC_READ_SEARCH CAP_DAC_OVERRIDE CAP_CHOWN CAP_SETUID CAP_SETGID CAP_KILL
UNITS
  cat >"$work/counts.timer" <<UNITS
[Unit]
Description=HostSeba NOC: numbers that only root may read, every two minutes

[Timer]
OnBootSec=1min
OnUnitActiveSec=2min
AccuracySec=5s

[Install]
WantedBy=timers.target
UNITS
}

# Units and cron line are always there, for whoever grants it later; what makes them run is the link to the timer, or the
# line's place in /etc/cron.d.
write_counts_unit
printf '# Numbers that only root may read, for the agent.\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\n%s\n' \
  "*/2 * * * * root $HOME_DIR/agent-hosting.sh counts >/dev/null 2>&1" >"$work/counts.cron"
place 0644 root "$work/counts.cron" "$HOME_DIR/counts.cron"
if [[ -d /run/systemd/system ]]; then
  for kind in service timer; do place 0644 root "$work/counts.$kind" "$UNIT_DIR/$COUNTS_UNIT.$kind"; done
  systemctl daemon-reload
fi
has_counts=0
[[ ! -L $UNIT_DIR/timers.target.wants/$COUNTS_UNIT.timer && ! -e /etc/cron.d/$COUNTS_UNIT ]] || has_counts=1
if [[ $counts == no ]]; then
  if ((has_counts)); then
    step "removing root's timer"
    if [[ -d /run/systemd/system ]]; then systemctl disable --now --quiet "$COUNTS_UNIT.timer" || true; fi
    rm -rf "/etc/cron.d/$COUNTS_UNIT" "$DATA_DIR/counts"
  fi
elif [[ $counts == yes || $has_counts -eq 1 ]] || ask \
  "May root count every two minutes what the agent may not read itself (mail queue, cron tables, cPanel)?" \
  "It would run: $HOME_DIR/agent-hosting.sh counts" \
  "It reads, has no network, and writes nothing but $DATA_DIR/counts: numbers, for $USER_NAME alone." \
  'Without it these pages say "no permission"; everything else works.'; then
  step "root's timer $COUNTS_UNIT writes $DATA_DIR/counts"
  install -d -m 0750 -o root -g "$USER_NAME" "$DATA_DIR" "$DATA_DIR/counts"
  if [[ -d /run/systemd/system ]]; then
    systemctl enable --quiet "$COUNTS_UNIT.timer"
    if ((start)); then systemctl restart "$COUNTS_UNIT.timer"; fi
  else
    install -d -m 0755 /etc/cron.d
    place 0644 root "$work/counts.cron" "/etc/cron.d/$COUNTS_UNIT"
  fi
fi

# ---- service: systemd where it runs, else cron keeps one process alive
# In its folders only as its user: root would follow whatever link lies there. And never for long: it may be a pipe.
if ((start)); then (become_agent timeout 5 sh -c "mkdir -p $STATE_DIR/run && : >$STATE_DIR/run/upgrade") || true; fi
if [[ -d /run/systemd/system ]]; then
  step "service $UNIT"
  # Postfix shows its queue by a program that is set-group-id: only there may the agent gain by running one.
  new_privileges='NoNewPrivileges=true'
  if [[ -g /usr/sbin/postqueue ]]; then new_privileges='NoNewPrivileges=false'; fi
  cat >"$work/agent.service" <<UNITS
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
TimeoutStopSec=60
KillMode=mixed
Nice=10
IOSchedulingPriority=7
$new_privileges
PrivateTmp=false
ProtectHome=read-only
# systemd before 232 knows no "strict" and keeps the line before; before 231 the paths have their old name.
ProtectSystem=full
ProtectSystem=strict
ReadWriteDirectories=$STATE_DIR
ReadWritePaths=$STATE_DIR

[Install]
WantedBy=multi-user.target
UNITS
  place 0644 root "$work/agent.service" "$UNIT_DIR/$UNIT.service"
  systemctl daemon-reload
  systemctl enable --quiet "$UNIT"
  if ((start)); then systemctl restart "$UNIT"; : >"$work/started"; fi
else
  step "no systemd: /etc/cron.d/$UNIT keeps the agent running"
  printf '# Starts the agent when it does not run; its own lock lets only one live.\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\n* * * * * %s %s/agent.sh run >/dev/null 2>&1\n' \
    "$USER_NAME" "$HOME_DIR" >"$work/cron"
  install -d -m 0755 /etc/cron.d
  place 0644 root "$work/cron" "/etc/cron.d/$UNIT"
  if ((start)); then
    # The new version takes over from an old process.
    # shellcheck disable=SC2016 # for that shell
    (become_agent timeout 40 sh -c '
      runs() { grep -qs agent.sh "/proc/$old/cmdline"; }
      read -r old 2>/dev/null <"$0" || exit 0
      case $old in *[!0-9]*) exit 0 ;; esac
      runs && kill "$old" || exit 0
      for i in $(seq 60); do runs || break; sleep 0.5; done' "$STATE_DIR/run/pid") || true
    : >"$work/started"
    # No process of root's stays behind as its parent.
    (become_agent setsid "$HOME_DIR/agent.sh" run) </dev/null >/dev/null 2>&1 &
  fi
fi

# ---- what only the operator can grant
if command -v mysql >/dev/null || command -v mariadb >/dev/null; then
  if [[ ! -e /home/hostseba-noc/.my.cnf ]]; then
    cat <<'MYSQL'

To see MySQL or MariaDB, make a user that can look and not touch. As root of this host:
    password=$(head -c 24 /dev/urandom | base64 | tr -d '+/=')
    install -d -m 0750 -o root -g hostseba-noc /home/hostseba-noc
    printf '[client]\nuser=monitor_ro\npassword=%s\n' "$password" |
      install -m 0640 -o root -g hostseba-noc /dev/stdin /home/hostseba-noc/.my.cnf
    mysql <<SQL
      CREATE USER 'monitor_ro'@'localhost' IDENTIFIED BY '$password' WITH MAX_USER_CONNECTIONS 5;
      GRANT PROCESS, REPLICATION CLIENT, SHOW VIEW ON *.* TO 'monitor_ro'@'localhost';
MYSQL
    version=$( (mariadbd --version || mysqld --version) 2>/dev/null || true)
    if [[ $version =~ ([0-9]+)\.([0-9]+)\.[0-9]+-MariaDB ]] && ((BASH_REMATCH[1] * 100 + BASH_REMATCH[2] >= 1005)); then
      echo "      GRANT SLAVE MONITOR ON *.* TO 'monitor_ro'@'localhost';"
    fi
    echo 'SQL'
  fi
fi
if [[ -d /usr/local/jetapps ]]; then
  printf '\nTo see JetBackup 5, make three hooks: JetBackup 5 -> Hooks -> Create New Hook\n'
  printf '    %-9s %-15s %s\n' position type script \
    Pre Backup "$HOME_DIR/agent-hosting.sh jetbackup-hook job-start" \
    Post 'Backup Account' "$HOME_DIR/agent-hosting.sh jetbackup-hook account" \
    Post Backup "$HOME_DIR/agent-hosting.sh jetbackup-hook job"
fi

# ---- the first report
if ((start)); then
  step 'waiting for the first report'
  for ((i = 0; i < 120; i++)); do
    # What the old one had accepted as it went does not count.
    if [[ -e $STATE_DIR/run/accepted && $STATE_DIR/run/accepted -nt $work/started ]]; then
      echo "Done: $url shows this host as server $server_id. Log: $STATE_DIR/agent.log"
      echo "$HOME_DIR/agent.sh doctor says what it can read, and how to grant what is missing."
      exit 0
    fi
    sleep 0.5
  done
  (become_agent timeout 5 tail -n 5 "$STATE_DIR/agent.log") 2>/dev/null >&2 || true
  die "enrolled, but no report was accepted within 60 s; try $HOME_DIR/agent.sh doctor"
fi
echo "Done: enrolled as server $server_id, not started."
