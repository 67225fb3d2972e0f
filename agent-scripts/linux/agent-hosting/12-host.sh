
# ---------------------------------------------------------------- the host, for probes of its programs

# In front of every path that these probes read: tests lay out a host of their own.
readonly HOST_ROOT=${NOC_AGENT_HOST_ROOT:-}

# The name of the host's time zone, such as Asia/Dhaka.
host_timezone() { # variable
  local _name='' _link _line _size _hours _sign
  local -r _clock=$HOST_ROOT/etc/localtime
  if [[ -L $_clock ]]; then
    _link=$(readlink -- "$_clock"); [[ $_link == */zoneinfo/* ]] && _name=${_link##*/zoneinfo/}
    _name=${_name#posix/}; _name=${_name#right/}
  elif [[ ! -e $_clock ]]; then
    _name=UTC
  fi
  if [[ -z $_name && -r $HOST_ROOT/etc/timezone ]]; then read -r _name <"$HOST_ROOT/etc/timezone"; fi
  if [[ -z $_name && -r $HOST_ROOT/etc/sysconfig/clock ]]; then
    while IFS= read -r _line; do [[ $_line =~ ^ZONE=\"?([A-Za-z0-9_+/-]+) ]] && _name=${BASH_REMATCH[1]}; done <"$HOST_ROOT/etc/sysconfig/clock"
  fi
  if [[ -z $_name && -r $_clock ]]; then
    # A copy without a name: a zone with the same content is as good.
    _size=$(stat -c %s -- "$_clock")
    _line=$(find /usr/share/zoneinfo -mindepth 2 -type f -size "${_size}c" ! -path '*/posix/*' ! -path '*/right/*' \
      -exec cmp -s -- {} "$_clock" \; -print -quit 2>/dev/null)
    _name=${_line#/usr/share/zoneinfo/}
  fi
  if [[ ! $_name =~ ^[A-Za-z][A-Za-z0-9_+/-]{0,63}$ ]]; then
    # No name anywhere: what the clocks say now, in whole hours. POSIX counts them to the west.
    _line=$(host_date +%z); _sign=-; [[ $_line == -* ]] && _sign=+
    _hours=$((10#${_line:1:2})); _name=Etc/GMT$_sign$_hours; ((_hours)) || _name=UTC
  fi
  printf -v "$1" '%s' "$_name"
}

# The file that root's timer writes about a source, unless it is missing or too old: then the report says so.
# Sets COUNTS_FILE.
COUNTS_FILE=''
counts_of() { # source, seconds it may be old, what it is about
  local now at
  COUNTS_FILE=$COUNTS/$1
  if [[ ! -r $COUNTS_FILE ]]; then
    unreadable no_permission "$3 are readable by root alone: let root's timer count them (see agent.sh doctor)"; return 1
  fi
  at=$(stat -c %Y -- "$COUNTS_FILE"); now_s now
  if ((now - at > $2)); then
    unreadable timeout "root's timer has not counted $3 for $(((now - at) / 60)) min: systemctl status hostseba-noc-counts.timer"; return 1
  fi
}
