# ---------------------------------------------------------------- firewall: what the logs of lfd, ModSecurity and fail2ban say
#
# An attack that was recognised (`brute_force`, `scanner`, `port_scan`, `mod_security`) and what the firewall did about it
# (`block`, `temp_block`, `unblock`) are two events: a line of lfd is told by lfd, the block in it by csf. A single
# failed login that fail2ban saw is a `login_failure`.
#
# Attackers choose host names, accounts, addresses of requests: classes come from what stands before such text, outcomes
# from what stands behind it, and an address must be one.

readonly AWK_EVENTS='
BEGIN { CONVFMT = "%.0f"; zone_init(zone) }
# Lines about the same thing at the same time, one a port, are one event. What is behind is printed, so that a log of any
# length takes the memory of some hundred events.
function event(at, source, action, ip, port, country, user, reason,   k) {
  ip = address(ip)
  if (ip == "" || at < 0) return
  if (at > now + 60) at = now
  k = at SUBSEP action SUBSEP ip SUBSEP reason
  if (!(k in e_head)) {
    if (events >= 500 && at != e_newest || events >= 5000) print_events()
    e_newest = at; e_key[++events] = k
    e_head[k] = "{\"at\":\"" iso(at) "\",\"source\":\"" source "\",\"action\":\"" action "\",\"ip\":\"" ip "\",\"ports\":["
    e_tail[k] = "],\"country\":" (country ~ /^[A-Z][A-Z]$/ ? "\"" country "\"" : "null") ",\"user\":" \
      (user == "" ? "null" : json(user, 255)) ",\"reason\":" json(reason, 400) "}"
  }
  if (port == "") e_all[k] = 1
  else if (!((k, port) in e_port)) { e_port[k, port] = 1; e_ports[k] = e_ports[k] (e_ports[k] == "" ? "" : ",") port }
}
function print_events(   i, k) {
  for (i = 1; i <= events; i++) { k = e_key[i]; print e_head[k] (k in e_all ? "" : e_ports[k]) e_tail[k] }
  split("", e_key); split("", e_head); split("", e_tail); split("", e_all); split("", e_port); split("", e_ports)
  events = 0
}
END {
  print_events()
  if (cut) print "cut " cut > "/dev/stderr"
}
'

