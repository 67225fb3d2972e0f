
# ---------------------------------------------------------------- inventory: what the host is made of
#
# Every 3600 s, and when it changes: each 300 s what it is read from is looked at, which costs a few processes, and
# only when that differs is all of it read.

# The newest kernel that a restart would bring up, of the same make as the one that runs; '' where kernels are not the
# host's own business (containers, kernels that the provider brings).
kernel_installed() { # variable, running
  local _file _version _make _newest='' _all=()
  printf -v "$1" ''
  for _file in "$HOST_ROOT"/boot/vmlinuz-*; do
    _version=${_file##*/vmlinuz-}
    [[ -e $_file && $_version != *rescue* && $_version != *.old ]] && _all+=("$_version")
  done
  if ((${#_all[@]} == 0)); then
    for _file in "$HOST_ROOT"/lib/modules/*/vmlinuz; do
      [[ -e $_file ]] && { _file=${_file%/vmlinuz}; _all+=("${_file##*/}"); }
    done
  fi
  ((${#_all[@]})) || return 0
  [[ -e $HOST_ROOT/boot/vmlinuz-$2 || -d $HOST_ROOT/lib/modules/$2 ]] || return 0
  kernel_make _make "$2"
  while IFS= read -r _version; do
    kernel_make _file "$_version"
    [[ $_file == "$_make" ]] && _newest=$_version
  done < <(printf '%s\n' "${_all[@]}" | sort -V)
  printf -v "$1" '%s' "$_newest"
}
# amd64, cloud-amd64, generic; uek or lve of an rpm kernel.
kernel_make() { # variable, version
  local _suffix=''
  if [[ $2 =~ (uek|lve|\+[a-z]+$) ]]; then _suffix=${BASH_REMATCH[1]}
  elif [[ $2 != *.el[0-9]* && $2 =~ ((-[A-Za-z][A-Za-z0-9_]*)+)$ ]]; then _suffix=${BASH_REMATCH[1]}; fi
  printf -v "$1" '%s' "$_suffix"
}

host_panel() { # variable
  local _panel='' _version='' _line
  local -r _opt=$HOST_ROOT/usr/local
  if [[ -e $_opt/cpanel/version ]]; then _panel=cPanel; { read -r _version <"$_opt/cpanel/version"; } 2>/dev/null
  elif [[ -e $_opt/psa/version ]]; then _panel=Plesk; { read -r _version _line <"$_opt/psa/version"; } 2>/dev/null
  elif [[ -d $_opt/directadmin ]]; then _panel=DirectAdmin
  elif [[ -d $_opt/CyberCP ]]; then _panel=CyberPanel
  elif [[ -d $_opt/hestia ]]; then
    _panel=Hestia
    while IFS= read -r _line; do [[ $_line =~ ^VERSION=\'?([0-9.]+) ]] && _version=${BASH_REMATCH[1]}; done 2>/dev/null <"$_opt/hestia/conf/hestia.conf"
  elif [[ -d $_opt/vesta ]]; then _panel=VestaCP
  elif [[ -d $_opt/cwpsrv ]]; then _panel=CWP
  elif [[ -d $_opt/ispconfig ]]; then _panel=ISPConfig
  elif [[ -d $_opt/interworx ]]; then _panel=InterWorx
  elif [[ -d $HOST_ROOT/www/server/panel ]]; then _panel=aaPanel
  elif [[ -d $HOST_ROOT/etc/webmin/virtual-server ]]; then _panel=Virtualmin
  fi
  printf -v "$1" '%s' "${_panel:+$_panel${_version:+ $_version}}"
}

# "name version" of a mail or web server, as its program says. A program that hangs is not waited for.
mail_server() { # variable, running services
  local _name='' _version='' _program
  for _program in exim4 exim /usr/sbin/exim4 /usr/sbin/exim; do _program=$(command -v "$_program") && break; done
  if [[ $2 == *$'\nexim '* ]] || { [[ $2 != *$'\npostfix '* ]] && [[ -n $_program ]]; }; then
    _name=exim
    [[ -n $_program ]] && _version=$(timeout 2 "$_program" -bV 2>/dev/null | sed -n 's/^Exim version \([^ ]*\).*/\1/p')
  elif [[ $2 == *$'\npostfix '* || -e /usr/sbin/postfix ]]; then
    _name=postfix; _version=$(timeout 2 postconf -h mail_version 2>/dev/null)
  fi
  printf -v "$1" '%s' "${_name:+$_name${_version:+ $_version}}"
}
web_server() { # variable, running services
  local _out='' _version='' _program
  if [[ $2 == *$'\nlsws '* || ( -d $HOST_ROOT/usr/local/lsws/bin && $2 != *$'\nhttpd '* && $2 != *$'\nnginx '* ) ]]; then
    { read -r _version <"$HOST_ROOT/usr/local/lsws/VERSION"; } 2>/dev/null
    _out=LiteSpeed
    [[ -e $HOST_ROOT/usr/local/lsws/bin/openlitespeed ]] && _out=OpenLiteSpeed
    _out+=${_version:+ $_version}
  else
    # One in front of the other is common.
    if [[ $2 == *$'\nnginx '* ]]; then
      _program=$(command -v nginx || command -v /usr/sbin/nginx || command -v /usr/local/nginx/sbin/nginx)
      _version=$(timeout 2 "$_program" -v 2>&1 | sed -n 's|^nginx version: [^/]*/\([^ ]*\).*|\1|p')
      _out="nginx${_version:+ $_version}"
    fi
    if [[ $2 == *$'\nhttpd '* ]]; then
      _program=$(command -v httpd || command -v apache2 || command -v /usr/sbin/httpd || command -v /usr/sbin/apache2)
      _version=$(timeout 2 "$_program" -v 2>/dev/null | sed -n 's|^Server version: Apache/\([^ ]*\).*|\1|p')
      _out+="${_out:+, }Apache${_version:+ $_version}"
    fi
  fi
  printf -v "$1" '%s' "$_out"
}

# Addresses of the host's own interfaces, one a line; not those of bridges for containers and virtual machines.
host_addresses() {
  if command -v ip >/dev/null; then
    ip -o addr show 2>/dev/null | awk '
      $2 ~ /^(lo|docker|veth|br-|virbr|cni|flannel|cali|podman|lxcbr|lxdbr|kube|dummy)/ { next }
      $3 !~ /^inet6?$/ || / scope (link|host)/ || / (temporary|tentative|dadfailed)/ { next }
      { sub(/\/.*/, "", $4); print $4 }' | sort -u
    return
  fi
  # Without iproute2: the kernel`s own tables.
  {
    awk '/^Local:/ { on = 1 } /^Main:/ { on = 0 } on && /\|--/ { at = $2 } on && /32 host LOCAL/ && at !~ /^127\./ { print at }' /proc/net/fib_trie
    awk '$4 == "00" { a = $1; gsub(/..../, "&:", a); sub(/:$/, "", a); print a }' /proc/net/if_inet6
  } 2>/dev/null | sort -u
}

# Addresses that connections to the outside come from. The kernel looks its routes up and sends nothing.
outbound_addresses() {
  local family target line domain address own
  for family in -4 -6; do
    for target in 203.0.113.1 1.0.0.1 2001:db8::1 2606:4700::1; do
      [[ $family == -6 && $target != *:* || $family == -4 && $target == *:* ]] && continue
      line=$(ip -o "$family" route get "$target" 2>/dev/null) || continue
      if [[ $line =~ \ src\ ([0-9a-fA-F.:]+) ]]; then own=${BASH_REMATCH[1]}; [[ $own == fe80:* ]] || { echo "$own"; public_address "$own"; }; break; fi
    done
  done
  # What a domain's mail is sent from.
  if [[ -r $HOST_ROOT/etc/mailips ]]; then
    while IFS=' ' read -r domain address _; do
      for own in ${address//[;,]/ }; do echo "$own"; public_address "$own"; done
    done < <(grep -v '^#' "$HOST_ROOT/etc/mailips" 2>/dev/null)
  fi
  if [[ -z $HOST_ROOT ]] && command -v postconf >/dev/null; then
    timeout 2 postconf -h smtp_bind_address smtp_bind_address6 2>/dev/null
  fi
}
# Behind 1:1 NAT cPanel knows the address that the world sees.
public_address() { # address
  local own public
  [[ -r $HOST_ROOT/var/cpanel/cpnat ]] || return 0
  while read -r own public _; do [[ $own == "$1" && -n $public ]] && echo "$public"; done <"$HOST_ROOT/var/cpanel/cpnat"
}

# ---- domains that mail is sent for

# Entries of a list of domains as exim and postfix write it, in order: names, and files that hold them.
expand_domains() { # what "@" stands for
  local item path
  while IFS= read -r item; do
    item=${item#"${item%%[![:space:]]*}"}; item=${item%"${item##*[![:space:]]}"}
    case $item in
      ''|!*|*[*\$]*|@\[\]|@mx_*|localhost|localhost.*|*/*.db) ;;
      @) echo "$1" ;;
      dsearch\;*) path=${item#*;}; [[ -d $path ]] && ls -- "$path" ;;
      *search\;*|hash:*|texthash:*|lmdb:*|btree:*|cdb:*|/*)
        path=${item#*;}; path=${path#*:}
        [[ -f $path && -r $path ]] && sed -e 's/#.*//' -e 's/[[:space:]:].*//' -- "$path" ;;
      *\;*|*:*) ;; # A database.
      *) echo "$item" ;;
    esac
  done
}

mail_domains_of_exim() {
  local program list primary=''
  for program in exim4 exim /usr/sbin/exim4 /usr/sbin/exim; do program=$(command -v "$program") && break; done
  [[ -n $program && -z $HOST_ROOT ]] || return 1
  # Its settings are often root's.
  if list=$(timeout 3 "$program" -bP +local_domains 2>/dev/null) && [[ $list == *=* ]]; then
    primary=$(timeout 3 "$program" -bP primary_hostname 2>/dev/null); primary=${primary#*= }
    list=${list#*= }
    if [[ $list == '<'* ]]; then printf '%s\n' "${list:2}" | tr "${list:1:1}" '\n' | expand_domains "$primary"
    else printf '%s\n' "$list" | tr ':' '\n' | expand_domains "$primary"; fi
    return 0
  fi
  if [[ -r /etc/exim4/update-exim4.conf.conf ]]; then
    sed -n "s/^dc_other_hostnames='\(.*\)'/\1/p" /etc/exim4/update-exim4.conf.conf | tr ':;' '\n' | expand_domains "$primary"
    return 0
  fi
  return 1
}

mail_domains_of_postfix() {
  command -v postconf >/dev/null && [[ -z $HOST_ROOT ]] || return 1
  timeout 3 postconf -xh mydestination virtual_alias_domains virtual_mailbox_domains relay_domains 2>/dev/null |
    tr ', ' '\n' | expand_domains ''
}

# "domain selector" lines; selector is - where none is known. Returns 1 when nothing may be read.
mail_domains() {
  local domain readable=''
  {
    if [[ -d $HOST_ROOT/usr/local/cpanel ]]; then
      [[ -r $HOST_ROOT/etc/userdomains && -s $HOST_ROOT/etc/userdomains ]] && awk -F: '{ print $1 }' "$HOST_ROOT/etc/userdomains" || return 1
    else
      mail_domains_of_exim && readable=1
      mail_domains_of_postfix && readable=1
      [[ -n $readable ]] || return 1
    fi
  } | awk '{ d = tolower($1); sub(/\.$/, "", d) }
      d ~ /^[a-z0-9_-]+(\.[a-z0-9_-]+)+$/ && d !~ /^[0-9.]+$/ && length(d) < 254 && !(d in seen) { seen[d] = 1; print d }' |
    while IFS= read -r domain; do
      if [[ -e $HOST_ROOT/var/cpanel/domain_keys/public/$domain ]]; then echo "$domain default"; else echo "$domain -"; fi
    done
  return "${PIPESTATUS[0]}"
}
count_mail_domains() {
  local list
  list=$(mail_domains) || return 0
  printf '# domain, DKIM selector\n%s\n' "$list"
}
hosting_counts mail-domains count_mail_domains 3600

# ---- the report

# One number for everything that the report is read from.
inventory_print() { # variable
  local _sum _paths=("$HOST_ROOT"/usr/local/{cpanel/version,psa/version,lsws/VERSION,directadmin,CyberCP,hestia/conf/hestia.conf}
    "$HOST_ROOT"/etc/{userdomains,mailips,localtime,timezone,machine-id,hosts,exim4/update-exim4.conf.conf,postfix/main.cf}
    "$HOST_ROOT"/boot "$HOST_ROOT"/lib/modules "$HOST_ROOT"/var/cpanel/{cpnat,domain_keys/public} "$COUNTS/mail-domains"
    /usr/sbin/{exim,exim4,postfix,nginx,httpd,apache2})
  local _host=''
  { read -r _host </proc/sys/kernel/hostname; } 2>/dev/null
  read -r _sum _ < <({
    # shellcheck disable=SC2153 # the agent's own
    printf '%s %s\n' "$_host" "$VERSION"
    # The counts are written anew each time: only their content tells.
    stat -L -c '%n %s %Y' -- "${_paths[@]}" 2>/dev/null | sed "s|^\($COUNTS/[^ ]* [0-9]*\) .*|\1|"
    host_addresses; outbound_addresses; running_services | awk '{ print $1 }' | sort
  } | cksum)
  printf -v "$1" '%s' "$_sum"
}

host_name() { # variable
  local _short='' _full=''
  { read -r _short </proc/sys/kernel/hostname; } 2>/dev/null
  # The whole name without asking a resolver, which may hang.
  if [[ $_short != *.* && -r $HOST_ROOT/etc/hosts ]]; then
    _full=$(awk -v name="$_short" '{ sub(/#.*/, ""); for (i = 2; i <= NF; i++) if (index($i, name ".") == 1) { print $i; exit } }' "$HOST_ROOT/etc/hosts")
  fi
  printf -v "$1" '%s' "${_full:-${_short:-unknown}}"
}

# A hash that tells this host from others, and nothing else.
machine_hash() { # variable
  local _id='' _path
  for _path in "$HOST_ROOT/etc/machine-id" "$HOST_ROOT/var/lib/dbus/machine-id"; do
    [[ -n $_id ]] || { read -r _id <"$_path"; } 2>/dev/null
  done
  [[ -n $_id ]] || _id=$(cat /sys/class/net/[!l]*/address 2>/dev/null | sort -u)
  [[ -n $_id ]] || host_name _id
  read -r _id _ < <(printf 'hostseba-noc:%s' "$_id" | sha256sum)
  printf -v "$1" '%s' "$_id"
}

json_or_null() { # variable, text
  if [[ -n $2 ]]; then json_string "$1" "$2"; else printf -v "$1" null; fi
}

probe_inventory() {
  local now print sent=0 run='' was='' services host timezone boot=0 boot_at key value running kernel panel mta web
  local addresses outbound domains hash about
  now_s now; inventory_print print
  { read -r sent run was <"$OFFSETS/inventory"; } 2>/dev/null
  # Anew after each start of the agent, each hour, and when something is not as it was.
  if [[ $run == "${BOOT_ID:--}" && $was == "$print" && $sent =~ ^[0-9]+$ ]] && ((now >= sent && now - sent < 3450)); then return; fi

  while read -r key value _; do [[ $key == btime ]] && boot=$value; done </proc/stat
  printf -v boot_at '%(%Y-%m-%dT%H:%M:%SZ)T' "$boot"
  { read -r running </proc/sys/kernel/osrelease; } 2>/dev/null
  kernel_installed kernel "$running"; json_or_null kernel "$kernel"; json_string running "${running:-unknown}"
  services=$'\n'$(running_services)
  host_panel panel; json_or_null panel "$panel"
  mail_server mta "$services"; json_or_null mta "$mta"
  web_server web "$services"; json_or_null web "$web"
  host_name host; json_string host "$host"
  host_timezone timezone; json_string timezone "$timezone"
  machine_hash hash
  addresses=$(host_addresses | awk "$AWK_TEXT"'address($0) != "" && n++ < 2000 { printf "%s\"%s\"", (n > 1 ? "," : ""), address($0) }')
  outbound=$(outbound_addresses | awk "$AWK_TEXT"'{ a = address($0) } a != "" && !(a in seen) && n++ < 2000 { seen[a] = 1; printf "%s\"%s\"", (n > 1 ? "," : ""), a }')
  # Root's list where this user sees none.
  domains=$(mail_domains) || { domains=''; BODY=''; counts_of mail-domains 10800 'mail domains' && domains=$(<"$COUNTS_FILE"); BODY=''; }
  domains=$(printf '%s\n' "$domains" | awk '/^#/ || NF < 2 { next }
    { line = sprintf("{\"domain\":\"%s\",\"dkim_selector\":%s}", $1, $2 == "-" ? "null" : "\"" $2 "\""); bytes += length(line) + 1 }
    bytes < 450000 { printf "%s%s", (n++ ? "," : ""), line }')
  agent_fields about

  BODY="\"hostname\":$host,\"timezone\":$timezone,\"boot_at\":\"$boot_at\",\"kernel_running\":$running,\"kernel_installed\":$kernel"
  BODY+=",\"panel\":$panel,\"mta\":$mta,\"web_server\":$web,\"addresses\":[$addresses],\"outbound_addresses\":[$outbound]"
  BODY+=",\"mail_domains\":[$domains],\"machine_id_hash\":\"$hash\",$about"
  { printf '%s %s %s\n' "$now" "${BOOT_ID:--}" "$print" >"$OFFSETS/inventory.next"; } 2>/dev/null
}
hosting_probe inventory 300 probe_inventory

doctor_inventory() {
  local source='routes, kernels, panels, lists of mail domains' missing=''
  command -v ip >/dev/null || missing='ip is not there, so the addresses that mail leaves from are not known'
  [[ -z $missing ]]
  check inventory "${source%, lists*}" $? "$missing" 'yum install iproute || apt-get install iproute2'
  if ! mail_domains >/dev/null; then
    BODY=''
    if [[ -d $HOST_ROOT/usr/local/cpanel ]] || command -v exim4 exim postconf /usr/sbin/exim >/dev/null; then
      counts_of mail-domains 10800 'mail domains'
      check inventory 'lists of mail domains' $? 'they are seen by root alone' "$COUNTS_GRANT"
    fi
  fi
}
