# ---------------------------------------------------------------- email-stats: Postfix's log
#
#   smtpd   ID: client=HOST[IP], sasl_method=.., sasl_username=LOGIN     logged in for
#   pickup  ID: uid=UID from=<SENDER>                                   handed in on the host
#   qmgr    ID: from=<SENDER>, size=.., nrcpt=N (queue active)           its recipients; again with each retry
#   smtp    ID: to=<RECIPIENT>, .. status=sent|deferred|bounced (..)     local, virtual, lmtp, pipe: on the host
#   qmgr    ID: removed
#
# Values of strangers stand in <> or behind the last field, and Postfix masks what is not printable.
# shellcheck disable=SC2016 # awk's
readonly AWK_POSTFIX='
BEGIN { zone_init(zone) }
# Who handed in a message that the queue manager has not named yet: "login IP LOGIN" or "user UID". Kept for an hour.
function started(at, id, who,   k) {
  if (!(id in handed) && ++handed_count > 4000) {
    for (k in handed) if (handed[k] + 600 < at) { delete handed[k]; handed_count-- }
    if (handed_count > 3000) { split("", handed); handed_count = 1 }
  }
  handed[id] = at "\t" substr(who, 1, 300)
}
function named(id) { if (id in handed) { delete handed[id]; handed_count-- } }
function save_started(   id) {
  for (id in handed) if (handed[id] > newest - 3600) printf "C\t%.0f\t%s\t%s\n", handed[id], id, substr(handed[id], index(handed[id], "\t") + 1) > state
}
function field(text, name,   at) {
  at = match(text, name)
  if (!at) return ""
  text = substr(text, at + RLENGTH); sub(/[,>].*/, "", text)
  return text
}
mode == "log" {
  if (!index($0, "postfix")) next
  if ($0 ~ /[\001-\037]/) gsub(/[\001-\037]/, " ")
  if ($1 ~ /^[0-9]/) { at = rfc3339_time($1); i = 3 }
  else {
    i = 5
    if ($3 == last_time && $2 == last_date) at = last_at
    else { at = syslog_time($1, $2, $3); last_date = $2; last_time = $3; last_at = at }
  }
  if (at < 0 || $i !~ /^postfix[^ ]*\/[a-z-]+\[[0-9]+\]:$/) next
  at = clock(at)
  program = $i; sub(/^.*\//, "", program); sub(/\[.*/, "", program)
  id = $(i + 1)
  rest = substr($0, index($0, $i " " id) + length($i) + length(id) + 2)
  if (program == "smtpd" && id == "warning:") {
    # HOST[IP]: SASL METHOD authentication failed: TEXT[, sasl_username=LOGIN]
    if (rest !~ /^[^ ]+\[[0-9a-fA-F.:]+\]: SASL [^ ]+ authentication failed/) next
    client = rest; sub(/\]: SASL .*/, "", client); sub(/^.*\[/, "", client)
    login = match(rest, /, sasl_username=[^ ,]+$/) ? tolower(substr(rest, RSTART + 16, 255)) : ""
    login_failed(at, login, address(client))
    next
  }
  if (id !~ /^[0-9A-Za-z]+:$/) next
  sub(/:$/, "", id)
  if (program == "smtpd") {
    if (rest !~ /^client=/ || !match(rest, /, sasl_username=/)) next
    login = tolower(substr(rest, RSTART + RLENGTH)); sub(/, [a-z_]+=.*/, "", login)
    client = substr(rest, 8); sub(/, .*/, "", client); sub(/^.*\[/, "", client); sub(/\].*/, "", client)
    started(at, id, "login " address(client) " " login)
  } else if (program == "pickup" && rest ~ /^uid=[0-9]+ /) {
    started(at, id, "user " substr($(i + 2), 5))
  } else if (program == "qmgr") {
    if (rest ~ /^removed/) { completed(id); named(id); next }
    if (rest ~ /^from=<.*>, status=(force-)?expired/) { failed(id, at, "expired", 1); next }
    if (!match(rest, /, nrcpt=[0-9]+ \(queue active\)$/) || is_open(id)) next
    recipients = substr(rest, RSTART + 8) + 0
    sender = substr(rest, 7); sub(/>, size=[0-9]+, nrcpt=[0-9]+ \(queue active\)$/, "", sender)
    if (sender == "" || !(id in handed)) next
    who = substr(handed[id], index(handed[id], "\t") + 1); named(id); login = ip = path = owner = ""
    if (who ~ /^login /) {
      sub(/^login /, "", who); ip = substr(who, 1, index(who, " ") - 1); login = substr(who, index(who, " ") + 1)
    } else {
      user = substr(who, 6); if (user in name_of) user = name_of[user]
      if (user == "mailman" || user == "list") next
      path = "user:" user; owner = user in system_user ? "" : user
    }
    accept(id, at, sender ~ /@/ ? domain_of(sender) : "localhost", login, ip, path, owner, recipients, 1)
  } else if (rest ~ /^to=</ && match(rest, /, dsn=[0-9.]+, status=[a-z]+ \(/)) {
    status = substr(rest, RSTART, RLENGTH); sub(/^.*status=/, "", status)
    to = substr(rest, 5); sub(/>, .*/, "", to); to = tolower(to)
    if (status ~ /^bounced/) failed(id, at, to, 1)
    # Put off without an attempt: the destination was found dead a moment before.
    else if (status ~ /^deferred/) { if (rest !~ /\(delivery temporarily suspended/ && (program == "smtp" || program == "relay")) failed(id, at, to, 0) }
    else if (status ~ /^sent/ && (program == "local" || program == "virtual" || program == "lmtp" || program == "pipe")) delivered_here(id, to)
  }
}
'