# Mon DD HH:MM:SS HOST lfd[PID]: BODY - *Blocked in csf*[ port=N][ for N secs] [TRIGGER]
# shellcheck disable=SC2016 # awk's
readonly AWK_LFD='
# Sets ip and country to the first address of the text and the code that may stand in brackets behind it.
function find_ip(text,   n, i, w) {
  n = split(text, word, " "); ip = country = ""
  for (i = 1; i <= n && ip == ""; i++) { w = word[i]; sub(/[:.,]+$/, "", w); if (w ~ /[.:]/) ip = address(w) }
  if (ip != "" && i <= n && word[i] ~ /^\([A-Z][A-Z]\//) country = substr(word[i], 2, 2)
}
function class_of(body,   app) {
  if (body ~ /^\*Port Scan\* detected from /) return "port_scan"
  if (body ~ /^[0-9A-Fa-f.:]+( \(.*\))?, [0-9]+ distributed [a-zA-Z0-9]+ attacks on account /) return "brute_force"
  if (body ~ /^[0-9A-Fa-f.:]+( \(.*\))?, more than [0-9]+ [A-Za-z]+ 4[0-9][0-9] hits/) return "scanner"
  if (!match(body, /^\([A-Za-z0-9_-]+\) /)) return ""
  app = substr(body, 2, RLENGTH - 3); body = substr(body, RLENGTH + 1)
  if (app == "mod_security") return "mod_security"
  if (app ~ /^(CT|PERMBLOCK|NETBLOCK)$/) return ""
  if (app ~ /^(eximsyntax|bind)$/) return "scanner"
  return body ~ /^Failed [A-Za-z0-9 _\/-]*login / || app ~ /^(sshd|smtpauth|imapd|pop3d|ftpd|cpanel|htpasswd|webmin|directadmin|openvpn)$/ ? "brute_force" : ""
}
$5 ~ /^lfd\[[0-9]+\]:$/ {
  text = substr($0, index($0, " " $5 " ") + length($5) + 2); sub(/ +$/, "", text)
  if (text ~ /^(Incoming|Outgoing) IP [^ ]+ temporary block removed$/) {
    split(text, word, " "); ip = word[3]; port = ""
    if (address(ip) == "" || ip ~ /^[0-9.]+:[0-9]+$/) { port = ip; sub(/^.*:/, "", port); sub(/:[0-9]+$/, "", ip) }
    event(syslog_time($1, $2, $3), "csf", "unblock", ip, port, "", "", "temporary block removed")
    next
  }
  if (!match(text, / - \*Blocked in csf\*( port=[0-9]+)?( for [0-9]+ secs)? \[[A-Z0-9_]+\]$/)) next
  body = substr(text, 1, RSTART - 1); outcome = substr(text, RSTART + 19)
  # What begins otherwise is a note about a process or a login, whose words may imitate a block.
  if (body ~ /^\*/ && body !~ /^\*Port Scan\* /) next
  if (body ~ /^debug: /) next
  user = port = ""
  if (body ~ /^Cluster member [^ ]+ .*said, DENY /) {
    ip = body; sub(/^Cluster member [^ ]+ (\([^)]*\) )?said, DENY /, "", ip); sub(/, Reason:.*/, "", ip); country = ""
  } else find_ip(body)
  if (match(outcome, /^ port=[0-9]+/)) { port = substr(outcome, 7, RLENGTH - 6) + 0; outcome = substr(outcome, RLENGTH + 1) }
  if (match(body, / distributed [a-zA-Z0-9]+ attacks on account \[[^ ]*\] in the last [0-9]+ secs$/)) {
    user = substr(body, RSTART, RLENGTH); sub(/^.* account \[/, "", user); sub(/\] in the last [0-9]+ secs$/, "", user)
  } else if (body ~ /^[a-z0-9]+ - [0-9]+ logins in / && match(body, / for [^ ]+ exceeds [0-9]+\/hour$/)) {
    split(substr(body, RSTART, RLENGTH), word, " "); user = word[2]
  }
  at = syslog_time($1, $2, $3); class = class_of(body)
  if (class != "") event(at, "lfd", class, ip, port, country, user, body)
  event(at, "csf", outcome ~ /^ for / ? "temp_block" : "block", ip, port, country, user, body " -" outcome)
}
'

readonly AWK_REFUSED='
# The fields [name "value"] of a message: no quote can stand in a value without a backslash before it.
function fields_of(text,   f) {
  f_id = f_msg = f_host = f_uri = f_unique = ""
  while (match(text, /\[[a-z_]+ "([^"\\]|\\.)*"\]/)) {
    f = substr(text, RSTART + 1, RLENGTH - 3); text = substr(text, RSTART + RLENGTH)
    if (f ~ /^id "/) f_id = substr(f, 5)
    else if (f ~ /^msg "/) f_msg = substr(f, 6)
    else if (f ~ /^hostname "/) f_host = substr(f, 11)
    else if (f ~ /^uri "/) f_uri = substr(f, 6)
    else if (f ~ /^unique_id "/) f_unique = substr(f, 12)
  }
}
function refused(at, client) {
  # One request may be refused by several rules; it is one event.
  if (f_unique != "") {
    if ((client, f_unique) in told) return
    # The next rule speaks within moments.
    if (++told_count > 2000) { split("", told); told_count = 1 }
    told[client, f_unique] = 1
  }
  event(at, "modsecurity", "mod_security", client, "", "", "", (f_id == "" ? "" : f_id " ") (f_msg == "" ? "access denied" : f_msg) " at " f_host f_uri)
}
'

# Apache, nginx and LiteSpeed write the same words behind heads of their own. Warnings are no blocks.
# shellcheck disable=SC2016 # awk's
readonly AWK_MODSEC='
function error_time(   day) {
  if ($1 ~ /^\[[A-Z][a-z][a-z]$/) {
    day = month($2); if (!day || $5 !~ /^[0-9][0-9][0-9][0-9]\]$/) return -1
    return local_time(sprintf("%s-%02d-%02d", substr($5, 1, 4), day, $3), $4)
  }
  return local_time($1, $2)
}
{ start = index($0, "ModSecurity: Access denied") }
start {
  head = substr($0, 1, start - 1); client = ""
  # The last one in the head stands alone; the first may have its port glued on.
  while (match(head, /\[client [^] ]+\]/)) { client = substr(head, RSTART + 8, RLENGTH - 9); head = substr(head, RSTART + RLENGTH) }
  if (client ~ /^[0-9.]+:[0-9]+$/ || (address(client) == "" && client ~ /:[0-9]+$/)) sub(/:[0-9]+$/, "", client)
  fields_of(substr($0, start))
  refused(error_time(), client)
}
'

# The serial audit log of ModSecurity: --BOUNDARY-A-- to --BOUNDARY-Z-- is one request. Its body may hold such lines too,
# with another boundary, so another begins only behind the end of this one: or behind more than a body can hold, if its
# end was never written. A request that the reading ends in goes on with the next.
# shellcheck disable=SC2016 # awk's
readonly AWK_AUDIT='
function save_open() { if (open != "") printf "audit\t%s\t%s\t%.0f\t%.0f\t%s\t%s\t%s\t%s\t%s\t%s\n", open, part, a_bytes, a_at, a_ip, a_unique, a_host, a_uri, a_rule, a_msg > state }
mode == "state" {
  split($0, f, "\t")
  if (f[1] == "audit") { open = f[2]; part = f[3]; a_bytes = f[4]; a_at = f[5]; a_ip = f[6]; a_unique = f[7]; a_host = f[8]; a_uri = f[9]; a_rule = f[10]; a_msg = f[11] }
  next
}
{ a_bytes += length($0) + 1 }
/^--[0-9A-Za-z]+-[A-Z]--$/ {
  boundary = substr($0, 3, length($0) - 6); letter = substr($0, length($0) - 2, 1)
  if (open != "" && boundary != open && !(letter == "A" && a_bytes > 16777216)) next
  if (letter == "A") { a_bytes = 0; open = boundary; a_at = now; a_ip = a_unique = a_host = a_uri = a_rule = a_msg = "" }
  part = letter; first = 1
  if (letter == "Z" && boundary == open) {
    if (a_rule != "") { f_id = a_rule; f_msg = a_msg; f_host = a_host; f_uri = a_uri; f_unique = a_unique; if (f_id == "-") f_id = ""; refused(a_at, a_ip) }
    open = ""
  }
  next
}
open == "" { next }
{ gsub(/\t/, " ") }
part == "A" && first {
  # [21/Nov/2026:22:55:54.444432 +0000] UNIQUE CLIENT PORT ...
  first = 0; stamp = substr($1, 2); zone_text = $2; sub(/\]$/, "", zone_text); a_unique = $3; a_ip = $4
  split(stamp, f, /[\/:.]/)
  if (month(f[2]) && zone_text ~ /^[+-][0-9][0-9][0-9][0-9]$/) a_at = utc(f[3] + 0, month(f[2]), f[1] + 0, f[4] + 0, f[5] + 0, f[6] + 0) - offset_of(zone_text)
}
part == "B" && first { first = 0; a_uri = $2; sub(/\?.*/, "", a_uri); a_uri = substr(a_uri, 1, 300) }
part == "B" && tolower($1) == "host:" { a_host = $2; sub(/:[0-9]+$/, "", a_host); gsub(/[][]/, "", a_host); a_host = substr(a_host, 1, 255) }
part == "H" && a_rule == "" && /^Message: Access denied / { fields_of($0); a_rule = f_id == "" ? "-" : f_id; a_msg = f_msg }
END { save_open() }
'

# DATE TIME,MS fail2ban.actions [PID]: NOTICE [JAIL] Ban IP
# shellcheck disable=SC2016 # awk's
readonly AWK_FAIL2BAN='
function class_of_jail(jail) {
  if (jail ~ /modsec/) return "mod_security"
  if (jail ~ /portscan|psad/) return "port_scan"
  if (jail ~ /botsearch|badbot|noscript|nohome|overflow|fakegoogle|scan|shellshock|phpmyadmin|404/) return "scanner"
  return jail ~ /recidive/ ? "" : "brute_force"
}
$3 ~ /^fail2ban\.(actions|filter):?$/ && match($0, / (NOTICE|INFO|WARNING) +\[[^] ]+\] (Ban|Unban|Found) [^ ]+/) {
  split(substr($0, RSTART, RLENGTH), word, " "); jail = word[2]; gsub(/[][]/, "", jail)
  at = local_time($1, $2); class = class_of_jail(jail)
  if (word[3] == "Found") { event(at, "fail2ban", class == "brute_force" ? "login_failure" : class, word[4], "", "", "", "[" jail "] Found"); next }
  if (word[3] == "Ban" && class != "") event(at, "fail2ban", class, word[4], "", "", "", "[" jail "]")
  event(at, "fail2ban", word[3] == "Ban" ? "temp_block" : "unblock", word[4], "", "", "", "[" jail "] " word[3])
}
'
