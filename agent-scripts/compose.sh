#!/usr/bin/env bash
# Puts a script of the agent together from its parts, as `noc` does when it serves it.
#
#   agent-scripts/compose.sh agent|agent-hosting [FILE]
set -euo pipefail
export LC_ALL=C
case ${1:-} in
  agent|agent-hosting) parts=("$(dirname "$0")/linux/$1"/*.sh) ;;
  *) echo 'compose.sh agent|agent-hosting [FILE]' >&2; exit 64 ;;
esac
if [[ -n ${2:-} ]]; then cat "${parts[@]}" >"$2"; chmod 0755 "$2"; else cat "${parts[@]}"; fi
