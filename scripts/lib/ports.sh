# Ports of the brokers: each has a prefix of three digits, its listeners are that prefix and two more digits.

# choose_prefix NAME FIRST ENDING...: the wished prefix (REDRIVE_TB_<NAME>_PORT_PREFIX), else that of the last time, else
# FIRST, FIRST+10 ... FIRST+90: the first with all its ports free, so that two checkouts on one machine do not meet.
choose_prefix() {
  local name=$1 first=$2 wish="REDRIVE_TB_${1^^}_PORT_PREFIX" prefix tried
  shift 2
  tried=${!wish:-$(cat "$TB/$name/prefix" 2>/dev/null || true) $(seq "$first" 10 $((first + 90)) | tr '\n' ' ')}
  for prefix in $tried; do
    if all_free "$prefix" "$@"; then echo "$prefix" >"$TB/$name/prefix"; return; fi
  done
  warn "$name: of each port prefix tried (${tried% }) a port is taken ($*); set $wish"
  return 1
}

all_free() {
  local prefix=$1 ending
  shift
  for ending in "$@"; do port_free "$prefix$ending" || return 1; done
}

# as_wished_prefix NAME: no prefix is wished, or just the one that it runs with.
as_wished_prefix() {
  local wish="REDRIVE_TB_${1^^}_PORT_PREFIX"
  as_wished "${!wish:-}" "$TB/$1/prefix"
}

# local_port NAME ENDING: 127.0.0.1 and the port.
local_port() { echo "127.0.0.1:$(cat "$TB/$1/prefix")$2"; }
