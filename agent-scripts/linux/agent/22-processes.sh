
# ---------------------------------------------------------------- processes

# Services, a row each: name on the wire, process names, units in order of preference, binaries that mean "installed".
# `exim` is exim4 on Debian, postfix's main process is called master, LiteSpeed's litespeed or lshttpd.
readonly SERVICES=(
  'httpd|httpd apache2|httpd apache2|/usr/sbin/httpd /usr/sbin/apache2 /usr/local/apache/bin/httpd'
  'nginx|nginx|nginx|/usr/sbin/nginx /usr/local/nginx/sbin/nginx'
  'mysqld|mysqld mysqld_safe|mysqld mysql|/usr/sbin/mysqld /usr/libexec/mysqld'
  'mariadbd|mariadbd|mariadb mysql|/usr/sbin/mariadbd /usr/libexec/mariadbd'
  'lsws|litespeed lshttpd openlitespeed|lsws lshttpd|/usr/local/lsws/bin/lshttpd /usr/local/lsws/bin/litespeed'
  'exim|exim exim4|exim exim4|/usr/sbin/exim /usr/sbin/exim4'
  'postfix|master|postfix|/usr/sbin/postfix'
  'dovecot|dovecot|dovecot|/usr/sbin/dovecot'
  'named|named|named bind9|/usr/sbin/named'
)

# The unit that exists on this host; looks at files only, so it works without a running systemd.
find_unit() { # variable, candidates
  local _unit _folder
  for _unit in $2; do
    for _folder in /etc/systemd/system /run/systemd/system /usr/lib/systemd/system /lib/systemd/system; do
      [[ -e $_folder/$_unit.service ]] && { printf -v "$1" '%s' "$_unit"; return; }
    done
    [[ -x /etc/init.d/$_unit ]] && { printf -v "$1" '%s' "$_unit"; return; }
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

# Below this uid are the host's own accounts; what a customer runs is not the host's service.
system_uids() { # variable
  local _key _value _
  printf -v "$1" 1000
  [[ -r /etc/login.defs ]] || return 0
  while read -r _key _value _; do
    [[ $_key == UID_MIN && $_value =~ ^[0-9]+$ ]] && printf -v "$1" '%s' "$_value"
  done </etc/login.defs
  return 0
}

# Prints "service processes main_pid" for each service that has any. Left out: zombies, processes of containers (they
# live in a further pid namespace), and those of customers' accounts. `nobody` (65534) is the host's: LiteSpeed's and
# cPanel's workers. The main process is the oldest whose parent is not of the service.
running_services() {
  local below own=1 row words pattern='' comms named
  system_uids below
  while read -r -a words; do [[ ${words[0]} == NSpid: ]] && own=$((${#words[@]} - 1)); done </proc/self/status
  for row in "${SERVICES[@]}"; do comms=${row#*|}; comms=${comms%%|*}; pattern+="|${comms// /|}"; done
  printf -v row '%s;' "${SERVICES[@]}"
  cd /proc || return
  # One word of each process first: the long files only of those that bear one of our names.
  named=$(grep -lsxE "${pattern#|}" [0-9]*/comm); (($? <= 2)) || return
  [[ -n $named ]] || return 0
  # shellcheck disable=SC2086 # paths of digits
  grep -hsE '^(Name|State|Pid|PPid|Uid|NSpid):' ${named//comm/status} |
    awk -v own="$own" -v below="$below" -v services="$row" '
      function is_postfix(pid,    line, file) {
        file = pid "/cmdline"; line = ""
        if ((getline line < file) < 0) line = ""
        close(file)
        return line ~ /^[^ ]*\/postfix\/([^ ]*\/)?master/
      }
      function flush() {
        if (pid == "" || state == "Z" || spaces > own || (uid >= below && uid != 65534) || !(name in of)) return
        # `master` is the name of many a program.
        if (name == "master" && !is_postfix(pid)) return
        n++; pids[n] = pid; parents[n] = ppid; names[n] = of[name]; member[of[name], pid] = 1
      }
      BEGIN {
        rows = split(services, row, ";")
        for (i = 1; i <= rows; i++) {
          split(row[i], field, "|"); words = split(field[2], word, " ")
          for (j = 1; j <= words; j++) of[word[j]] = field[1]
        }
      }
      $1 == "Name:" { flush(); name = $2; pid = ""; spaces = own }
      $1 == "State:" { state = $2 }
      $1 == "Pid:" { pid = $2 + 0 }
      $1 == "PPid:" { ppid = $2 + 0 }
      $1 == "Uid:" { uid = $3 + 0 }
      $1 == "NSpid:" { spaces = NF - 1 }
      END {
        flush()
        for (i = 1; i <= n; i++) {
          service = names[i]; count[service]++
          if ((service, parents[i]) in member) continue
          if (!(service in main) || pids[i] < main[service]) main[service] = pids[i]
        }
        for (service in count) print service, count[service], (service in main) ? main[service] : "null"
      }'
  ((PIPESTATUS[0] <= 2 && PIPESTATUS[1] == 0))
}

probe_processes() {
  if [[ ! -r /proc/1/status ]]; then
    unreadable no_permission 'other users'\'' processes are hidden (hidepid or CageFS): let this user see /proc'
    return
  fi
  local table row words
  # Half a list would call the other half dead.
  if ! table=$(running_services); then unreadable collector_error 'reading /proc failed'; return; fi
  local i name units binaries count main binary unit installed enabled running seen_mysql='' unit_json out=''
  local -A count_of=() main_of=()
  # shellcheck disable=SC2206 # names and numbers
  words=($table)
  for ((i = 0; i < ${#words[@]}; i += 3)); do
    count_of[${words[i]}]=${words[i + 1]}; main_of[${words[i]}]=${words[i + 2]}
  done
  for row in "${SERVICES[@]}"; do
    name=${row%%|*} binaries=${row##*|} units=${row%|*}; units=${units##*|}
    count=${count_of[$name]:-0} main=${main_of[$name]:-null} installed=false enabled=false running=false
    for binary in $binaries; do [[ -e $binary ]] && installed=true; done
    find_unit unit "$units"
    [[ -n $unit && $installed == true ]] && is_enabled "$unit" && enabled=true
    ((count > 0)) && installed=true running=true
    # mysqld and mariadbd are one service: the one that is there speaks.
    if [[ $name == mysqld || $name == mariadbd ]]; then
      [[ -n $seen_mysql ]] && continue
      if [[ $name == mysqld && -e /usr/sbin/mariadbd && $running == false ]]; then continue; fi
      [[ $installed == true ]] && seen_mysql=1
    fi
    unit_json=null; [[ -n $unit && $installed == true ]] && json_string unit_json "$unit"
    out+=",{\"name\":\"$name\",\"unit\":$unit_json,\"installed\":$installed,\"enabled\":$enabled"
    out+=",\"running\":$running,\"pids\":$count,\"main_pid\":$main}"
  done
  BODY="\"services\":[${out#,}]"
}
