# ---------------------------------------------------------------- awk: what the log parsers share
# Plain awk (mawk, gawk, busybox, the original): no gensub, strftime, mktime, intervals or length(array); numbers above
# 2^31 are printed with %.0f, because mawk's %d stops there. Bytes are characters: LC_ALL=C.

# Civil dates by counting days from 0000-03-01, so that the leap day is the last of its year.
readonly AWK_TIME='
function utc(y, mo, d, h, mi, s,   era, yoe, doy) {
  if (mo <= 2) y--
  era = int(y / 400); yoe = y - era * 400
  doy = int((153 * (mo + (mo > 2 ? -3 : 9)) + 2) / 5) + d - 1
  return ((era * 146097 + yoe * 365 + int(yoe / 4) - int(yoe / 100) + doy - 719468) * 24 + h) * 3600 + mi * 60 + s
}
function iso(e,   z, era, doe, yoe, doy, mp, y, m, rest) {
  z = int(e / 86400); rest = e - z * 86400; z += 719468
  era = int(z / 146097); doe = z - era * 146097
  yoe = int((doe - int(doe / 1460) + int(doe / 36524) - int(doe / 146096)) / 365)
  doy = doe - (365 * yoe + int(yoe / 4) - int(yoe / 100)); mp = int((5 * doy + 2) / 153)
  y = yoe + era * 400; m = mp + (mp < 10 ? 3 : -9); if (m <= 2) y++
  return sprintf("%04d-%02d-%02dT%02d:%02d:%02dZ", y, m, doy - int((153 * mp + 2) / 5) + 1, \
    int(rest / 3600), int(rest % 3600 / 60), rest % 60)
}
function month(name,   at) { at = index("JanFebMarAprMayJunJulAugSepOctNovDec", name); return at % 3 == 1 && length(name) == 3 ? (at + 2) / 3 : 0 }
# "+0600" -> 21600
function offset_of(text,   s) {
  s = substr(text, 2, 2) * 3600 + substr(text, 4, 2) * 60
  return substr(text, 1, 1) == "-" ? -s : s
}
# zone: "0:21600 1790000000:25200", the offset of local time from each instant on.
function zone_init(text,   i, part, pair) {
  zones = split(text, part, " ")
  for (i = 1; i <= zones; i++) { split(part[i], pair, ":"); zone_from[i] = pair[1] + 0; zone_off[i] = pair[2] + 0 }
}
# Local time (as if it were UTC) to an instant. The hour that comes twice when clocks go back: the first reading that
# is not over 15 minutes before the newest line so far (zone_seen).
function from_local(naive,   i, e, first) {
  for (i = 1; i <= zones; i++) {
    e = naive - zone_off[i]
    if ((i > 1 && e < zone_from[i]) || (i < zones && e >= zone_from[i + 1])) continue
    if (first == "") first = e
    if (e >= zone_seen - 900) { first = e; break }
  }
  if (first == "") first = naive - zone_off[zones]
  if (first > zone_seen && first < now + 86400) zone_seen = first
  return first
}
# "2026-11-21", "22:48:56[.123]" in local time; -1 when it is no date.
function local_time(date, time) {
  if (date !~ /^[0-9][0-9][0-9][0-9].[0-9][0-9].[0-9][0-9]$/ || time !~ /^[0-9][0-9]:[0-9][0-9]:[0-9][0-9]/) return -1
  return from_local(utc(substr(date, 1, 4), substr(date, 6, 2) + 0, substr(date, 9, 2) + 0, \
    substr(time, 1, 2), substr(time, 4, 2), substr(time, 7, 2)))
}
# "Nov", "1", "03:04:05" in local time without a year: a date over a day ahead is of last year.
function syslog_time(mon, day, time,   mo, year, e) {
  mo = month(mon)
  if (!mo || day !~ /^[0-9][0-9]?$/ || time !~ /^[0-9][0-9]:[0-9][0-9]:[0-9][0-9]/) return -1
  year = substr(iso(now + zone_off[zones]), 1, 4)
  e = from_local(utc(year, mo, day + 0, substr(time, 1, 2), substr(time, 4, 2), substr(time, 7, 2)))
  if (e > now + 86400) e = from_local(utc(year - 1, mo, day + 0, substr(time, 1, 2), substr(time, 4, 2), substr(time, 7, 2)))
  return e
}
# "2026-11-21T22:48:56.123+06:00" or "...Z", as rsyslog writes it when told to be exact.
function rfc3339_time(text,   tail) {
  if (text !~ /^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]/) return -1
  tail = substr(text, 20); sub(/^\.[0-9]*/, "", tail); sub(/:/, "", tail)
  return utc(substr(text, 1, 4), substr(text, 6, 2) + 0, substr(text, 9, 2) + 0, substr(text, 12, 2), \
    substr(text, 15, 2), substr(text, 18, 2)) - (tail ~ /^[+-][0-9][0-9][0-9][0-9]$/ ? offset_of(tail) : 0)
}
'

