
# ---------------------------------------------------------------- commands beside the running agent

# Replaces this process by a command of the agent's user, so that nothing here ever belongs to root.
as_agent() { # command
  local uid gid
  uid=$(id -u "$USER_NAME") && gid=$(id -g "$USER_NAME") || exit 1
  # Numbers: setpriv of CentOS 7 knows no names.
  if command -v setpriv >/dev/null; then exec setpriv --reuid "$uid" --regid "$gid" --init-groups -- "$@"; fi
  exec runuser -u "$USER_NAME" -- "$@"
}
# Root does nothing in the folders of the agent's user, who could have laid links there.
step_down() { # arguments of this script
  if [[ $(id -u) -ne 0 || -n ${NOC_AGENT_CONF:-} ]]; then return; fi
  id "$USER_NAME" >/dev/null 2>&1 || { echo "agent: there is no user $USER_NAME: install the agent first" >&2; exit 1; }
  as_agent "$0" "$@"
}

# Nothing of ours is a pipe. One that lies under a name of ours would be waited for, by the agent or by who looks after it.
clear_pipes() { find "$STATE/" -type p -delete 2>/dev/null; }

# Steps down to the agent's user where there is one, and takes a working folder of its own.
aside() { # sub-command
  step_down "$1"
  clear_pipes
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
  post "$POST_MAX_S" "${#TICK}"
  echo "answer: $STATUS $ANSWER"
  # Nothing is spooled: what was not taken counts as not read.
  [[ $STATUS == 202 ]] || exit 1
  commit_offsets; forget_reports
}
