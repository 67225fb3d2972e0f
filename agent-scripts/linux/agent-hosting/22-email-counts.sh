# ---------------------------------------------------------------- email-stats: counting sent mail, hour by hour
# What the readers of exim's and Postfix's log share. Counts and the place in the log live in one file, so nothing is
# counted twice or left out when the agent ends between two readings.
#
# Recipients are counted, not messages: those of mail that was logged in for (login) or handed in on the host (script).
# Not counted: bounces (sender <>), what was delivered on the host itself, mailman's lists, and forwards.

# Lines of the state, after the log's position, fields parted by tabs:
#   read AT · done HOUR (hours before it are told) · from AT (all since then was read) · newest AT (the newest line)
#   seen AT (the same of lines without a zone) · bounces AT N
#   D HOUR domain messages recipients deferred bounced · L HOUR login messages recipients failures auth_failures
#   LI HOUR login ip · LD HOUR login domain · S HOUR path account messages recipients
#   M id HOUR domain login path left listed (a message not yet done with) · A id address (a recipient of it that is marked)
#   C AT key folder (where a program was started that handed in mail)
# shellcheck disable=SC2016 # awk's
readonly AWK_COUNTS='
function hour_of(at) { return at - at % 3600 }
# Room for so many names an hour, pairs, open messages and marked recipients. What is over goes under "*".
BEGIN { CONVFMT = "%.0f"; NAMES = 5000; PAIRS = 20000; MESSAGES = 20000; MARKS = 50000; head = 1 }

function slot(of, h, name) {
  if ((of, h, name) in known) return h SUBSEP name
  if (names[of, h] >= NAMES) { if (name == "*") return h SUBSEP name; return slot(of, h, "*") }
  known[of, h, name] = 1; names[of, h]++
  return h SUBSEP name
}
function pair(of, h, name, value) {
  if (value == "" || name == "*" || (of, h, name, value) in pairs || pair_count >= PAIRS) return
  pairs[of, h, name, value] = 1; pair_count++; pair_n[of, h, name]++
  pair_at[of, h, name, pair_n[of, h, name]] = value
}
function mail(h, domain, login, path, messages, recipients,   k) {
  if (h < done) return
  k = slot("D", h, domain); d_m[k] += messages; d_r[k] += recipients
  if (login != "") { k = slot("L", h, login); l_m[k] += messages; l_r[k] += recipients }
  if (path != "") { k = slot("S", h, path); s_m[k] += messages; s_r[k] += recipients }
}
# A message that counts. Listed: its recipients are known now; else they count as they are tried.
function accept(id, at, domain, login, ip, path, owner, n, listed,   h) {
  h = hour_of(at)
  mail(h, domain, login, path, 1, n)
  if (login != "" && h >= done) { pair("LI", h, login, ip); pair("LD", h, login, domain) }
  if (path != "" && owner != "") s_account[path] = owner
  keep(id, h, domain, login, path, n, listed)
}
function keep(id, h, domain, login, path, left, listed) {
  if (id in m_hour) return
  m_hour[id] = h; m_domain[id] = domain; m_login[id] = login; m_path[id] = path; m_left[id] = left; m_listed[id] = listed
  order[++tail] = id; m_place[id] = tail; open_count++
  while (open_count > MESSAGES) { if (order[head] != "") forget(order[head]); head++ }
}
function forget(id,   i) {
  if (!(id in m_hour)) return
  for (i = 1; i <= mark_n[id]; i++) { delete marked[id, mark_at[id, i]]; delete mark_at[id, i]; mark_count-- }
  delete order[m_place[id]]; delete m_place[id]; delete mark_n[id]
  delete m_hour[id]; delete m_domain[id]; delete m_login[id]; delete m_path[id]; delete m_left[id]; delete m_listed[id]
  open_count--
}
# Whether this is the first word of a recipient of that kind; what does not fit is always new.
function mark(id, addr) {
  if ((id, addr) in marked) return 0
  if (mark_count < MARKS) { marked[id, addr] = 1; mark_at[id, ++mark_n[id]] = addr; mark_count++ }
  return 1
}
# Recipients of unlisted messages count when they are first heard of.
function heard(id, addr) {
  if (m_listed[id] || !mark(id, "r" addr)) return
  m_left[id]++; mail(m_hour[id], m_domain[id], m_login[id], m_path[id], 0, 1)
}
function delivered_here(id, addr) {
  if (!(id in m_hour) || !m_listed[id] || m_left[id] < 1 || !mark(id, "l" addr)) return
  m_left[id]--
  mail(m_hour[id], m_domain[id], m_login[id], m_path[id], m_left[id] ? 0 : -1, -1)
}
function delivered_away(id, addr) { if (id in m_hour) heard(id, addr) }
function failed(id, at, addr, final,   h, k) {
  if (final) bounce(at)
  if (!(id in m_hour)) return
  heard(id, addr)
  h = hour_of(at)
  if (h < done) return
  k = slot("D", h, m_domain[id])
  if (final) d_b[k]++
  if (!mark(id, "f" addr)) return
  if (!final) d_d[k]++
  if (m_login[id] != "") { k = slot("L", h, m_login[id]); l_f[k]++ }
}
function bounce(at) { if (at > now - 7200) bounces[at - at % 300]++ }
function completed(id) {
  if (!(id in m_hour)) return
  # Nothing of it left the host.
  if (!m_listed[id] && m_left[id] == 0) mail(m_hour[id], m_domain[id], m_login[id], m_path[id], -1, 0)
  forget(id)
}
function login_failed(at, login,   h, k) {
  h = hour_of(at)
  if (login == "" || h < done) return
  k = slot("L", h, login); l_a[k]++
}
# Each line of the log passes here with its time, which is never far in the future.
function clock(at) {
  if (at > now) at = now
  if (first_at == "") first_at = at
  if (at > newest) newest = at
  return at
}

