
# ---------------------------------------------------------------- commands beside the running agent

# Replaces this process by a command of the agent's user, so that nothing here ever belongs to root.
as_agent() { # command
  local uid gid
  uid=$(id -u "$USER_NAME") && gid=$(id -g "$USER_NAME") || exit 1
  # Numbers: setpriv of CentOS 7 knows no names.
  if command -v setpriv >/dev/null; then exec setpriv --reuid "$uid" --regid "$gid" --init-groups -- "$@"; fi
  exec runuser -u "$USER_NAME" -- "$@"
}

# Steps down to the agent's user where there is one, and takes a working folder of its own.
aside() { # sub-command
  if [[ $(id -u) -eq 0 && -z ${NOC_AGENT_CONF:-} ]] && id "$USER_NAME" >/dev/null 2>&1; then as_agent "$0" "$1"; fi
  RUN=$STATE/run.$$
  trap 'rm -rf -- "$RUN"' EXIT
}

once() {
  aside once
  load_settings || exit 1
  # A second sender with this secret looks like a stolen one.
  if [[ -d $STATE ]]; then exec 8<"$STATE"; flock -n 8 || { echo 'agent: it runs; see doctor' >&2; exit 1; }; fi
  prepare
  prime_metrics
  sleep 1
  collect "$PROBES_AT_ONCE" "${KINDS[@]}"
  take_reports
  printf '%s' "$TICK"
  post 30 "${#TICK}"
  echo "answer: $STATUS $ANSWER"
  # Nothing is spooled: what was not taken counts as not read.
  [[ $STATUS == 202 ]] || exit 1
  commit_offsets; forget_reports
}
