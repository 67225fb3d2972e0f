
# ---------------------------------------------------------------- metrics

# The heartbeat. It reads /proc alone and starts nothing, so it runs in the agent itself, not in a child: it is there
# when no process can be started and no disk can be written, and its counters stay in memory.

# Counters of the previous report: rates need two.
CPU_LAST=() NET_LAST=() IO_LAST=()
prime_metrics() { cpu_counters CPU_LAST; net_counters NET_LAST; io_counters IO_LAST; }

cpu_counters() { # array: total idle iowait steal
  local _ user nice system idle iowait irq softirq steal rest
  read -r _ user nice system idle iowait irq softirq steal rest </proc/stat
  assign_array "$1" "$((user + nice + system + idle + ${iowait:-0} + ${irq:-0} + ${softirq:-0} + ${steal:-0}))" \
    "$idle" "${iowait:-0}" "${steal:-0}"
}

net_counters() { # array: at_cs rx tx
  local name in out _2 _3 _4 _5 _6 _7 _8 _rest rx=0 tx=0 all_rx=0 all_tx=0 physical=0 at
  uptime_cs at
  # "  eth0: 123 ..." or "eth0:123 ...": the colon may touch the number.
  while IFS=$' \t:' read -r name in _2 _3 _4 _5 _6 _7 _8 out _rest; do
    [[ $in =~ ^[0-9]+$ && $out =~ ^[0-9]+$ ]] || continue
    case $name in lo|veth*|docker*|br-*|virbr*|ifb*|dummy*) continue ;; esac
    all_rx=$((all_rx + in)); all_tx=$((all_tx + out))
    if [[ -e /sys/class/net/$name/device ]]; then
      physical=1; rx=$((rx + in)); tx=$((tx + out))
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
  while read -r -a values; do
    [[ ${values[0]} == Tcp: ]] || continue
    if [[ ${#names[@]} -eq 0 ]]; then names=("${values[@]}"); continue; fi
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
