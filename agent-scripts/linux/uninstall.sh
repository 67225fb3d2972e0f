#!/usr/bin/env bash
# Removes the HostSeba NOC agent from this host: service, files, log and spool, user. Leaves nothing behind.
set -euo pipefail
export LC_ALL=C

readonly USER_NAME=hostseba-noc UNIT=hostseba-noc-agent STATE_DIR=/var/log/hostseba-noc
[[ $(id -u) -eq 0 ]] || { echo 'uninstall: must be run by root' >&2; exit 1; }

if [[ -e /etc/systemd/system/$UNIT.service ]]; then
  if [[ -d /run/systemd/system ]]; then systemctl disable --now --quiet "$UNIT" || true; fi
  rm -f "/etc/systemd/system/$UNIT.service" "/etc/systemd/system/multi-user.target.wants/$UNIT.service"
  if [[ -d /run/systemd/system ]]; then systemctl daemon-reload; fi
fi
rm -f "/etc/cron.d/$UNIT"

# A process that cron or the installer started: told to stop, then stopped.
if [[ -r $STATE_DIR/run/pid ]] && read -r pid <"$STATE_DIR/run/pid" && grep -qs 'agent.sh' "/proc/$pid/cmdline"; then
  kill "$pid" 2>/dev/null || true
  for ((i = 0; i < 20; i++)); do kill -0 "$pid" 2>/dev/null || break; sleep 0.5; done
  kill -9 "$pid" 2>/dev/null || true
fi

rm -rf /opt/hostseba-noc /etc/hostseba-noc "$STATE_DIR"
if getent passwd "$USER_NAME" >/dev/null; then userdel "$USER_NAME"; fi
if getent group "$USER_NAME" >/dev/null; then groupdel "$USER_NAME"; fi
echo 'The agent is gone. Delete the server in the dashboard, or it will be reported as down.'
