# ---------------------------------------------------------------- secrets taken out of command lines and messages, in awk
#
# Written for every awk that is out there (gawk, mawk, busybox, the original): no intervals in patterns, nothing that
# POSIX lacks. Bytes are characters (LC_ALL=C).

# redact(s): a command line or a message without what must not leave the host. What a secret stood for becomes `***`:
#   - passwords in addresses, values of their queries, parts of their paths that look like keys
#   - values of names that sound secret: PASSWORD=x, --token x, "X-Api-Key: x"
#   - what known programs take as a password: mysql -px, sshpass -p x, curl -u user:x
#   - long words of letters and digits
# shellcheck disable=SC2016 # awk's
readonly AWK_REDACT='
BEGIN {
  STARS = "***"; QUOTE = sprintf("%c", 39)
  SECRET = "(pass|pwd|secret|token|key|auth|cred|sig|session|cookie|webhook|dsn|salt|private)"
  HEADER = "(authorization|auth|cookie|token|secret|password|passwd|pass|api-?key|access-?key|private-?key|signature)"
  # What a value may end with, or go on behind.
  SPECIAL = "[ \t`;|&<>()\"\\\\" QUOTE "]"; ANY_QUOTE = "[\"" QUOTE "]"
}
function count_of(s, pattern) { return gsub(pattern, "", s) }
# A key, a hash, an id that opens something: long, letters and digits mixed.
function looks_random(s, least,   digits, letters) {
  if (length(s) < least) return 0
  digits = count_of(s, "[0-9]"); letters = count_of(s, "[A-Za-z]")
  return digits >= 3 && letters >= 3
}
# The quote that is still open at the end of s, after one that was open before it.
function open_quote(s, quote,   i, c) {
  if (quote == "" && s !~ ANY_QUOTE) return ""
  for (i = 1; i <= length(s); i++) {
    c = substr(s, i, 1)
    if (c == "\\" && quote != QUOTE) i++
    else if (quote != "") { if (c == quote) quote = "" }
    else if (c == "\"" || c == QUOTE) quote = c
  }
  return quote
}
# Where the word at the start of s ends, which may have quoted parts; `outer` is the quote that s stands in.
function value_bytes(s, outer,   i, c, n) {
  for (i = 1; match(substr(s, i), SPECIAL); i++) {
    i += RSTART - 1; c = substr(s, i, 1)
    if (c == "\\") i++
    else if (c == outer) return i - 1
    else if (c == "\"" || c == QUOTE) {
      for (n = i + 1; n <= length(s) && substr(s, n, 1) != c; n++) if (substr(s, n, 1) == "\\" && c != QUOTE) n++
      if (n > length(s)) return length(s)
      i = n
    } else return i - 1
  }
  return length(s)
}
function redact_address(url,   scheme, rest, host, path, query, i, user, n, part, out, cut) {
  i = index(url, "://"); scheme = tolower(substr(url, 1, i - 1)); rest = substr(url, i + 3)
  cut = match(rest, /[\/?#]/) ? RSTART : length(rest) + 1
  host = substr(rest, 1, cut - 1); path = substr(rest, cut); query = ""
  i = match(path, /[?#]/); if (i) { query = substr(path, i); path = substr(path, 1, i - 1) }
  # What stands before the last @ of the host; a name alone may be a token, but not for ssh.
  for (i = length(host); i > 0 && substr(host, i, 1) != "@"; i--) ;
  if (i > 0) {
    user = substr(host, 1, i - 1); host = substr(host, i + 1)
    if (index(user, ":")) user = substr(user, 1, index(user, ":")) STARS
    else if (scheme !~ /ssh|sftp|rsync|scp/) user = STARS
    host = user "@" host
  }
  n = split(path, part, "/"); out = ""
  for (i = 1; i <= n; i++) {
    if (part[i] !~ /[^A-Za-z0-9_:+=~-]/ && looks_random(part[i], 16)) part[i] = STARS
    out = out (i > 1 ? "/" : "") part[i]
  }
  path = out
  if (query != "") {
    n = split(substr(query, 2), part, "&"); out = substr(query, 1, 1)
    for (i = 1; i <= n; i++) {
      cut = index(part[i], "=")
      if (part[i] != "") part[i] = (cut ? substr(part[i], 1, cut) : "") STARS
      out = out (i > 1 ? "&" : "") part[i]
    }
    query = out
  }
  return substr(url, 1, index(url, "://") + 2) host path query
}
# Both of these look for the mark first and for what stands before it then: a pattern that begins with any letters takes
# the square of the time on long words, and customers write these lines.
function word_start(s, at) {
  while (at > 1 && substr(s, at - 1, 1) ~ /[A-Za-z0-9_.+-]/) at--
  return at
}
function redact_addresses(s,   out, at, start, n) {
  out = ""
  while ((at = index(s, "://")) > 0) {
    start = word_start(s, at)
    if (start == at) { out = out substr(s, 1, at + 2); s = substr(s, at + 3); continue }
    n = match(substr(s, start), "[ \t\"" QUOTE "`<>|;)]") ? RSTART - 1 : length(s) - start + 1
    out = out substr(s, 1, start - 1) redact_address(substr(s, start, n))
    s = substr(s, start + n)
  }
  return out s
}
# NAME=value, --name value, "Name: value" where the name sounds secret.
function redact_named(s,   out, low, at, n, name, bytes, mark, quote) {
  out = ""; low = tolower(s); quote = ""
  while (match(low, SECRET)) {
    at = word_start(low, RSTART); n = RSTART + RLENGTH
    # What is left of the name, and the mark behind it.
    if (match(substr(low, n), /^[a-z0-9_.-]+/)) n += RLENGTH
    if (match(substr(low, n), /^([=:]|[ \t]+)/)) n += RLENGTH
    name = substr(low, at, n - at); mark = substr(name, length(name), 1)
    quote = open_quote(substr(s, 1, n - 1), quote)
    out = out substr(s, 1, n - 1); s = substr(s, n); low = substr(low, n)
    bytes = 0
    if (mark == "=") bytes = value_bytes(s, quote)
    else if (mark == ":") {
      # The value of a header runs to the quote around it; that of `pass:x` to the end of the word.
      if (name !~ HEADER "[a-z0-9_.-]*:$") continue
      if (s ~ /^[ \t]/) bytes = match(s, "[\"" QUOTE "]") ? RSTART - 1 : length(s)
      else bytes = value_bytes(s, quote)
    } else if (name ~ /^-.*[ \t]$/ && s !~ /^-/) {
      # A word after an option. Where the secret lies is none.
      if (name !~ /(file|path|dir)[ \t]+$/ || s !~ /^[~.\/]/) bytes = value_bytes(s, quote)
    }
    if (bytes < 1) continue
    quote = open_quote(substr(s, 1, bytes), quote)
    out = out STARS; s = substr(s, bytes + 1); low = substr(low, bytes + 1)
  }
  return out s
}
# The word after each match of the pattern; with `keep` only what follows it in that word.
function redact_after(s, pattern, keep,   out, n, at, quote) {
  out = ""; quote = ""
  while (match(s, pattern)) {
    n = RSTART + RLENGTH - 1
    quote = open_quote(substr(s, 1, n), quote)
    out = out substr(s, 1, n); s = substr(s, n + 1)
    n = value_bytes(s, quote)
    if (n < 1) continue
    at = keep == "" ? 0 : match(substr(s, 1, n), keep) ? RSTART : -1
    if (at < 0) continue
    quote = open_quote(substr(s, 1, n), quote)
    out = out substr(s, 1, at) STARS; s = substr(s, n + 1)
  }
  return out s
}
function redact_programs(s) {
  if (s ~ /(mysql|mariadb)/) s = redact_after(s, "[ \t]-p", "")
  if (s ~ /sshpass/) s = redact_after(s, "sshpass[ \t]+-p[ \t]*", "")
  if (s ~ /(curl|lftp|smbclient)/) s = redact_after(s, "[ \t](-u|-U|--user|--proxy-user)[ \t=]*", "[:,%]")
  if (s ~ /(mongo|zip|7z|rar)/) s = redact_after(s, "[ \t](-p|-P)[ \t]*", "")
  if (s ~ /redis-cli/) s = redact_after(s, "[ \t]-a[ \t]+", "")
  if (s ~ /openssl/) s = redact_after(s, "[ \t]-[kK][ \t]+", "")
  if (s ~ /ldap/) s = redact_after(s, "[ \t]-w[ \t]*", "")
  if (s ~ /[|].*(passwd|sudo|cryptsetup|gpg)/) s = redact_after(s, "(echo|printf)[ \t]+(-[a-z]+[ \t]+)*", "")
  return s
}
function redact_random(s,   out, word, after) {
  out = ""
  while (match(s, /[A-Za-z0-9_+=]+/)) {
    word = substr(s, RSTART, RLENGTH); after = substr(s, RSTART + RLENGTH)
    if (looks_random(word, 24)) word = STARS
    out = out substr(s, 1, RSTART - 1) word; s = after
  }
  return out s
}
function redact(s) { return redact_random(redact_programs(redact_named(redact_addresses(s)))) }'
