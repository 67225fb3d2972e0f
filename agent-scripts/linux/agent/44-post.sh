
# ---------------------------------------------------------------- post

# Settings of curl, which go to it through a pipe: no command line and no file holds the secret.
curl_settings() { # seconds it may take, packed or not
  printf '%s\n' "url = \"$NOC_URL/api/agent/batch\"" 'request = "POST"' \
    "header = \"Authorization: Bearer $SERVER_ID.$AGENT_SECRET\"" \
    'header = "Content-Type: application/json"' 'header = "Expect:"' \
    "user-agent = \"hostseba-noc-agent/$VERSION\"" silent show-error "max-time = $1" 'connect-timeout = 10'
  (($2)) && printf '%s\n' 'header = "Content-Encoding: gzip"'
  # What the environment says about proxies is not ours.
  if [[ -n $PROXY ]]; then printf '%s\n' "proxy = \"$PROXY\""; else printf '%s\n' 'noproxy = "*"'; fi
  [[ -z $CACERT ]] || printf '%s\n' "cacert = \"$CACERT\""
}

# Lines of payloads to one batch; half a line, as a power cut leaves it, is left out. Line by line: a batch has megabytes.
to_batch() {
  local sent; now_iso sent
  printf '{"payloads":['
  sed -n "/^{\"kind\":.*}\$/{s/\"sent_at\":\"@SENT_AT@\"/\"sent_at\":\"$sent\"/;p;}" | paste -s -d , -
  printf ']}'
}

# Posts files of payload lines, or TICK itself where no file is given, as one batch. Needs no room on any disk.
# Sets STATUS (000: no answer), RETRY_AFTER in seconds, ANSWER.
STATUS=000 RETRY_AFTER=0 ANSWER='' REJECTED=''
post() { # seconds it may take, bytes, files
  local seconds=$1 bytes=$2 packed=0 line head=0; shift 2
  ((bytes > 8192)) && command -v gzip >/dev/null && packed=1
  ANSWER=$(
    exec 8<&- 9<&-
    if (($#)); then exec cat -- "$@"; else printf '%s' "$TICK"; fi | to_batch |
      if ((packed)); then exec gzip -c; else exec cat; fi |
      curl -q -K <(curl_settings "$seconds" "$packed") --data-binary @- -D - 2>&1 | head -c 16384
  )
  STATUS=000 RETRY_AFTER=0 line=''
  # A proxy's head comes before the server's own: the last one counts.
  while [[ $ANSWER == HTTP/* ]]; do
    line=${ANSWER%%$'\n'*}; line=${line#* }; STATUS=${line:0:3}; RETRY_AFTER=0 head=1
    while ((head)); do
      if [[ $ANSWER != *$'\n'* ]]; then ANSWER='' head=0; break; fi
      ANSWER=${ANSWER#*$'\n'}; line=${ANSWER%%$'\n'*}; line=${line%$'\r'}
      case $line in
        '') ANSWER=${ANSWER#*$'\n'} head=0 ;;
        [Rr][Ee][Tt][Rr][Yy]-[Aa][Ff][Tt][Ee][Rr]:*)
          line=${line#*:}; line=${line// /}
          is_number "$line" 0 86400 && RETRY_AFTER=$((10#$line)) ;;
      esac
    done
  done
  [[ $STATUS =~ ^[1-5][0-9][0-9]$ ]] || STATUS=000
  if [[ $STATUS == 202 && $ANSWER == *'"rejected":'* && ${ANSWER#*\"rejected\":} != "$REJECTED" ]]; then
    # Once, not with every tick.
    REJECTED=${ANSWER#*\"rejected\":}
    say warn "post: rejected in part: ${ANSWER:0:600}"
  fi
}

# What the answer means for payloads: 0 the server is done with them, 1 keep them for later, 2 too many at once.
settle() { # how many
  case $STATUS in
    202)
      # A page that somebody puts in between is no answer of ours.
      [[ $ANSWER == *'"accepted"'* ]] || return 1
      ((FAILURES == 0)) || say info "post: accepted again after $FAILURES failures"
      FAILURES=0
      { : >"$RUN/accepted"; } 2>/dev/null
      return 0 ;;
    # One payload that is no JSON spoils the batch: halves until it is found.
    400|413|415|422)
      [[ $STATUS == 413 || $ANSWER == *'"error"'* ]] || return 1
      if (($1 > 1)) && [[ $STATUS == 400 || $STATUS == 413 ]]; then return 2; fi
      lose "$1" "refused ($STATUS) ${ANSWER:0:600}"; return 0 ;;
    *) return 1 ;;
  esac
}

# Failures in a row, and when to try again, by uptime: a random time (full jitter) that doubles with each failure, as
# late as the server's Retry-After asks, and at most 60 s.
FAILURES=0 NOT_BEFORE=0
hold_off() {
  local now ceiling wait what=$STATUS; uptime_s now
  FAILURES=$((FAILURES + 1))
  ceiling=$((FAILURES > 5 ? 60 : 2 ** FAILURES))
  wait=$((RANDOM % (ceiling + 1)))
  if [[ $STATUS == 401 ]]; then wait=60; fi
  if ((wait < RETRY_AFTER)); then wait=$((RETRY_AFTER + RANDOM % 5)); fi
  if ((wait > 60)); then wait=60; fi
  NOT_BEFORE=$((now + wait))
  case $STATUS in
    000) what="no answer: ${ANSWER##*$'\n'}" ;;
    401) what='not accepted (401): enrol again, or ask an admin' ;;
  esac
  # The first of a row, and then each sixtieth: an outage of a day is not a log of a day.
  if ((FAILURES % 60 == 1)); then say warn "post: ${what:0:300}, failure $FAILURES"; fi
}
