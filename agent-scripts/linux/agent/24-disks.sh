
# ---------------------------------------------------------------- disks

# Sets MOUNT_OF, DEVICE_OF, FSTYPE_OF by device number, each device once. The list comes from mountinfo, which hangs on
# no dead server. Pseudo file systems are left out.
declare -A MOUNT_OF=() DEVICE_OF=() FSTYPE_OF=()
list_mounts() {
  local _id _parent majmin root mount _opts rest fstype source
  MOUNT_OF=() DEVICE_OF=() FSTYPE_OF=()
  while read -r _id _parent majmin root mount _opts rest; do
    rest=${rest#*- }; fstype=${rest%% *}; rest=${rest#* }; source=${rest%% *}
    case $fstype in
      ext[234]|xfs|btrfs|zfs|reiserfs|jfs|f2fs|bcachefs|vfat|exfat|ntfs*|nfs|nfs4|cifs|smb3|ceph|glusterfs|fuse.*|fuseblk) ;;
      overlay) [[ $mount == / ]] || continue ;;
      *) continue ;;
    esac
    case $fstype in fuse.lxcfs|fuse.gvfsd*|fuse.portal) continue ;; esac
    printf -v mount '%b' "${mount//\\/\\0}"; printf -v source '%b' "${source//\\/\\0}"
    # A device shows once: the mount of its root wins over bind mounts and subvolumes, then the shorter path.
    if [[ -n ${MOUNT_OF[$majmin]:-} ]]; then
      [[ $root == / || $mount == / ]] || continue
      ((${#mount} < ${#MOUNT_OF[$majmin]})) || continue
    elif [[ $root != / && $mount != / && $fstype != btrfs ]]; then
      continue
    fi
    MOUNT_OF[$majmin]=$mount; DEVICE_OF[$majmin]=$source; FSTYPE_OF[$majmin]=$fstype
  done </proc/self/mountinfo
}

# Names one process for ever: "pid start". Empty when there is none of that pid.
process_name() { # variable, pid
  local _stat='' _words
  { read -r _stat <"/proc/$2/stat"; } 2>/dev/null
  # shellcheck disable=SC2206 # numbers
  _words=(${_stat##*) })
  printf -v "$1" '%s' "${_words[19]:+$2 ${_words[19]}}"
}

# Asks one file system for its size, and says so on descriptor 7: "device blocks free available size inodes free".
# Nothing of a mount is touched outside such a child: a dead NFS server blocks whoever looks, for ever.
ask_size() { # device number
  local key=$1 asked=$RUN/stat.${1//:/-} before='' now='' answer
  { read -r before <"$asked"; } 2>/dev/null
  [[ -n $before ]] && process_name now "${before%% *}"
  # Still asking, since an earlier tick: not once more.
  if [[ -n $before && $now == "$before" ]]; then printf '%s hung\n' "$key" >&7; return; fi
  process_name now "$BASHPID"
  if ! { printf '%s\n' "$now" >"$asked"; } 2>/dev/null; then
    # Nowhere to remember that it hangs: only those are asked that do not.
    case ${FSTYPE_OF[$key]} in nfs*|cifs|smb3|ceph|glusterfs|fuse*) printf '%s hung\n' "$key" >&7; return ;; esac
  fi
  [[ -d ${MOUNT_OF[$key]} ]] && answer=$(stat -f -c '%b %f %a %S %c %d' -- "${MOUNT_OF[$key]}" 2>/dev/null) && printf '%s %s\n' "$key" "$answer" >&7
  { : >"$asked"; } 2>/dev/null
  printf '%s done\n' "$key" >&7
}

probe_disks() {
  local key blocks free avail size inodes inodes_free used out='' m d f it iu left began now asked=0
  local -A open=()
  list_mounts
  exec 7<> <(:)
  for key in "${!MOUNT_OF[@]}"; do
    ask_size "$key" &
    open[$key]=1; asked=$((asked + 1))
  done
  uptime_cs began
  while ((asked > 0)); do
    # Two seconds before the probe's own time is over: what answered is reported all the same.
    uptime_cs now; left=$(((PROBE_TIMEOUT_S - 2) * 100 - (now - began))); ((left > 0)) || break
    decimal left "$left"
    read -r -t "$left" -u 7 key blocks free avail size inodes inodes_free || break
    case $blocks in
      'done') unset "open[$key]"; asked=$((asked - 1)); continue ;;
      hung) asked=$((asked - 1)); continue ;;
    esac
    [[ $blocks -gt 0 ]] || continue
    # What root keeps in reserve is neither used nor usable: full means full for everybody else.
    used=$(((blocks - free) * size))
    json_string m "${MOUNT_OF[$key]}"; json_string d "${DEVICE_OF[$key]}"; json_string f "${FSTYPE_OF[$key]}"
    it=null; iu=null
    if [[ $inodes =~ ^[0-9]+$ && $inodes -gt 0 ]]; then it=$inodes; iu=$((inodes - inodes_free)); fi
    out+=",{\"mount\":$m,\"device\":$d,\"fstype\":$f,\"bytes_total\":$((used + avail * size)),\"bytes_used\":$used"
    out+=",\"inodes_total\":$it,\"inodes_used\":$iu}"
  done
  for key in "${!open[@]}"; do say warn "disks: ${MOUNT_OF[$key]} does not answer"; done
  exec 7>&-
  BODY="\"partitions\":[${out#,}]"
}
