
# ---------------------------------------------------------------- root's timer

# Writes what the agent may not read itself: each source to a file of its own, 0640, by rename. Root's only act; it
# reads, needs no network, and what it writes are numbers. One source that fails or hangs keeps no other from its turn,
# and leaves its last file as it is: the agent sees by its age that it is no longer true.
counts() {
  local source file failed=0 group now age
  [[ $(id -u) -eq 0 || -n ${NOC_AGENT_COUNTS:-} ]] || { echo 'agent-hosting: counts is for root, whose rights it needs' >&2; return 77; }
  umask 027
  group=$(id -gn "$USER_NAME" 2>/dev/null) || group=$(id -gn)
  mkdir -p -- "$COUNTS" && chmod 0750 "${COUNTS%/*}" "$COUNTS" && chgrp "$group" "${COUNTS%/*}" "$COUNTS" || return 1
  # Root reads and writes nothing where the agent's user can write: not its log, not its working folder, and not this one
  # if somebody else has it. A link laid there would lead root anywhere.
  for file in "${COUNTS%/*}" "$COUNTS"; do
    [[ -O $file && ! -L $file ]] || { echo "agent-hosting: $file is not $(id -un)'s own" >&2; return 1; }
  done
  say() { printf 'agent-hosting: %s\n' "$2" >&2; }
  # A lock that nobody else can open, so nobody else can hold it.
  (umask 077; : >>"$COUNTS/.lock") && exec 8>>"$COUNTS/.lock" || return 1
  flock -n 8 || return 0 # The last round is not over.
  RUN=$(mktemp -d "$COUNTS/.run.XXXXXX") || return 1
  export TMPDIR=$RUN
  trap 'rm -rf -- "$RUN"' EXIT
  now_s now
  for source in "${COUNT_SOURCES[@]}"; do
    file=$COUNTS/$source
    age=$(stat -c %Y -- "$file" 2>/dev/null) || age=0
    # Half a minute early is in time; a file of the future is a clock that was set.
    ((now - age < COUNT_EVERY_OF[$source] - 30 && age <= now)) && continue
    if count_source "$source" >"$file.new" && chmod 0640 "$file.new" && chgrp "$group" "$file.new"; then
      # Nothing printed: there is no such thing on this host.
      if [[ -s $file.new ]]; then mv -f -- "$file.new" "$file"; else rm -f -- "$file.new" "$file"; fi
    else
      rm -f -- "$file.new"; failed=1
      echo "agent-hosting: counting $source failed" >&2
    fi
  done
  return "$failed"
}

# Runs the function of a source in a child with a probe's time.
count_source() { # source
  local pid answer status=1
  exec 6<> <(:)
  set -m
  count_child "$1" </dev/null 8<&- &
  pid=$!; disown "$pid" 2>/dev/null; set +m
  if read -r -t "$PROBE_TIMEOUT_S" -u 6 answer; then status=$answer; else kill -9 -- "-$pid" 2>/dev/null; fi
  exec 6>&-
  return "$status"
}

count_child() { # source
  set +m
  trap 'printf "%s\n" "$?" >&6' EXIT
  "${COUNT_OF[$1]}"
  exit
}
