#!/usr/bin/env bash
# HostSeba NOC agent for Linux: measures, posts, and does nothing else.
#
# Runs unprivileged, opens no socket for others, evaluates nothing it receives. Writes only below its state folder.
# Needs bash 4.2, curl 7.29, awk, sed, grep, coreutils, util-linux.
#
#   agent.sh run      report until told to stop (what the service runs)
#   agent.sh once     report once, print what was sent and answered
#   agent.sh doctor   print each probe, what it reads, whether it may, and the grant that is missing
#   agent.sh version
#
# Put together from agent-scripts/linux/agent/*.sh. `agent-hosting.sh`, with the probes of hosting programs, is read
# from the same folder when it is there.

# No `set -u`: before bash 4.4 it takes an empty array for an unset variable.
set -o pipefail
# Local time is the host's business: a probe that reads local stamps runs `TZ=$HOST_TZ date`.
HOST_TZ=${TZ:-:/etc/localtime}
export LC_ALL=C TZ=UTC0
umask 027

# shellcheck disable=SC2034 # log readers use HOST_TZ
readonly HOST_TZ VERSION=0.3.0
readonly USER_NAME=hostseba-noc
readonly CONF=${NOC_AGENT_CONF:-/etc/hostseba-noc/agent.conf}
readonly STATE=${NOC_AGENT_STATE:-/var/log/hostseba-noc}
readonly SPOOL=$STATE/spool OFFSETS=$STATE/offsets LOG=$STATE/agent.log
# Where this file lies, and its companion.
AGENT_HOME=${BASH_SOURCE[0]%/*}; [[ $AGENT_HOME == "${BASH_SOURCE[0]}" ]] && AGENT_HOME=.
readonly AGENT_HOME
# Working files, here-documents too: nothing is written outside the state folder. `doctor` and `once` have a folder of
# their own: the running agent's must not change under it.
RUN=$STATE/run

readonly LOG_MAX_BYTES=5242880 PAYLOAD_MAX_BYTES=524288
# What one request takes: payloads, and bytes before packing.
readonly BATCH_MAX=400 BATCH_MAX_BYTES=4194304
# A probe has so long, and so many run at once.
readonly PROBE_TIMEOUT_S=10 PROBES_AT_ONCE=3
