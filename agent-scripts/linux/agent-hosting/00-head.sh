#!/usr/bin/env bash
# HostSeba NOC agent for Linux: the probes of hosting programs. Read by agent.sh from its own folder, and also:
#
#   agent-hosting.sh report-backup TOOL JOB success|partial|failed [MESSAGE]   tell of a finished backup
#   agent-hosting.sh jetbackup-hook [job-start|account|job] ARGUMENTS          the same, as a hook of JetBackup 5
#   agent-hosting.sh counts                                                    root's timer: what needs root, as numbers
#
# Put together from agent-scripts/linux/agent-hosting/*.sh.

# Run by itself it needs the agent's functions; read by the agent it has them.
if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
  # shellcheck source=/dev/null
  source "$(dirname -- "${BASH_SOURCE[0]}")/agent.sh" || exit 1
fi

# Where root's timer leaves what needs root: numbers alone, one file a source, written by rename.
readonly COUNTS=${NOC_AGENT_COUNTS:-/var/lib/hostseba-noc/counts}

# What grants it, for hints and the doctor. The installer leaves both files there, whatever it was answered.
COUNTS_GRANT='install -m 0644 /opt/hostseba-noc/counts.cron /etc/cron.d/hostseba-noc-counts'
[[ -d /run/systemd/system ]] && COUNTS_GRANT='systemctl enable --now hostseba-noc-counts.timer'
# shellcheck disable=SC2034 # probes name it
readonly COUNTS_GRANT="/opt/hostseba-noc/agent-hosting.sh counts; $COUNTS_GRANT"

# Registers a probe: kind, seconds between two reports, function.
hosting_probe() { probe "$1" "$2" "$3"; }

# Sources that root's timer counts: a function each, which prints the content of "$COUNTS/<source>", prints nothing where
# there is no such thing on this host, and fails where it could not count; seconds between two counts (the timer comes
# every 120).
COUNT_SOURCES=()
declare -A COUNT_OF=() COUNT_EVERY_OF=()
hosting_counts() { COUNT_SOURCES+=("$1"); COUNT_OF[$1]=$2; COUNT_EVERY_OF[$1]=${3:-120}; } # source, function, seconds
