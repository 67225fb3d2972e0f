
# ---------------------------------------------------------------- settings

NOC_URL='' SERVER_ID='' AGENT_SECRET='' PROXY='' CACERT='' INTERVAL_S=60 SPOOL_MAX_BYTES=67108864
# Seconds a request may take. The next tick waits for it: half the time between two, but no less than a slow network needs.
POST_MAX_S=30

# Reads KEY=value lines; nothing in the file is ever executed.
load_settings() {
  local key value wrong=''
  [[ -r $CONF ]] || { echo "agent: cannot read $CONF" >&2; return 1; }
  while IFS='=' read -r key value || [[ -n $key ]]; do
    case $key in
      NOC_URL) NOC_URL=${value%/} ;;
      SERVER_ID) SERVER_ID=$value ;;
      AGENT_SECRET) AGENT_SECRET=$value ;;
      PROXY) PROXY=$value ;;
      CACERT) CACERT=$value ;;
      INTERVAL_S) INTERVAL_S=$value ;;
      SPOOL_MAX_BYTES) SPOOL_MAX_BYTES=$value ;;
      KEY) ;; # What signs new versions: install.sh reads it.
      ''|\#*) ;;
      *) echo "agent: $CONF: unknown setting $key" >&2 ;;
    esac
  done <"$CONF"
  is_address "$NOC_URL" || wrong='NOC_URL is not an http(s) address'
  [[ $SERVER_ID =~ ^[0-9]+$ && $AGENT_SECRET =~ ^[A-Za-z0-9_-]+$ ]] || wrong='it holds no enrolment'
  is_number "$INTERVAL_S" 1 3600 || wrong='INTERVAL_S must be 1 to 3600'
  is_number "$SPOOL_MAX_BYTES" 65536 1073741824 || wrong='SPOOL_MAX_BYTES must be 65536 to 1073741824'
  # Both become lines of curl's settings.
  [[ $PROXY$CACERT != *[[:cntrl:]\"\\]* ]] || wrong='PROXY and CACERT may hold no quotes'
  [[ -z $wrong ]] || { echo "agent: $CONF: $wrong" >&2; return 1; }
  POST_MAX_S=$((INTERVAL_S >= 60 ? 30 : INTERVAL_S > 30 ? INTERVAL_S / 2 : 15))
}

is_address() { [[ $1 =~ ^https?://[^[:space:][:cntrl:]\"\\]+$ ]]; }

is_number() { # text, least, most
  [[ $1 =~ ^[0-9]{1,15}$ ]] && ((10#$1 >= $2 && 10#$1 <= $3))
}

# ---------------------------------------------------------------- time, log

# Functions that set a variable of the caller take its name first; their own are named with a leading underscore.

now_s() { printf -v "$1" '%(%s)T' -1; }
now_iso() { printf -v "$1" '%(%Y-%m-%dT%H:%M:%SZ)T' -1; }
# Hundredths of a second since boot: what is timed and rated uses a clock that nobody sets.
uptime_cs() { local _up _idle; read -r _up _idle </proc/uptime; _up=${_up/./}; printf -v "$1" '%s' "$((10#$_up))"; }
uptime_s() { local _up _idle; read -r _up _idle </proc/uptime; printf -v "$1" '%s' "$((10#${_up%%.*}))"; }

# One line to the log and to standard error, where the journal is.
LOG_LINES=0
say() { # level, text
  local line
  printf -v line '%(%Y-%m-%dT%H:%M:%SZ)T %s %s' -1 "$1" "${2//[[:cntrl:]]/ }"
  if ((LOG_LINES++ % 100 == 0)) && [[ -f $LOG && $(stat -c %s -- "$LOG") -gt $LOG_MAX_BYTES ]]; then mv -f -- "$LOG" "$LOG.1"; fi
  { printf '%s\n' "$line" >>"$LOG"; } 2>/dev/null
  printf '%s\n' "$line" >&2
}

# ---------------------------------------------------------------- JSON, words

# No here-documents and here-strings in this part: before bash 5.1 they are files, and the disk may be full.

readonly UTF8_TEXT=$'^([^\x80-\xff]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf][\x80-\xbf]|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf][\x80-\xbf]|[\xf1-\xf3][\x80-\xbf][\x80-\xbf][\x80-\xbf]|\xf4[\x80-\x8f][\x80-\xbf][\x80-\xbf])*$'

# JSON string, quotes included. Control characters become spaces, bytes that are no UTF-8 question marks.
json_string() { # variable, text
  local _text=$2
  if [[ $_text == *[$'\x80'-$'\xff']* && ! $_text =~ $UTF8_TEXT ]]; then _text=${_text//[$'\x80'-$'\xff']/?}; fi
  _text=${_text//\\/\\\\}; _text=${_text//\"/\\\"}; _text=${_text//[[:cntrl:]]/ }
  printf -v "$1" '"%s"' "$_text"
}

# Hundredths as a decimal number: 1234 -> 12.34
decimal() { printf -v "$1" '%d.%02d' "$(($2 / 100))" "$(($2 % 100))"; }

# Assigns the further arguments, numbers all of them, to the array of that name.
assign_array() {
  local _name=$1 _i=0; shift
  while (($#)); do printf -v "${_name}[$_i]" '%s' "$1"; _i=$((_i + 1)); shift; done
}