mode == "accounts" {
  i = index($0, ":")
  if (i > 1 && substr($0, 1, 1) != "*") account_of[tolower(substr($0, 1, i - 1))] = $2
  next
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
  else if (t == "D") { k = slot("D", f[2], f[3]); d_m[k] = f[4]; d_r[k] = f[5]; d_d[k] = f[6]; d_b[k] = f[7] }
  else if (t == "L") { k = slot("L", f[2], f[3]); l_m[k] = f[4]; l_r[k] = f[5]; l_f[k] = f[6]; l_a[k] = f[7] }
  else if (t == "LI" || t == "LD") pair(t, f[2], f[3], f[4])
  else if (t == "S") { k = slot("S", f[2], f[3]); if (f[4] != "") s_account[f[3]] = f[4]; s_m[k] = f[5]; s_r[k] = f[6] }
  else if (t == "M") keep(f[2], f[3], f[4], f[5], f[6], f[7] + 0, f[8] + 0)
  else if (t == "A") mark(f[2], f[3])
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
function distinct(of, h, name, most,   n, i, out) {
  n = pair_n[of, h, name]
  if (n > most) return n + 0
  for (i = 1; i <= n; i++) out = out (i > 1 ? "," : "") json(pair_at[of, h, name, i], 253)
  return "[" out "]"
}
function account_json(login,   domain) {
  if (login !~ /@/) return login == "*" || login in system_user ? "null" : json(login, 64)
  domain = domain_of(login)
  return domain in account_of ? json(account_of[domain], 64) : "null"
}
function entry(of, k, h, name) {
  if (of == "D") return sprintf("{\"domain\":%s,\"messages\":%d,\"recipients\":%d,\"deferred\":%d,\"bounced\":%d}", \
    json(name, 253), d_m[k], d_r[k], d_d[k], d_b[k])
  if (of == "L") return sprintf("{\"login\":%s,\"account\":%s,\"messages\":%d,\"recipients\":%d,\"failures\":%d,\"auth_failures\":%d,\"ips\":%s,\"countries\":null,\"domains\":%s}", \
    json(name, 255), account_json(name), l_m[k], l_r[k], l_f[k], l_a[k], \
    name == "*" ? "null" : distinct("LI", h, name, 50), name == "*" ? "null" : distinct("LD", h, name, 20))
  return sprintf("{\"path\":%s,\"account\":%s,\"messages\":%d,\"recipients\":%d}", json(name, 500), \
    name in s_account ? json(s_account[name], 64) : "null", s_m[k], s_r[k])
}
# The entries of an hour: those with enough recipients (or failures), at most 1,000 and in so many bytes; the rest
# as one under "*".
function list(of, h, least, room,   k, part, n, i, out, e, value, star, used) {
  n = 0
  for (k in known) {
    split(k, part, SUBSEP)
    if (part[1] != of || part[2] != h || part[3] == "*") continue
    i = h SUBSEP part[3]
    value = of == "D" ? d_r[i] + 0 : of == "L" ? l_r[i] + 0 : s_r[i] + 0
    # Names that only failed to log in are those of attackers.
    if (of == "L" && value == 0 && !l_f[i]) continue
    if (value == 0 && (of == "S" || (of == "D" && !d_d[i] && !d_b[i]))) continue
    if (least && value < least && (of != "D" || d_d[i] + d_b[i] < least)) continue
    by_value[++n] = value; by_name[n] = part[3]
  }
  sorted(n)
  star = h SUBSEP "*"; used = 0
  for (i = 1; i <= n; i++) {
    k = h SUBSEP by_name[i]
    e = used < 1000 ? entry(of, k, h, by_name[i]) : ""
    if (e != "" && length(out) + length(e) < room) { out = out (used++ ? "," : "") e; continue }
    room = 0
    if (of == "D") { d_m[star] += d_m[k]; d_r[star] += d_r[k]; d_d[star] += d_d[k]; d_b[star] += d_b[k] }
    if (of == "L") { l_m[star] += l_m[k]; l_r[star] += l_r[k]; l_f[star] += l_f[k]; l_a[star] += l_a[k] }
    if (of == "S") { s_m[star] += s_m[k]; s_r[star] += s_r[k] }
  }
  if (d_r[star] + d_d[star] + d_b[star] > 0 && of == "D" || l_r[star] + l_f[star] > 0 && of == "L" || s_r[star] > 0 && of == "S")
    out = out (used ? "," : "") entry(of, star, h, "*")
  return "[" out "]"
}
function report(h, complete) {
  printf "\"hour\":\"%s\",\"complete\":%s,\"domains\":%s,\"logins\":%s,\"scripts\":%s\n", iso(h), complete ? "true" : "false", \
    list("D", h, complete ? 0 : 50, 100000), list("L", h, complete ? 0 : 50, 220000), list("S", h, complete ? 0 : 50, 110000)
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
  for (h = first; h < done; h += 3600) if (h >= from) report(h, 1)
  running = at_end ? hour_of(now) : hour_of(newest)
  if (running >= done) report(running, 0)
}
function save(   k, part, i, id) {
  printf "read\t%.0f\ndone\t%.0f\nfrom\t%.0f\nseen\t%.0f\nnewest\t%.0f\n", now, done, from, zone_seen, newest > state
  for (k in bounces) if (k + 0 > now - 7200) printf "bounces\t%.0f\t%d\n", k, bounces[k] > state
  for (k in known) {
    split(k, part, SUBSEP); i = part[2] SUBSEP part[3]
    if (part[2] < done) continue
    if (part[1] == "D") printf "D\t%s\t%s\t%d\t%d\t%d\t%d\n", part[2], part[3], d_m[i], d_r[i], d_d[i], d_b[i] > state
    if (part[1] == "L") printf "L\t%s\t%s\t%d\t%d\t%d\t%d\n", part[2], part[3], l_m[i], l_r[i], l_f[i], l_a[i] > state
    if (part[1] == "S") printf "S\t%s\t%s\t%s\t%d\t%d\n", part[2], part[3], s_account[part[3]], s_m[i], s_r[i] > state
  }
  for (k in pairs) { split(k, part, SUBSEP); if (part[2] >= done) printf "%s\t%s\t%s\t%s\n", part[1], part[2], part[3], part[4] > state }
  for (; head <= tail; head++) {
    id = order[head]
    if (id == "") continue
    printf "M\t%s\t%s\t%s\t%s\t%s\t%d\t%d\n", id, m_hour[id], m_domain[id], m_login[id], m_path[id], m_left[id], m_listed[id] > state
    for (i = 1; i <= mark_n[id]; i++) printf "A\t%s\t%s\n", id, mark_at[id, i] > state
  }
  save_started()
  if (cut) printf "cut\t%d\n", cut > state
}
'
