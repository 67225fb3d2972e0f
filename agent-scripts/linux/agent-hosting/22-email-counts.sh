# ---------------------------------------------------------------- email-stats: counting sent mail, hour by hour
# What the readers of exim's and Postfix's log share. Counts and the place in the log live in one file, so nothing is
# counted twice or left out when the agent ends between two readings.
#
# Recipients are counted, not messages: those of mail that was logged in for (login) or handed in on the host (script).
# Not counted: bounces (sender <>), what was delivered on the host itself, mailman's lists, and forwards.

# Lines of the state, after the log's position, fields parted by tabs:
#   read AT · done HOUR (hours before it are told) · from AT (all since then was read) · newest AT (the newest line)
#   seen AT (the same of lines without a zone) · bounces AT N
#   D HOUR domain messages recipients deferred bounced · L HOUR login messages recipients failures
#   LI HOUR login ip · LD HOUR login domain · S HOUR path account messages recipients
#   T HOUR login failures (wrong passwords for it) · X HOUR ip failures accepted after login at (an address that had some)
#   M id HOUR domain login path left listed (a message not yet done with) · A id address (a recipient of it that is marked)
#   C AT key folder (where a program was started that handed in mail)
#
# Memory is bounded whatever the log holds: a host whose exim logs no end of its messages, dictionaries of logins tried,
# thousands of addresses. An element of an array costs some 300 bytes in gawk, so a thing is one element, of text.
# shellcheck disable=SC2016 # awk's
readonly AWK_COUNTS='
function hour_of(at) { return at - at % 3600 }
# Room, an hour: names of each list, names that were only tried, addresses that failed. Of all: open messages, bytes of
# marked recipients, those of one message, bytes of the addresses and domains of logins, those of one login.
BEGIN {
  CONVFMT = "%.0f"
  NAMES = 2500; TRIED = 1500; ADDRESSES = 2000
  MESSAGES = 5000; MARK_BYTES = 600000; MARKS_OF_ONE = 60000; PAIR_BYTES = 600000; PAIRS_OF_ONE = 1000
}

# Counts of a name: "a b c d". What has no room goes under "*".
function add(of, h, name, a, b, c, d,   n) {
  if (!((of, h, name) in count)) {
    if (name != "*" && names[of, h] >= NAMES) { add(of, h, "*", a, b, c, d); return }
    names[of, h]++; count[of, h, name] = a " " b " " c " " d
    return
  }
  split(count[of, h, name], n, " ")
  count[of, h, name] = (n[1] + a) " " (n[2] + b) " " (n[3] + c) " " (n[4] + d)
}
# Different values of a login: how many, and their names between tabs.
function pair(of, h, name, value,   all) {
  if (value == "" || !(("L", h, name) in count)) return
  all = (of, h, name) in pairs ? pairs[of, h, name] : "0\t"
  if (index(all, "\t" value "\t") || all + 0 >= PAIRS_OF_ONE || pair_bytes >= PAIR_BYTES) return
  pair_bytes += length(value) + 1
  pairs[of, h, name] = (all + 1) substr(all, index(all, "\t")) value "\t"
}
function mail(h, domain, login, path, messages, recipients) {
  if (h < done) return
  add("D", h, domain, messages, recipients, 0, 0)
  if (login != "") add("L", h, login, messages, recipients, 0, 0)
  if (path != "") add("S", h, path, messages, recipients, 0, 0)
}
# A message that counts. Listed: its recipients are known now; else they count as they are tried.
function accept(id, at, domain, login, ip, path, owner, n, listed,   h) {
  h = hour_of(at)
  mail(h, domain, login, path, 1, n)
  if (login != "" && h >= done) { pair("LI", h, login, ip); pair("LD", h, login, domain); let_in(at, login, ip) }
  if (path != "" && owner != "") s_account[path] = owner
  keep(id, h, domain, login, path, n, listed)
}

