#!/usr/bin/env bash
# Removes the HostSeba NOC agent from this host: services, timer, files, log and spool, user. Leaves nothing behind, and
# says what it removed. Safe to run again.
set -euo pipefail
export LC_ALL=C

readonly USER_NAME=hostseba-noc STATE_DIR=/var/log/hostseba-noc UNIT_DIR=/etc/systemd/system
[[ $(id -u) -eq 0 ]] || { echo 'uninstall: must be run by root' >&2; exit 1; }

remove() { # paths
  local path
  for path in "$@"; do
    [[ -e $path || -L $path ]] || continue
    rm -rf -- "$path" && echo "removed $path"
  done
}

# ---- first whatever starts it, then whatever runs
has_systemd=0; [[ -d /run/systemd/system ]] && has_systemd=1
for unit in hostseba-noc-counts.timer hostseba-noc-counts.service hostseba-noc-agent.service; do
  [[ -e $UNIT_DIR/$unit ]] || continue
  if ((has_systemd)); then systemctl disable --now --quiet "$unit" || true; fi
  remove "$UNIT_DIR/$unit" "$UNIT_DIR/$unit.d" "$UNIT_DIR/multi-user.target.wants/$unit" "$UNIT_DIR/timers.target.wants/$unit"
done
if ((has_systemd)); then
  systemctl daemon-reload
  systemctl reset-failed hostseba-noc-agent.service hostseba-noc-counts.service 2>/dev/null || true
fi
remove /etc/cron.d/hostseba-noc-agent /etc/cron.d/hostseba-noc-counts

# Processes of a user, by what the kernel says of them: files in the agent's folders say what their owner likes.
processes_of() { # uid
  local folder word owner _
  for folder in /proc/[0-9]*; do
    while read -r word owner _; do
      if [[ $word == Uid: && $owner == "$1" ]]; then echo "${folder#/proc/}"; fi
    done 2>/dev/null <"$folder/status" || true
  done
}
uid=$(id -u "$USER_NAME" 2>/dev/null || true)
if [[ -n $uid ]]; then
  # A process that cron or the installer started is told to stop, and says goodbye.
  for pid in $(processes_of "$uid"); do
    grep -qs 'agent\.sh' "/proc/$pid/cmdline" || continue
    kill "$pid" 2>/dev/null || continue
    for ((i = 0; i < 60; i++)); do grep -qs 'agent\.sh' "/proc/$pid/cmdline" || break; sleep 0.5; done
    echo "stopped process $pid"
  done
  # No process outlives its user: a probe that hung, a command somebody started.
  for pid in $(processes_of "$uid"); do kill -9 "$pid" 2>/dev/null || true; done
fi

# ---- what was granted
if [[ -n $uid ]] && command -v setfacl >/dev/null; then
  # Wherever logs lie: the doctor's commands name files and their folders there. Its own folder goes first: setfacl would
  # follow a link that lies in it.
  remove "$STATE_DIR"
  while IFS= read -r path; do
    setfacl -x "u:$USER_NAME" -- "$path" && echo "removed $USER_NAME from the access list of $path"
    if [[ -d $path ]]; then setfacl -d -x "u:$USER_NAME" -- "$path" 2>/dev/null || true; fi
  done < <(getfacl -Rps -- /var/log /usr/local/apache/logs /usr/local/lsws/logs /tmp/lshttpd /dev/shm/ols 2>/dev/null |
    awk -v user="user:$USER_NAME:" '/^# file: / { file = substr($0, 9) } index($0, user) == 1 { print file }')
fi
remove /opt/hostseba-noc /etc/hostseba-noc "$STATE_DIR" /var/lib/hostseba-noc
if [[ -n $uid ]]; then
  home=$(getent passwd "$USER_NAME" | cut -d: -f6)
  # Only the folder made for it; a shared one, such as /, is somebody else's.
  if [[ $home == /home/hostseba-noc ]]; then remove "$home"; fi
  userdel "$USER_NAME" && echo "removed user $USER_NAME"
fi
if getent group "$USER_NAME" >/dev/null; then groupdel "$USER_NAME" && echo "removed group $USER_NAME"; fi

echo 'The agent is gone. Delete the server in the dashboard, or it will be reported as down.'
if command -v mysql >/dev/null || command -v mariadb >/dev/null; then
  echo "If you made the user monitor_ro in MySQL or MariaDB for it: DROP USER 'monitor_ro'@'localhost';"
fi
if [[ -d /usr/local/jetapps ]]; then echo 'If you made a hook in JetBackup for it, delete it there: its script is gone.'; fi
