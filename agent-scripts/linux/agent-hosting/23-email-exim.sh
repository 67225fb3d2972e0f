# ---------------------------------------------------------------- email-stats: exim's main log
#
#   DATE TIME [+ZONE] [[PID]] ID FLAG ...        <= taken, => -> >> delivered, ** failed, == deferred, Completed
#   DATE TIME [+ZONE] [[PID]] cwd=FOLDER N args: PROGRAM ARGUMENTS
#
# The sender of a message writes its subject, its id, the recipients and the envelope sender, so what is quoted is taken
# out of the way first, and fields are read in the order in which exim writes them.
# shellcheck disable=SC2016 # awk's
readonly AWK_EXIM='
BEGIN { zone_init(zone) }
# Quoted parts without their quotes, one word each.
function unquote(s,   out, q) {
  while (match(s, /"([^"\\]|\\.)*"/)) {
    q = substr(s, RSTART + 1, RLENGTH - 2); gsub(/ /, "_", q)
    out = out substr(s, 1, RSTART - 1) q; s = substr(s, RSTART + RLENGTH)
  }
  return out s
}
# Programs that hand in mail; exim starting itself for a queue run or a delivery is none. Kept for a minute.
function started(at, key, folder,   k) {
  if (!(key in cwd) && ++cwd_count > 2000) {
    for (k in cwd) if (cwd[k] + 60 < at) { delete cwd[k]; cwd_count-- }
    # Thousands a minute, each a process of its own.
    if (cwd_count > 1500) { split("", cwd); cwd_count = 1 }
  }
  cwd[key] = at "\t" substr(folder, 1, 500)
}
function started_in(key, at, seconds) {
  return key in cwd && cwd[key] + seconds >= at ? substr(cwd[key], index(cwd[key], "\t") + 1) : ""
}
function save_started(   k) { for (k in cwd) if (cwd[k] > newest - 60) printf "C\t%.0f\t%s\t%s\n", cwd[k], k, started_in(k, 0, 0) > state }
function home_of(folder,   part) { return folder ~ /^\/home[0-9]*\/[^\/]/ && split(folder, part, "/") ? part[3] : "" }
# Where user was when it handed in a message at that time: by process if the log names it, else where a program was
# last started in its home; for users of the system, wherever one was started a moment ago.
function folder_of(user, at, pid,   folder) {
  if (pid != "" && (folder = started_in("p" pid, at, 60)) != "") return folder
  if ((folder = started_in("u" user, at, 60)) != "") return folder
  folder = started_in("a", at, 5)
  if (folder != "" && (user in system_user || home_of(folder) == "")) return folder
  return "user:" user
}
# Whom the line is about: the address that the message was sent to, which stands in <> behind one that it became.
function recipient(rest,   at) {
  rest = substr(rest, 1, 2000)
  if (index(rest, "\"")) rest = unquote(rest)
  at = match(rest, / (R|P|T|H|SRS|F)=| routing defer/)
  if (!at) at = match(rest, /: /)
  if (at) rest = substr(rest, 1, at - 1)
  sub(/:$/, "", rest)
  if (match(rest, /<[^<>]+>$/)) rest = substr(rest, RSTART + 1, RLENGTH - 2)
  return tolower(rest)
}
function taken(id, at, pid, rest,   n, i, t, sender, ip, user, proto, login, hosts, domain, path, listed, owner) {
  # Without a login and not from this host: not ours.
  if (rest !~ / A=| P=(utf8)?local/) return
  if (index(rest, "\"")) rest = unquote(rest)
  n = split(rest, word, " "); sender = word[1]
  if (sender == "<>") return
  for (i = 2; i <= n; i++) {
    t = word[i]
    if (t == "for") { listed = 1; break }
    if (t ~ /^S=[0-9]+$/) { for (; i <= n && word[i] != "for"; i++) ; listed = i <= n; break }
    if (t ~ /^H=/) { hosts = 1; t = substr(t, 3) }
    if (t ~ /^U=/) { hosts = 0; user = substr(t, 3) }
    # What a foreign identd says may look like a field; the last protocol is the true one.
    if (t ~ /^P=/) { hosts = 0; proto = substr(t, 3); login = "" }
    if (t ~ /^A=/ && proto != "") { login = substr(t, 3); sub(/^[^:]*:/, "", login) }
    if (hosts && t ~ /^\[[0-9a-fA-F.:]+\](:[0-9]+)?$/) { ip = t; sub(/^\[/, "", ip); sub(/\].*/, "", ip) }
  }
  if (login == "" && proto !~ /^(utf8)?local/) return
  domain = sender ~ /@/ ? domain_of(sender) : "localhost"
  if (login == "") {
    # Mailing lists, and what the mail system passes on for others.
    if (user == "mailman" || user == "list") return
    if (user ~ /^(mailnull|exim|Debian-exim|mail)$/ && sender ~ /^(SRS|srs)[01][=+-]/) return
    path = folder_of(user, at, pid)
    owner = home_of(path)
    if (owner == "" && !(user in system_user)) owner = user
  }
  accept(id, at, domain, tolower(login), address(ip), path, owner, listed ? n - i : 0, listed)
}
# Refused for the moment by a host (or the host by us): an attempt was made. Not: retry time not reached (-52 to -54),
# nor what waits for a mailbox here.
function deferred(id, at, rest,   quoted) {
  quoted = index(rest, "\"") ? unquote(substr(rest, 1, 2000)) : rest
  if (quoted ~ / defer \(-5[234]\)/) return
  if (match(quoted, / T=[^ ]+/) && is_local(substr(quoted, RSTART + 3, RLENGTH - 3))) return
  failed(id, at, recipient(rest), 0)
}
function is_local(transport) {
  return transport !~ /^(remote|dkim_remote|smtp)/ && transport ~ /local|deliver|dovecot|lmtp|virtual|maildir|mail_spool|procmail|pipe|file|autoreply/
}
mode == "log" {
  if ($0 ~ /[\001-\037]/) gsub(/[\001-\037]/, " ")
  i = 3
  if ($3 ~ /^[+-][0-9][0-9][0-9][0-9]$/) {
    i = 4
    if ($1 !~ /^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]$/) next
    at = rfc3339_time($1 "T" $2 $3)
  } else if ($1 == last_date && $2 == last_time) at = last_at
  else { at = local_time($1, $2); last_date = $1; last_time = $2; last_at = at }
  if (at < 0) next
  at = clock(at)
  pid = ""
  if ($i ~ /^\[[0-9]+\]$/) { pid = $i; i++ }
  id = $i
  if (substr(id, 1, 4) == "cwd=") {
    if (!match($0, / [0-9]+ args: /)) next
    arguments = substr($0, RSTART + RLENGTH)
    if (arguments ~ / -(M|q|E|R|S|b[dDpPtvVehiw])/) next
    folder = substr($0, index($0, "cwd=") + 4, RSTART - index($0, "cwd=") - 4)
    if (pid != "") started(at, "p" pid, folder)
    user = home_of(folder)
    if (user != "") started(at, "u" user, folder)
    started(at, "a", folder)
    next
  }
  flag = $(i + 1)
  if (flag == "Completed") { completed(id); next }
  if (id !~ /^[0-9A-Za-z]+-[0-9A-Za-z]+-[0-9A-Za-z]+$/) {
    # NAME authenticator failed for HOST [IP]: 535 TEXT (set_id=LOGIN)
    # HOST is a name (helo) or (helo), where helo may be an address in brackets: the true one has the answer behind it.
    if (flag == "authenticator" && $(i + 2) == "failed" && match($0, /\[[0-9a-fA-F.:]+\](:[0-9]+)?( I=\[[0-9a-fA-F.:]+\](:[0-9]+)?)?: 535 /)) {
      ip = substr($0, RSTART + 1, RLENGTH); sub(/\].*/, "", ip); login = ""
      rest = substr($0, RSTART + RLENGTH)
      if (match(rest, /^[^(]*\(set_id=/)) { login = substr(rest, RLENGTH + 1); sub(/\)$/, "", login) }
      login_failed(at, tolower(substr(login, 1, 255)), address(ip))
    }
    next
  }
  if (flag !~ /^(<=|=>|->|>>|\*\*|==)$/) next
  rest = substr($0, index($0, " " id " " flag " ") + length(id) + length(flag) + 3)
  if (flag == "<=") taken(id, at, pid, rest)
  else if (flag == "**") failed(id, at, recipient(rest), 1)
  else if (flag == "==") { if (is_open(id)) deferred(id, at, rest) }
  else if (is_open(id)) { if (index(rest, " H=")) delivered_away(id, recipient(rest)); else delivered_here(id, recipient(rest)) }
}
'