# Open messages, the young and the old: when there are as many young ones as there is room for, they become the old ones,
# and those that were are given up.
function is_open(id) { return id in young || id in old }
function keep(id, h, domain, login, path, left, listed,   k) {
  if (is_open(id)) return
  if (young_count >= MESSAGES / 2) {
    for (k in old) forget_marks(k)
    split("", old)
    for (k in young) old[k] = young[k]
    split("", young); young_count = 0
  }
  young[id] = h "\t" domain "\t" login "\t" path "\t" left "\t" listed; young_count++
}
# Sets m_hour to m_listed; fails where there is no such message.
function open(id,   f) {
  if (id in young) split(young[id], f, "\t")
  else if (id in old) split(old[id], f, "\t")
  else return 0
  m_hour = f[1]; m_domain = f[2]; m_login = f[3]; m_path = f[4]; m_left = f[5] + 0; m_listed = f[6] + 0
  return 1
}
function put(id,   all) {
  all = m_hour "\t" m_domain "\t" m_login "\t" m_path "\t" m_left "\t" m_listed
  if (id in young) young[id] = all; else old[id] = all
}
function forget(id) {
  if (id in young) { delete young[id]; young_count-- } else delete old[id]
  forget_marks(id)
}
function forget_marks(id) {
  if (!(id in marks)) return
  mark_bytes -= length(marks[id]); delete marks[id]
}
# Whether this is the first word of a recipient of that kind; what has no room is always new.
function mark(id, addr,   all) {
  all = id in marks ? marks[id] : "\t"
  if (index(all, "\t" addr "\t")) return 0
  if (mark_bytes >= MARK_BYTES || length(all) >= MARKS_OF_ONE) return 1
  mark_bytes += length(addr) + 1; if (!(id in marks)) mark_bytes++
  marks[id] = all addr "\t"
  return 1
}
# Recipients of unlisted messages count when they are first heard of.
function heard(id, addr) {
  if (m_listed || !mark(id, "r" addr)) return
  m_left++; put(id); mail(m_hour, m_domain, m_login, m_path, 0, 1)
}
function delivered_here(id, addr) {
  if (!open(id) || !m_listed || m_left < 1 || !mark(id, "l" addr)) return
  m_left--; put(id)
  mail(m_hour, m_domain, m_login, m_path, m_left ? 0 : -1, -1)
}
function delivered_away(id, addr) { if (open(id)) heard(id, addr) }
function failed(id, at, addr, final,   h) {
  if (final) bounce(at)
  if (!open(id)) return
  heard(id, addr)
  h = hour_of(at)
  if (h < done) return
  if (final) add("D", h, m_domain, 0, 0, 0, 1)
  if (!mark(id, "f" addr)) return
  if (!final) add("D", h, m_domain, 0, 0, 1, 0)
  if (m_login != "") add("L", h, m_login, 0, 0, 1, 0)
}
function bounce(at) { if (at > now - 7200) bounces[at - at % 300]++ }
function completed(id) {
  if (!open(id)) return
  # Nothing of it left the host.
  if (!m_listed && m_left == 0) mail(m_hour, m_domain, m_login, m_path, -1, 0)
  forget(id)
}