# Text that strangers chose goes out as JSON that parses: cut, valid UTF-8, no control characters.
readonly AWK_TEXT='
function ord_init(   i) { for (i = 1; i < 256; i++) ord[sprintf("%c", i)] = i; ord_ready = 1 }
# Length of the UTF-8 character that begins at i, 0 when there is none.
function utf8_length(s, i,   b, need, lo, hi, k, c) {
  if (!ord_ready) ord_init()
  b = ord[substr(s, i, 1)]
  if (b < 128) return 1
  need = b >= 194 && b <= 223 ? 1 : b >= 224 && b <= 239 ? 2 : b >= 240 && b <= 244 ? 3 : 0
  if (!need) return 0
  lo = b == 224 ? 160 : b == 240 ? 144 : 128; hi = b == 237 ? 159 : b == 244 ? 143 : 191
  for (k = 1; k <= need; k++) {
    c = ord[substr(s, i + k, 1)] + 0
    if (c < lo || c > hi) return 0
    lo = 128; hi = 191
  }
  return need + 1
}
function utf8(s,   out, i, n, k) {
  n = length(s)
  for (i = 1; i <= n; i += k) {
    if (match(substr(s, i), /^[\001-\177]+/)) { k = RLENGTH; out = out substr(s, i, k); continue }
    k = utf8_length(s, i)
    if (k) out = out substr(s, i, k); else { out = out "?"; k = 1 }
  }
  return out
}
function json(s, max) {
  if (length(s) > max) { s = substr(s, 1, max); sub(/[\300-\377][\200-\277]*$/, "", s) }
  if (s ~ /[\200-\377]/) s = utf8(s)
  gsub(/[\001-\037\177]/, " ", s); gsub(/\\/, "\\\\&", s); gsub(/"/, "\\\"", s)
  return "\"" s "\""
}
# An address on the wire: IPv4, IPv6 or a network of either; "" for anything else. ::ffff:1.2.3.4 is 1.2.3.4.
function address(s,   part, n, i, bits) {
  if (s ~ /^::[fF][fF][fF][fF]:[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+(\/[0-9]+)?$/) s = substr(s, 8)
  if (s !~ /^[0-9a-fA-F.:]+(\/[0-9][0-9]?[0-9]?)?$/ || length(s) > 49) return ""
  bits = s ~ /\// ? substr(s, index(s, "/") + 1) + 0 : 0; sub(/\/.*/, "", s)
  if (s ~ /:/) {
    if (bits > 128 || s ~ /:::/ || gsub(/::/, "::", s) > 1) return ""
    n = split(s, part, ":")
    for (i = 1; i <= n; i++) if (part[i] !~ /^[0-9a-fA-F]*$/ || length(part[i]) > 4) return ""
    if (n < 3 || n > 9 || (n != 8 && s !~ /::/) || (n == 9 && s !~ /^::|::$/)) return ""
    if (s ~ /^:[^:]/ || s ~ /[^:]:$/) return ""
    return tolower(s) (bits ? "/" bits : "")
  }
  n = split(s, part, ".")
  if (n != 4 || bits > 32) return ""
  for (i = 1; i <= 4; i++) if (part[i] !~ /^[0-9][0-9]?[0-9]?$/ || part[i] + 0 > 255) return ""
  return (part[1] + 0) "." (part[2] + 0) "." (part[3] + 0) "." (part[4] + 0) (bits ? "/" bits : "")
}
'

# What follows the last @, in lower case and as an A-label (RFC 3492), so that one domain has one name.
readonly AWK_DOMAIN='
function puny_digit(d) { return substr("abcdefghijklmnopqrstuvwxyz0123456789", d + 1, 1) }
function puny_adapt(delta, points, first,   k) {
  delta = first ? int(delta / 700) : int(delta / 2)
  delta += int(delta / points)
  for (k = 0; delta > 455; k += 36) delta = int(delta / 35)
  return k + int(36 * delta / (delta + 38))
}
function puny(label,   cp, n, i, k, b, c, out, basic, done, m, delta, bias, q, t, lowest) {
  for (i = 1; i <= length(label); i += k) {
    k = utf8_length(label, i)
    if (!k) return label
    b = ord[substr(label, i, 1)]
    c = k == 1 ? b : k == 2 ? b - 192 : k == 3 ? b - 224 : b - 240
    for (m = 1; m < k; m++) c = c * 64 + ord[substr(label, i + m, 1)] - 128
    cp[++n] = c
    if (c < 128) { out = out substr(label, i, 1); basic++ }
  }
  basic += 0; done = basic; if (basic) out = out "-"
  m = 128; delta = 0; bias = 72
  while (done < n) {
    lowest = 1114112
    for (i = 1; i <= n; i++) if (cp[i] >= m && cp[i] < lowest) lowest = cp[i]
    delta += (lowest - m) * (done + 1); m = lowest
    for (i = 1; i <= n; i++) {
      if (cp[i] < m) delta++
      if (cp[i] != m) continue
      q = delta
      for (k = 36; ; k += 36) {
        t = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias
        if (q < t) break
        out = out puny_digit(t + (q - t) % (36 - t)); q = int((q - t) / (36 - t))
      }
      out = out puny_digit(q); bias = puny_adapt(delta, done + 1, done == basic); delta = 0; done++
    }
    delta++; m++
  }
  return "xn--" out
}
function domain_of(addr,   at, i, n, part, out) {
  sub(/^.*@/, "", addr)
  addr = tolower(substr(addr, 1, 253)); sub(/\.$/, "", addr)
  if (addr !~ /[\200-\377]/) return addr
  n = split(addr, part, ".")
  for (i = 1; i <= n; i++) out = out (i > 1 ? "." : "") (part[i] ~ /[\200-\377]/ ? puny(part[i]) : part[i])
  return out
}
'
