#!/usr/bin/env bash
# HostSeba NOC agent for Linux: measures, posts, and does nothing else.
#
# Runs unprivileged, opens no socket for others, evaluates nothing it receives. Writes only below its state folder.
# Needs bash 4.2, curl 7.29, awk, coreutils.
#
#   agent.sh run      report until told to stop (what the service runs)
#   agent.sh once     report once, print what was sent and answered
#   agent.sh doctor   print each probe, what it reads and whether it may
#   agent.sh version
set -uo pipefail
export LC_ALL=C TZ=UTC0
umask 027

readonly VERSION=0.1.0
readonly CONF=${NOC_AGENT_CONF:-/etc/hostseba-noc/agent.conf}
readonly STATE=${NOC_AGENT_STATE:-/var/log/hostseba-noc}
readonly SPOOL=$STATE/spool LOG=$STATE/agent.log
# Working files. `doctor` and `once` have a folder of their own: the running agent's must not change under it.
RUN=$STATE/run
readonly SPOOL_MAX_BYTES=67108864 LOG_MAX_BYTES=5242880 BATCH_MAX=400 PROBE_TIMEOUT_S=10

# ---------------------------------------------------------------- settings, log, time

# Reads KEY=value lines; nothing in the file is ever executed.
NOC_URL='' SERVER_ID='' AGENT_SECRET='' PROXY='' CACERT='' INTERVAL_S=60
load_settings() {
  local key value
  [[ -r $CONF ]] || { echo "agent: cannot read $CONF" >&2; return 1; }
  while IFS='=' read -r key value || [[ -n $key ]]; do
    case $key in
      NOC_URL) NOC_URL=${value%/} ;;
      SERVER_ID) SERVER_ID=$value ;;
      AGENT_SECRET) AGENT_SECRET=$value ;;
      PROXY) PROXY=$value ;;
      CACERT) CACERT=$value ;;
      INTERVAL_S) INTERVAL_S=$value ;;
      ''|\#*) ;;
      *) echo "agent: $CONF: unknown setting $key" >&2 ;;
    esac
  done <"$CONF"
  [[ $NOC_URL =~ ^https?://[^[:space:]\"\\]+$ ]] || { echo "agent: NOC_URL in $CONF is not an http(s) address" >&2; return 1; }
  [[ $SERVER_ID =~ ^[0-9]+$ && $AGENT_SECRET =~ ^[A-Za-z0-9_-]+$ ]] || { echo "agent: $CONF holds no enrolment" >&2; return 1; }
  [[ $INTERVAL_S =~ ^[0-9]+$ && $INTERVAL_S -ge 1 && $INTERVAL_S -le 3600 ]] || { echo "agent: INTERVAL_S in $CONF must be 1 to 3600" >&2; return 1; }
}

say() { # level, text
  local at
  printf -v at '%(%Y-%m-%dT%H:%M:%SZ)T' -1
  if [[ -f $LOG && $(wc -c <"$LOG") -gt $LOG_MAX_BYTES ]]; then mv -f "$LOG" "$LOG.1"; fi
  printf '%s %s %s\n' "$at" "$1" "$2" >>"$LOG"
}

now_s() { printf -v "$1" '%(%s)T' -1; }
now_iso() { printf -v "$1" '%(%Y-%m-%dT%H:%M:%SZ)T' -1; }
# Hundredths of a second since boot: rates are made on a clock that nobody sets.
uptime_cs() { local u rest; read -r u rest </proc/uptime; u=${u/./}; printf -v "$1" '%s' "$((10#$u))"; }

# JSON string, quotes included. Control characters become spaces: no name needs them.
json_string() { # variable, text
  local s=$2
  s=${s//\\/\\\\}; s=${s//\"/\\\"}; s=${s//[[:cntrl:]]/ }
  printf -v "$1" '"%s"' "$s"
}

# Hundredths as a decimal number: 1234 -> 12.34
decimal() { printf -v "$1" '%d.%02d' "$(($2 / 100))" "$(($2 % 100))"; }

# ---------------------------------------------------------------- probes: each sets BODY, the fields of its kind

unreadable() { # error, hint
  local hint; json_string hint "$2"; BODY="\"kind_error\":\"$1\",\"hint\":$hint"
}

# Counters of the previous report: rates need two.
CPU_LAST=() NET_LAST=() IO_LAST=()

cpu_counters() { # array: total idle iowait steal
  local _ user nice system idle iowait irq softirq steal rest
  read -r _ user nice system idle iowait irq softirq steal rest </proc/stat
  assign_array "$1" "$((user + nice + system + idle + ${iowait:-0} + ${irq:-0} + ${softirq:-0} + ${steal:-0}))" \
    "$idle" "${iowait:-0}" "${steal:-0}"
}
# Assigns the further arguments, numbers all of them, to the array of that name.
assign_array() { local -r name=$1; shift; read -r -a "${name?}" <<<"$*"; }

net_counters() { # array: at_cs rx tx
  local line name rx=0 tx=0 all_rx=0 all_tx=0 physical=0 at values
  uptime_cs at
  while read -r line; do
    [[ $line == *:* ]] || continue
    name=${line%%:*}; name=${name// /}
    read -r -a values <<<"${line#*:}"
    case $name in lo|veth*|docker*|br-*|virbr*|ifb*|dummy*) continue ;; esac
    all_rx=$((all_rx + values[0])); all_tx=$((all_tx + values[8]))
    if [[ -e /sys/class/net/$name/device ]]; then
      physical=1; rx=$((rx + values[0])); tx=$((tx + values[8]))
    fi
  done </proc/net/dev
  ((physical)) || { rx=$all_rx; tx=$all_tx; }
  assign_array "$1" "$at" "$rx" "$tx"
}

io_counters() { # array: at_cs read_bytes written_bytes
  local _major _minor name _r _rm sectors_read _rt _w _wm sectors_written rest read_b=0 write_b=0 at
  uptime_cs at
  while read -r _major _minor name _r _rm sectors_read _rt _w _wm sectors_written rest; do
    case $name in loop*|ram*|zram*|dm-*|md*|sr*|fd*) continue ;; esac
    [[ -d /sys/block/$name ]] || continue
    read_b=$((read_b + sectors_read * 512)); write_b=$((write_b + sectors_written * 512))
  done 2>/dev/null </proc/diskstats
  assign_array "$1" "$at" "$read_b" "$write_b"
}

# Per second between two readings; null at the first, after a reset, and when the counter went back.
rate() { # variable, before, after, elapsed_cs
  if [[ -z $2 || $4 -le 0 || $3 -lt $2 ]]; then printf -v "$1" null; else printf -v "$1" '%d' "$((($3 - $2) * 100 / $4))"; fi
}

probe_metrics() {
  local cpu=() net=() io=() cpu_pct=null iowait_pct=null steal_pct=null busy d_total d_wait d_steal
  cpu_counters cpu; net_counters net; io_counters io
  if [[ ${#CPU_LAST[@]} -eq 4 && ${cpu[0]} -gt ${CPU_LAST[0]} ]]; then
    d_total=$((cpu[0] - CPU_LAST[0]))
    d_wait=$((cpu[2] > CPU_LAST[2] ? cpu[2] - CPU_LAST[2] : 0))
    d_steal=$((cpu[3] > CPU_LAST[3] ? cpu[3] - CPU_LAST[3] : 0))
    busy=$((d_total - (cpu[1] - CPU_LAST[1]) - d_wait)); ((busy < 0)) && busy=0; ((busy > d_total)) && busy=$d_total
    decimal cpu_pct "$((busy * 10000 / d_total))"
    decimal iowait_pct "$((d_wait * 10000 / d_total))"
    decimal steal_pct "$((d_steal * 10000 / d_total))"
  fi
  CPU_LAST=("${cpu[@]}")

  local rx tx read_b write_b
  rate rx "${NET_LAST[1]:-}" "${net[1]}" "$((net[0] - ${NET_LAST[0]:-0}))"
  rate tx "${NET_LAST[2]:-}" "${net[2]}" "$((net[0] - ${NET_LAST[0]:-0}))"
  rate read_b "${IO_LAST[1]:-}" "${io[1]}" "$((io[0] - ${IO_LAST[0]:-0}))"
  rate write_b "${IO_LAST[2]:-}" "${io[2]}" "$((io[0] - ${IO_LAST[0]:-0}))"
  NET_LAST=("${net[@]}"); IO_LAST=("${io[@]}")

  local load1 load5 load15 _rest key value _unit cores=0 line uptime
  local total='' free=0 buffers=0 cached=0 slab=0 shmem=0 available='' swap_total=0 swap_free=0
  read -r load1 load5 load15 _rest </proc/loadavg
  while read -r line; do [[ $line == cpu[0-9]* ]] && cores=$((cores + 1)); done </proc/stat
  while read -r key value _unit; do
    case $key in
      MemTotal:) total=$value ;; MemFree:) free=$value ;; MemAvailable:) available=$value ;;
      Buffers:) buffers=$value ;; Cached:) cached=$value ;; SReclaimable:) slab=$value ;; Shmem:) shmem=$value ;;
      SwapTotal:) swap_total=$value ;; SwapFree:) swap_free=$value ;;
    esac
  done </proc/meminfo
  [[ -n $available ]] || available=$((free + buffers + cached + slab - shmem)) # kernels before 3.14
  read -r uptime _rest </proc/uptime

  # CurrEstab counts IPv4 and IPv6, and costs nothing on a host with 50,000 connections.
  local established=null names=() values=() i
  while read -r line; do
    [[ $line == Tcp:* ]] || continue
    if [[ ${#names[@]} -eq 0 ]]; then read -r -a names <<<"$line"; continue; fi
    read -r -a values <<<"$line"
    for i in "${!names[@]}"; do [[ ${names[i]} == CurrEstab ]] && established=${values[i]}; done
  done </proc/net/snmp

  local pids=(/proc/[0-9]*)
  BODY="\"cpu_pct\":$cpu_pct,\"iowait_pct\":$iowait_pct,\"steal_pct\":$steal_pct"
  BODY+=",\"load1\":$load1,\"load5\":$load5,\"load15\":$load15,\"cores\":$cores"
  BODY+=",\"ram_total_bytes\":$((total * 1024)),\"ram_used_bytes\":$(((total - available) * 1024))"
  BODY+=",\"swap_total_bytes\":$((swap_total * 1024)),\"swap_used_bytes\":$(((swap_total - swap_free) * 1024))"
  BODY+=",\"net_rx_bytes_per_s\":$rx,\"net_tx_bytes_per_s\":$tx"
  BODY+=",\"disk_read_bytes_per_s\":$read_b,\"disk_write_bytes_per_s\":$write_b"
  BODY+=",\"processes\":${#pids[@]},\"tcp_established\":$established,\"uptime_s\":${uptime%%.*}"
}

# Services: name on the wire, process names, units in order of preference, binaries that mean "installed".
# `exim` is exim4 on Debian, postfix's main process is called master, LiteSpeed's litespeed or lshttpd.
readonly SERVICES='
httpd|httpd apache2|httpd apache2|/usr/sbin/httpd /usr/sbin/apache2 /usr/local/apache/bin/httpd
nginx|nginx|nginx|/usr/sbin/nginx /usr/local/nginx/sbin/nginx
mysqld|mysqld mysqld_safe|mysqld mysql|/usr/sbin/mysqld /usr/libexec/mysqld
mariadbd|mariadbd|mariadb mysql|/usr/sbin/mariadbd /usr/libexec/mariadbd
lsws|litespeed lshttpd openlitespeed|lsws lshttpd|/usr/local/lsws/bin/lshttpd /usr/local/lsws/bin/litespeed
exim|exim exim4|exim exim4|/usr/sbin/exim /usr/sbin/exim4
postfix|master|postfix|/usr/sbin/postfix
dovecot|dovecot|dovecot|/usr/sbin/dovecot
named|named|named bind9|/usr/sbin/named'

# The unit that exists on this host; looks at files only, so it works without a running systemd.
find_unit() { # variable, candidates
  local candidate folder
  for candidate in $2; do
    for folder in /etc/systemd/system /run/systemd/system /usr/lib/systemd/system /lib/systemd/system; do
      [[ -e $folder/$candidate.service ]] && { printf -v "$1" '%s' "$candidate"; return; }
    done
    [[ -x /etc/init.d/$candidate ]] && { printf -v "$1" '%s' "$candidate"; return; }
  done
  printf -v "$1" ''
}

is_enabled() { # unit
  local link
  for link in /etc/systemd/system/*.wants/"$1.service" /etc/rc[2345].d/S[0-9][0-9]"$1"; do
    [[ -e $link || -L $link ]] && return 0
  done
  return 1
}

probe_processes() {
  if [[ ! -r /proc/1/status ]]; then
    unreadable no_permission 'other users'\'' processes are hidden (hidepid or CageFS): let this user see /proc'
    return
  fi
  # One pass over all processes: "name pid ppid". Left out: zombies, processes of containers (they live in a
  # further pid namespace), and those of accounts (uid 1000 and up): a customer's `nginx` is not the host's.
  local table
  if ! table=$(timeout "$PROBE_TIMEOUT_S" grep -hsE '^(Name|State|Pid|PPid|Uid|NSpid):' /proc/[0-9]*/status | awk '
    function flush() { if (pid != "" && state != "Z" && spaces <= own && uid < 1000) print name, pid, ppid }
    BEGIN { own = ENVIRON["OWN_NSPIDS"] + 0 }
    $1 == "Name:" { flush(); name = $2; pid = ""; spaces = own }
    $1 == "State:" { state = $2 }
    $1 == "Pid:" { pid = $2 }
    $1 == "PPid:" { ppid = $2 }
    $1 == "Uid:" { uid = $3 }
    $1 == "NSpid:" { spaces = NF - 1 }
    END { flush() }'; [[ ${PIPESTATUS[0]} -ne 124 ]]) || [[ -z $table ]]; then
    # Half a list would call the other half dead.
    unreadable timeout 'reading /proc took over 10 s'
    return
  fi

  local line name comms units binaries comm pid ppid binary unit installed enabled out='' unit_json main n c
  local seen_mysql=''
  while IFS='|' read -r name comms units binaries; do
    [[ -n $name ]] || continue
    local -A of=(); n=0; main=null
    while read -r comm pid ppid; do
      for c in $comms; do
        [[ $comm == "$c" ]] || continue
        # `master` is any program's name: only postfix's counts.
        if [[ $comm == master ]]; then
          line=''; IFS= read -r -d '' line 2>/dev/null <"/proc/$pid/cmdline"
          [[ $line == */postfix/*master ]] || continue
        fi
        of[$pid]=$ppid; n=$((n + 1))
      done
    done <<<"$table"
    # The main process is the one whose parent is not of the service; the oldest such.
    for pid in "${!of[@]}"; do
      [[ -n ${of[${of[$pid]}]:-} ]] && continue
      [[ $main == null || $pid -lt $main ]] && main=$pid
    done
    installed=false; enabled=false
    for binary in $binaries; do [[ -e $binary ]] && installed=true; done
    find_unit unit "$units"
    [[ -n $unit && $installed == true ]] && is_enabled "$unit" && enabled=true
    ((n > 0)) && installed=true
    # mysqld and mariadbd are one service: the one that is there speaks.
    if [[ $name == mysqld || $name == mariadbd ]]; then
      [[ -n $seen_mysql ]] && continue
      if [[ $name == mysqld && -e /usr/sbin/mariadbd && $n -eq 0 ]]; then continue; fi
      [[ $installed == true ]] && seen_mysql=1
    fi
    unit_json=null; [[ -n $unit && $installed == true ]] && json_string unit_json "$unit"
    out+=",{\"name\":\"$name\",\"unit\":$unit_json,\"installed\":$installed,\"enabled\":$enabled"
    out+=",\"running\":$( ((n > 0)) && echo true || echo false),\"pids\":$n,\"main_pid\":$main}"
  done <<<"$SERVICES"
  BODY="\"services\":[${out#,}]"
}

# File systems: the mount list from mountinfo, sizes by statfs in children. One that does not answer in 10 s (a dead
# NFS server) is left out and not asked again while its child hangs; it holds up nothing else.
declare -A STAT_CHILD=()
probe_disks() {
  local -A device_of=() fstype_of=() mount_of=()
  local _id _parent majmin root mount _opts rest fstype source
  while read -r _id _parent majmin root mount _opts rest; do
    read -r fstype source _opts <<<"${rest#*- }"
    case $fstype in
      ext[234]|xfs|btrfs|zfs|reiserfs|jfs|f2fs|bcachefs|vfat|exfat|ntfs*|nfs|nfs4|cifs|smb3|ceph|glusterfs|fuse.*|fuseblk) ;;
      overlay) [[ $mount == / ]] || continue ;;
      *) continue ;;
    esac
    case $fstype in fuse.lxcfs|fuse.gvfsd*|fuse.portal) continue ;; esac
    printf -v mount '%b' "${mount//\\/\\0}"; printf -v source '%b' "${source//\\/\\0}"
    # A device shows once: the mount of its root wins over bind mounts and subvolumes, then the shorter path.
    if [[ -n ${mount_of[$majmin]:-} ]]; then
      [[ $root == / || $mount == / ]] || continue
      ((${#mount} < ${#mount_of[$majmin]})) || continue
    elif [[ $root != / && $mount != / && $fstype != btrfs ]]; then
      continue
    fi
    mount_of[$majmin]=$mount; device_of[$majmin]=$source; fstype_of[$majmin]=$fstype
  done </proc/self/mountinfo

  local key file
  local -a asked=()
  for key in "${!mount_of[@]}"; do
    file=$RUN/stat.${key//:/-}
    if [[ -n ${STAT_CHILD[$key]:-} ]] && kill -0 "${STAT_CHILD[$key]}" 2>/dev/null; then continue; fi
    rm -f "$file"
    # Nothing of a mount is touched outside this child: a dead NFS server blocks whoever looks.
    { [[ -d ${mount_of[$key]} ]] && stat -f -c '%b %f %a %S %c %d' -- "${mount_of[$key]}" >"$file.new" 2>/dev/null && mv "$file.new" "$file"; } 8>&- &
    STAT_CHILD[$key]=$!; asked+=("$!")
  done
  local waited=0 open=1 child
  while ((open && waited < PROBE_TIMEOUT_S * 10)); do
    open=0
    for child in "${asked[@]+"${asked[@]}"}"; do kill -0 "$child" 2>/dev/null && open=1; done
    ((open)) && { sleep 0.1; waited=$((waited + 1)); }
  done

  local blocks free avail size inodes inodes_free used out='' m d f it iu
  for key in "${!mount_of[@]}"; do
    file=$RUN/stat.${key//:/-}
    [[ -r $file ]] || { say warn "disks: ${mount_of[$key]} does not answer"; continue; }
    read -r blocks free avail size inodes inodes_free <"$file" || continue
    [[ $blocks -gt 0 ]] || continue
    # What root keeps in reserve is neither used nor usable: full means full for everybody else.
    used=$(((blocks - free) * size))
    json_string m "${mount_of[$key]}"; json_string d "${device_of[$key]}"; json_string f "${fstype_of[$key]}"
    it=null; iu=null
    if [[ $inodes =~ ^[0-9]+$ && $inodes -gt 0 ]]; then it=$inodes; iu=$((inodes - inodes_free)); fi
    out+=",{\"mount\":$m,\"device\":$d,\"fstype\":$f,\"bytes_total\":$((used + avail * size)),\"bytes_used\":$used"
    out+=",\"inodes_total\":$it,\"inodes_used\":$iu}"
  done
  BODY="\"partitions\":[${out#,}]"
}

# ---------------------------------------------------------------- payloads and spool

BOOT_ID='' SEQ=0 LOST=0
new_boot() {
  read -r BOOT_ID </proc/sys/kernel/random/uuid; SEQ=0
  # How deep our own pid namespace lies; processes deeper than this belong to containers.
  local line; OWN_NSPIDS=0
  while read -r line; do [[ $line == NSpid:* ]] && { line=${line#NSpid:}; read -r -a line <<<"$line"; OWN_NSPIDS=${#line[@]}; }; done </proc/self/status
  export OWN_NSPIDS
}

# Appends one payload, a line, to TICK. @SENT_AT@ is filled in when it really leaves.
TICK=''
add_payload() { # kind
  local at; now_iso at
  SEQ=$((SEQ + 1))
  TICK+="{\"kind\":\"$1\",\"v\":1,\"boot_id\":\"$BOOT_ID\",\"seq\":$SEQ,\"observed_at\":\"$at\",\"sent_at\":\"@SENT_AT@\",$BODY}"$'\n'
}

spool() { # lines
  local at file size oldest n
  now_s at
  printf -v file '%s/%012d-%08d.jsonl' "$SPOOL" "$at" "$SEQ"
  if ! { printf '%s' "$1" >"$file.new" && mv "$file.new" "$file"; }; then
    LOST=$((LOST + $(wc -l <<<"$1"))); say error "spool: cannot write $file"; return
  fi
  size=$(du -sb "$SPOOL" 2>/dev/null | cut -f1)
  while [[ ${size:-0} -gt $SPOOL_MAX_BYTES ]]; do
    oldest=$(find "$SPOOL" -name '*.jsonl' | sort | head -n 1); [[ -n $oldest ]] || break
    n=$(wc -l <"$oldest"); LOST=$((LOST + n)); rm -f "$oldest"
    say warn "spool: over 64 MiB, dropped the oldest $n payloads, $LOST since start"
    size=$(du -sb "$SPOOL" | cut -f1)
  done
}

# Posts a file of payload lines as one batch. Sets STATUS and RETRY_AFTER; the secret goes to curl by its standard input.
STATUS=000 RETRY_AFTER=0
post() { # file of payload lines, seconds it may take
  local sent body=$RUN/body head=$RUN/head answer=$RUN/answer encoding=''
  now_iso sent
  { printf '{"payloads":['; sed -e "s/\"sent_at\":\"@SENT_AT@\"/\"sent_at\":\"$sent\"/" -e '$!s/$/,/' "$1"; printf ']}'; } >"$body"
  if [[ $(wc -c <"$body") -gt 8192 ]] && command -v gzip >/dev/null; then
    gzip -c "$body" >"$body.gz" && { body=$body.gz; encoding='header = "Content-Encoding: gzip"'; }
  fi
  : >"$head"; : >"$answer"
  STATUS=$(curl -q -K - --data-binary "@$body" -D "$head" -o "$answer" 8>&- 2>>"$RUN/curl.err" <<CURL
url = "$NOC_URL/api/agent/batch"
request = "POST"
header = "Authorization: Bearer $SERVER_ID.$AGENT_SECRET"
header = "Content-Type: application/json"
header = "Expect:"
$encoding
user-agent = "hostseba-noc-agent/$VERSION"
silent
show-error
max-time = ${2:-30}
connect-timeout = 10
write-out = "%{http_code}"
${PROXY:+proxy = "$PROXY"}
${CACERT:+cacert = "$CACERT"}
CURL
  )
  [[ $STATUS =~ ^[0-9]{3}$ ]] || STATUS=000
  RETRY_AFTER=$(awk 'tolower($1) == "retry-after:" { gsub(/[^0-9]/, "", $2); print $2; exit }' "$head")
  RETRY_AFTER=${RETRY_AFTER:-0}
  if [[ $STATUS == 000 ]]; then say warn "post: no answer: $(tail -n 1 "$RUN/curl.err" | cut -c1-200)"; : >"$RUN/curl.err"; fi
  if [[ $STATUS == 202 ]] && grep -q '"rejected"' "$answer"; then say warn "post: rejected in part: $(head -c 600 "$answer")"; fi
}

# What the answer means for the payloads of a file: 0 done with them, 1 keep them for later, 2 too many at once.
settle() { # file
  case $STATUS in
    202) : >"$RUN/accepted"; return 0 ;;
    400|415|422) say error "post: refused ($STATUS), dropped: $(head -c 600 "$RUN/answer")"; return 0 ;;
    413)
      [[ $(wc -l <"$1") -gt 1 ]] && return 2
      say error 'post: one payload too large (413), dropped'; return 0 ;;
    401) say error 'post: not accepted (401): enrol again or ask an admin'; return 1 ;;
    *) return 1 ;;
  esac
}

# Cuts one spooled file in two, whose names sort where it stood. It goes last: a crash between leaves repeats, no gaps.
halve() { # file
  local n; n=$(wc -l <"$1")
  head -n $((n / 2)) "$1" >"${1%.jsonl}a.new" && mv "${1%.jsonl}a.new" "${1%.jsonl}a.jsonl" || return
  tail -n +$((n / 2 + 1)) "$1" >"${1%.jsonl}b.new" && mv "${1%.jsonl}b.new" "${1%.jsonl}b.jsonl" || return
  rm -f "$1"
  say warn "post: too large (413), split $n payloads"
}

# Failures in a row, and when to try again: full jitter, as late as the server's Retry-After asks, at most 60 s apart.
FAILURES=0 NOT_BEFORE=0
hold_off() {
  local now ceiling wait; now_s now
  FAILURES=$((FAILURES + 1))
  ceiling=$((FAILURES > 5 ? 60 : 2 ** FAILURES))
  wait=$((RANDOM % (ceiling + 1))); [[ $STATUS == 401 ]] && wait=60
  ((wait < RETRY_AFTER)) && wait=$((RETRY_AFTER + RANDOM % 5))
  ((wait > 60)) && wait=60
  NOT_BEFORE=$((now + wait))
}

# The tick just made goes first, then what an outage left behind, in batches, oldest first.
send_tick() {
  local now file=$RUN/tick.jsonl; now_s now
  if ((now < NOT_BEFORE)); then spool "$TICK"; TICK=''; return; fi
  printf '%s' "$TICK" >"$file"
  post "$file"
  settle "$file"
  case $? in
    0) FAILURES=0 ;;
    1) spool "$TICK"; hold_off ;;
    2) spool "$TICK" ;; # The drain cuts it smaller.
  esac
  TICK=''
}

DRAIN_MAX=$BATCH_MAX
drain() { # seconds it may take
  local deadline now file files lines n batch=$RUN/drain.jsonl; now_s now; deadline=$((now + $1))
  while :; do
    now_s now; ((now < NOT_BEFORE || now >= deadline)) && return
    files=(); lines=0
    for file in "$SPOOL"/*.jsonl; do
      [[ -e $file ]] || continue
      n=$(wc -l <"$file"); ((lines + n > DRAIN_MAX && ${#files[@]} > 0)) && break
      files+=("$file"); lines=$((lines + n))
    done
    ((${#files[@]})) || return
    cat "${files[@]}" >"$batch"
    post "$batch"
    settle "$batch"
    case $? in
      0) FAILURES=0; rm -f "${files[@]}"; DRAIN_MAX=$((DRAIN_MAX * 2 < BATCH_MAX ? DRAIN_MAX * 2 : BATCH_MAX)) ;;
      1) hold_off; return ;;
      2) if ((${#files[@]} > 1)); then DRAIN_MAX=$(((lines + 1) / 2)); else halve "${files[0]}" || return; fi ;;
    esac
  done
}

# ---------------------------------------------------------------- the loop

collect() { # kinds
  local kind
  for kind in "$@"; do
    BODY=''
    case $kind in
      metrics) probe_metrics ;;
      processes) probe_processes ;;
      disks) probe_disks ;;
    esac
    [[ -n $BODY ]] && add_payload "$kind"
  done
}

busy_host() { # load1 above 4 per core: only the heartbeat
  local load _rest cores=0 line
  read -r load _rest </proc/loadavg
  while read -r line; do [[ $line == cpu[0-9]* ]] && cores=$((cores + 1)); done </proc/stat
  ((${load%%.*} > 4 * cores))
}

goodbye() {
  local reason=restart
  [[ -d /run/systemd/system && $(systemctl is-system-running 2>/dev/null) == stopping ]] && reason=shutdown
  BODY="\"event\":\"stop\",\"reason\":\"$reason\""; add_payload lifecycle
  printf '%s' "$TICK" >"$RUN/tick.jsonl"
  post "$RUN/tick.jsonl" 5; settle "$RUN/tick.jsonl" || spool "$TICK"
  say info "stopped ($reason)"
  exit 0
}

nap() { # whole seconds; a signal ends it at once
  sleep "$1" 8>&- & wait $!
}

prepare() {
  mkdir -p "$SPOOL" "$RUN" || { echo "agent: cannot write below $STATE" >&2; return 1; }
  new_boot
}

run() {
  load_settings && prepare || exit 1
  exec 8>"$RUN/lock"; flock -n 8 || { echo 'agent: runs already' >&2; exit 1; }
  echo $$ >"$RUN/pid"
  trap goodbye TERM INT
  say info "agent $VERSION reports to $NOC_URL as server $SERVER_ID every $INTERVAL_S s"
  cpu_counters CPU_LAST; net_counters NET_LAST; io_counters IO_LAST
  nap 1
  BODY='"event":"start","reason":"unknown"'; add_payload lifecycle
  # Each server has its own second of the interval, so that a fleet does not post at once.
  local offset now next tick=0 disks_every=$((300 / INTERVAL_S)) kinds
  offset=$(printf '%s' "$SERVER_ID" | cksum | cut -d' ' -f1); offset=$((offset % INTERVAL_S))
  ((disks_every < 1)) && disks_every=1
  while :; do
    kinds=(metrics processes)
    ((tick % disks_every == 0)) && kinds+=(disks)
    if busy_host && ((tick > 0)); then kinds=(metrics); fi
    collect "${kinds[@]}"
    send_tick
    drain "$((INTERVAL_S / 2 + 1))"
    tick=$((tick + 1))
    now_s now
    next=$(((now - offset) / INTERVAL_S * INTERVAL_S + INTERVAL_S + offset))
    while ((now < next)); do
      nap "$((next - now > 5 && NOT_BEFORE > now && FAILURES > 0 ? 5 : next - now))"
      now_s now
      ((FAILURES > 0 && now >= NOT_BEFORE && now < next)) && drain 10
    done
  done
}

# A folder of its own for a command beside the running agent; root steps down to the agent's user first, so that
# nothing here ever belongs to root.
aside() {
  if [[ $(id -u) -eq 0 && -z ${NOC_AGENT_CONF:-} ]] && id hostseba-noc >/dev/null 2>&1; then
    exec setpriv --reuid hostseba-noc --regid hostseba-noc --init-groups "$0" "$1"
  fi
  RUN=$STATE/run.$$
  trap 'rm -rf "$RUN"' EXIT
}

once() {
  aside once
  load_settings && prepare || exit 1
  # A second sender with this secret looks like a stolen one.
  if [[ -e $STATE/run/lock ]] && ! flock -n "$STATE/run/lock" true; then echo 'agent: it runs; see doctor' >&2; exit 1; fi
  cpu_counters CPU_LAST; net_counters NET_LAST; io_counters IO_LAST
  sleep 1
  collect metrics processes disks
  printf '%s' "$TICK" | tee "$RUN/tick.jsonl"
  post "$RUN/tick.jsonl"
  echo "answer: $STATUS $(head -c 600 "$RUN/answer")"
  settle "$RUN/tick.jsonl"
}

doctor() {
  aside doctor
  local bad=0
  check() { # name, source, whether, grant
    if [[ $3 == 0 ]]; then printf 'ok    %-10s %s\n' "$1" "$2"; else printf 'MISS  %-10s %s\n      %s\n' "$1" "$2" "$4"; bad=1; fi
  }
  load_settings; check settings "$CONF" $? "enrol again with install.sh, or let $(id -un) read it"
  [[ -w $STATE ]]; check state "$STATE" $? "chown $(id -un) $STATE"
  [[ -r /proc/stat && -r /proc/meminfo && -r /proc/net/dev && -r /proc/diskstats ]]
  check metrics '/proc/{stat,meminfo,loadavg,net/dev,net/snmp,diskstats}' $? 'mount /proc readable for this user'
  [[ -r /proc/1/status ]]
  check processes '/proc/*/status, unit files' $? 'mount /proc without hidepid, or add this user to its gid= group'
  [[ -r /proc/self/mountinfo ]] && command -v stat >/dev/null
  check disks '/proc/self/mountinfo, statfs' $? 'install coreutils'
  command -v curl >/dev/null && command -v awk >/dev/null && command -v flock >/dev/null
  check programs 'curl, awk, flock' $? 'install curl, gawk or mawk, util-linux'
  if [[ -n $NOC_URL && $bad == 0 ]]; then
    mkdir -p "$RUN" && : >"$RUN/empty" && post "$RUN/empty" 10
    [[ $STATUS == 422 || $STATUS == 202 ]]
    check server "$NOC_URL answers $STATUS" $? 'see the log; 401: enrol again, 000: address, firewall or certificate'
  fi
  printf 'spool: %s files, lost since the log began: %s, log: %s\n' "$(find "$SPOOL" -name '*.jsonl' 2>/dev/null | wc -l)" \
    "$(sed -n 's/.*dropped the oldest \([0-9]*\) payloads.*/\1/p' "$LOG" 2>/dev/null | awk '{ n += $1 } END { print n + 0 }')" "$LOG"
  return $bad
}

case ${1:-} in
  run) run ;;
  once) once ;;
  doctor) doctor ;;
  version) echo "$VERSION" ;;
  *) sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 64 ;;
esac