# A wrong password: whose, and from where. Names that never send are those of a dictionary: they must not take the place
# of those that do.
function login_failed(at, login, ip,   h) {
  h = hour_of(at)
  if (h < done) return
  if (login != "" && ((h, login) in tries || ("L", h, login) in count || tried[h] < TRIED)) {
    if (!((h, login) in tries)) tried[h]++
    tries[h, login]++
  }
  if (ip == "") return
  knock(h, ip)
  a_failures++
  put_knock(h, ip)
}
# An address that had failures is let in: after how many of this hour and the one before, the most there were, as whom
# and when.
function let_in(at, login, ip,   h, before) {
  if (ip == "") return
  h = hour_of(at); before = 0
  if ((h - 3600, ip) in knocks) before = knocks[h - 3600, ip] + 0
  if (!before && !((h, ip) in knocks)) return
  knock(h, ip)
  before += a_failures
  if (before < 5 && !a_failures) return
  a_accepted++
  if (before >= 5 && before > a_after) { a_after = before; a_login = login; a_at = at }
  put_knock(h, ip)
}
# Sets a_failures to a_at.
function knock(h, ip,   f) {
  a_failures = a_accepted = a_after = 0; a_login = a_at = ""
  if (!((h, ip) in knocks)) return
  split(knocks[h, ip], f, "\t")
  a_failures = f[1] + 0; a_accepted = f[2] + 0; a_after = f[3] + 0; a_login = f[4]; a_at = f[5]
}
function put_knock(h, ip,   k, f, few) {
  if (!((h, ip) in knocks) && ++knock_count > 2 * ADDRESSES) {
    # Those that failed least are given up: who goes on trying is soon counted again.
    for (few = 1; knock_count > ADDRESSES && few < 1000000; few *= 2)
      for (k in knocks) { split(knocks[k], f, "\t"); if (f[1] <= few && !f[3]) { delete knocks[k]; knock_count-- } }
  }
  knocks[h, ip] = a_failures "\t" a_accepted "\t" a_after "\t" a_login "\t" a_at
}
# Each line of the log passes here with its time, which is never far in the future.
function clock(at) {
  if (at > now) at = now
  if (first_at == "") first_at = at
  if (at > newest) newest = at
  return at
}

mode == "passwd" { split($0, f, ":"); name_of[f[3]] = f[1]; next }
# Of a log seen for the first time only the running hour counts; the rest of what is read says whose the open messages are.
mode == "log" && done == "" { done = hour_of(now) }
mode == "state" {
  n = split($0, f, "\t"); t = f[1]
  if (t == "done") { done = f[2] + 0; if (done > hour_of(now)) done = hour_of(now) }
  else if (t == "from") from = f[2] + 0
  else if (t == "seen") zone_seen = f[2] + 0 > now ? now : f[2] + 0
  else if (t == "newest") newest = f[2] + 0 > now ? now : f[2] + 0
  else if (t == "bounces") { if (f[2] > now - 7200) bounces[f[2]] = f[3] + 0 }
  else if (t == "D") add("D", f[2], f[3], f[4] + 0, f[5] + 0, f[6] + 0, f[7] + 0)
  else if (t == "L") {
    add("L", f[2], f[3], f[4] + 0, f[5] + 0, f[6] + 0, 0)
    if (f[7] + 0) { tries[f[2], f[3]] = f[7] + 0; tried[f[2]]++ } # As version 0.2.0 wrote it.
  }
  else if (t == "LI" || t == "LD") pair(t, f[2], f[3], f[4])
  else if (t == "S") { if (f[4] != "") s_account[f[3]] = f[4]; add("S", f[2], f[3], f[5] + 0, f[6] + 0, 0, 0) }
  else if (t == "T") { tries[f[2], f[3]] = f[4] + 0; tried[f[2]]++ }
  else if (t == "X") { a_failures = f[4] + 0; a_accepted = f[5] + 0; a_after = f[6] + 0; a_login = f[7]; a_at = f[8]; put_knock(f[2], f[3]) }
  else if (t == "M") keep(f[2], f[3], f[4], f[5], f[6], f[7] + 0, f[8] + 0)
  else if (t == "A") { if (is_open(f[2])) mark(f[2], f[3]) }
  else if (t == "C") started(f[2] + 0, f[3], f[4])
  next
}
'

readonly AWK_REPORT='
# Largest first, then by name: shell sort, because awk has none.
function sorted(n,   gap, i, j, v, s) {
  for (gap = int(n / 2); gap > 0; gap = int(gap / 2)) for (i = gap + 1; i <= n; i++) {
    v = by_value[i]; s = by_name[i]
    for (j = i; j > gap && (by_value[j - gap] < v || (by_value[j - gap] == v && by_name[j - gap] > s)); j -= gap) {
      by_value[j] = by_value[j - gap]; by_name[j] = by_name[j - gap]
    }
    by_value[j] = v; by_name[j] = s
  }
}
# A list of different names, or only how many when it would be long.
function distinct(of, h, name, most,   all, n, i, part, out) {
  if (!((of, h, name) in pairs)) return "[]"
  all = pairs[of, h, name]; n = all + 0
  if (n > most) return n
  split(all, part, "\t")
  for (i = 1; i <= n; i++) out = out (i > 1 ? "," : "") json(part[i + 1], 253)
  return "[" out "]"
}
function account_json(login,   domain) {
  if (login !~ /@/) return login == "*" || login in system_user ? "null" : json(login, 64)
  domain = domain_of(login)
  return domain in account_of ? json(account_of[domain], 64) : "null"
}
# Whose domains the logins are: of a host with ten thousand of them only those that sent are kept.
function read_accounts(   k, part, path, i, n, line, at, domain) {
  for (k in count) { split(k, part, SUBSEP); if (part[1] == "L" && part[3] ~ /@/) wanted[domain_of(part[3])] = 1 }
  n = split(accounts, path, " ")
  for (i = 1; i <= n; i++) {
    while ((getline line < path[i]) > 0) {
      at = index(line, ":")
      if (at < 2 || substr(line, 1, 1) == "*") continue
      domain = tolower(substr(line, 1, at - 1))
      if (domain in wanted) { split(substr(line, at + 1), part, " "); account_of[domain] = part[1] }
    }
    close(path[i])
  }
}
function tries_of(h, name) { return (h, name) in tries ? tries[h, name] : 0 }
function entry(of, h, name, a, b, c, d, failures) {
  if (of == "D") return sprintf("{\"domain\":%s,\"messages\":%d,\"recipients\":%d,\"deferred\":%d,\"bounced\":%d}", \
    json(name, 253), a, b, c, d)
  if (of == "L") return sprintf("{\"login\":%s,\"account\":%s,\"messages\":%d,\"recipients\":%d,\"failures\":%d,\"auth_failures\":%d,\"ips\":%s,\"countries\":null,\"domains\":%s}", \
    json(name, 255), account_json(name), a, b, c, failures, \
    name == "*" ? "null" : distinct("LI", h, name, 50), name == "*" ? "null" : distinct("LD", h, name, 20))
  return sprintf("{\"path\":%s,\"account\":%s,\"messages\":%d,\"recipients\":%d}", json(name, 500), \
    name in s_account ? json(s_account[name], 64) : "null", a, b)
}
# The entries of an hour: those with enough recipients (or failures), at most 1,000 and in so many bytes; the rest
# as one under "*".
function list(of, h, least, room,   k, part, n, i, out, e, v, star, star_tries, used) {
  n = star_tries = 0; split("0 0 0 0", star, " ")
  for (k in count) {
    split(k, part, SUBSEP)
    if (part[1] != of || part[2] != h) continue
    split(count[k], v, " ")
    if (part[3] == "*") { for (i = 1; i <= 4; i++) star[i] = v[i]; continue }
    if (v[2] == 0 && !v[3] && !v[4]) continue
    if (least && v[2] < least && (of != "D" || v[3] + v[4] < least)) continue
    by_value[++n] = v[2] + 0; by_name[n] = part[3]
  }
  sorted(n)
  used = 0
  for (i = 1; i <= n; i++) {
    split(count[of, h, by_name[i]], v, " ")
    e = used < 1000 ? entry(of, h, by_name[i], v[1], v[2], v[3], v[4], of == "L" ? tries_of(h, by_name[i]) : 0) : ""
    if (e != "" && length(out) + length(e) < room) { out = out (used++ ? "," : "") e; continue }
    room = 0
    for (k = 1; k <= 4; k++) star[k] += v[k]
    if (of == "L") star_tries += tries_of(h, by_name[i])
  }
  if (star[2] + star[3] + star[4] > 0) out = out (used ? "," : "") entry(of, h, "*", star[1], star[2], star[3], star[4], star_tries)
  return "[" out "]"
}
# Addresses that gave five wrong passwords, or were let in after as many: those with most, 200 of them.
function addresses(h,   k, part, n, i, out) {
  n = 0
  for (k in knocks) {
    split(k, part, SUBSEP)
    if (part[1] != h) continue
    knock(h, part[2])
    if (a_failures < 5 && !a_after) continue
    # Who was let in comes first, whatever the others tried.
    by_value[++n] = a_failures + (a_after ? 1000000000 : 0); by_name[n] = part[2]
  }
  sorted(n)
  for (i = 1; i <= n && i <= 200; i++) {
    knock(h, by_name[i])
    out = out (i > 1 ? "," : "") sprintf("{\"ip\":\"%s\",\"failures\":%d,\"accepted\":%d,\"accepted_after\":%s,\"login\":%s,\"at\":%s}", by_name[i], \
      a_failures, a_accepted, a_after ? a_after : "null", a_after ? json(a_login, 255) : "null", a_after ? "\"" iso(a_at) "\"" : "null")
  }
  return "[" out "]"
}
function report(h, complete) {
  printf "\"hour\":\"%s\",\"complete\":%s,\"domains\":%s", iso(h), complete ? "true" : "false", list("D", h, complete ? 0 : 50, 100000)
  printf ",\"logins\":%s", list("L", h, complete ? 0 : 50, 220000)
  printf ",\"scripts\":%s,\"addresses\":%s\n", list("S", h, complete ? 0 : 50, 90000), addresses(h)
}
BEGIN {
  n = split("root nobody www-data apache httpd nginx daemon mail mailnull exim Debian-exim postfix mailman list cpanel", f, " ")
  for (i = 1; i <= n; i++) system_user[f[i]] = 1
}
END {
  # Up to when the log is known: now, if we stand at its end; a minute off, because a line may come late.
  horizon = at_end ? now - 60 : newest - 120
  # The hour in which reading began is never whole.
  if (fresh || gap) from = first_at == "" ? now : first_at
  first = done
  if (first < hour_of(now) - 48 * 3600) first = hour_of(now) - 48 * 3600
  for (h = first; h + 3600 <= horizon; h += 3600) done = h + 3600
  save()
  read_accounts()
  for (h = first; h < done; h += 3600) if (h >= from) report(h, 1)
  running = at_end ? hour_of(now) : hour_of(newest)
  if (running >= done) report(running, 0)
}
function save(   k, part, v, i, n) {
  printf "read\t%.0f\ndone\t%.0f\nfrom\t%.0f\nseen\t%.0f\nnewest\t%.0f\n", now, done, from, zone_seen, newest > state
  for (k in bounces) if (k + 0 > now - 7200) printf "bounces\t%.0f\t%d\n", k, bounces[k] > state
  for (k in count) {
    split(k, part, SUBSEP)
    if (part[2] < done) continue
    split(count[k], v, " ")
    if (part[1] == "D") printf "D\t%s\t%s\t%d\t%d\t%d\t%d\n", part[2], part[3], v[1], v[2], v[3], v[4] > state
    if (part[1] == "L") printf "L\t%s\t%s\t%d\t%d\t%d\n", part[2], part[3], v[1], v[2], v[3] > state
    if (part[1] == "S") printf "S\t%s\t%s\t%s\t%d\t%d\n", part[2], part[3], part[3] in s_account ? s_account[part[3]] : "", v[1], v[2] > state
  }
  # Logins first: values belong to one that is known.
  for (k in pairs) {
    split(k, part, SUBSEP)
    if (part[2] < done) continue
    n = split(pairs[k], v, "\t")
    for (i = 2; i < n; i++) printf "%s\t%s\t%s\t%s\n", part[1], part[2], part[3], v[i] > state
  }
  for (k in tries) { split(k, part, SUBSEP); if (part[1] >= done) printf "T\t%s\t%s\t%d\n", part[1], part[2], tries[k] > state }
  for (k in knocks) { split(k, part, SUBSEP); if (part[1] >= done - 3600) printf "X\t%s\t%s\t%s\n", part[1], part[2], knocks[k] > state }
  for (k in old) printf "M\t%s\t%s\n", k, old[k] > state
  for (k in young) printf "M\t%s\t%s\n", k, young[k] > state
  for (k in marks) {
    n = split(marks[k], v, "\t")
    for (i = 2; i < n; i++) printf "A\t%s\t%s\n", k, v[i] > state
  }
  save_started()
  if (cut) printf "cut\t%d\n", cut > state
}
'
