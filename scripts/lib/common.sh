# What all scripts share: places, plain messages, system packages, processes that are known by their pid file.
# shellcheck shell=bash
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
STATE=${REDRIVE_TESTBED:-$ROOT/target/testbed}
CACHE=${REDRIVE_TESTBED_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/redrive-testbed}
# exit code of `up` for a broker that this machine cannot have (no package, no download)
CANNOT=3

say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# package_of COMMAND...: installs the Debian packages of commands that are missing; 3 if that is not possible here
need() {
  local missing=() pair
  for pair in "$@"; do have "${pair%%=*}" || missing+=("${pair#*=}"); done
  [ ${#missing[@]} -eq 0 ] && return 0
  local as=()
  [ "$(id -u)" = 0 ] || as=(sudo -n)
  have apt-get || { say "missing: ${missing[*]}, and this machine has no apt-get; install them by hand"; return "$CANNOT"; }
  say "installing ${missing[*]}"
  { "${as[@]}" apt-get update -qq && DEBIAN_FRONTEND=noninteractive "${as[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$STATE/apt.log" 2>&1 ||
    { say "could not install ${missing[*]}: $(tail -n 1 "$STATE/apt.log")"; return "$CANNOT"; }
}

# have WORD: a command, or /a/file, or pkg:NAME for a pkg-config module
have() {
  case $1 in
    /*) [ -e "$1" ] ;;
    pkg:*) command -v pkg-config >/dev/null && pkg-config --exists "${1#pkg:}" ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

# what the Rust build needs beside Rust itself
need_build() {
  need gcc=gcc g++=g++ make=make pkg-config=pkg-config pkg:libssl=libssl-dev /usr/include/stdio.h=libc6-dev || exit 1
  [ -n "${CARGO_HOME:-}" ] || [ ! -f "$HOME/.cargo/env" ] || . "$HOME/.cargo/env"
  have cargo || fail "cargo is missing: install Rust 1.94 or newer (rustup.rs), then run this again"
}

pid_of() { cat "$STATE/$1/pid" 2>/dev/null || true; }
# runs NAME: whether the process noted for it is alive and still the one that was started (a pid may be used again)
runs() {
  local pid; pid=$(pid_of "$1")
  [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null && [ "$(start_of "$pid")" = "$(cat "$STATE/$1/born" 2>/dev/null)" ]
}
# serves NAME: it runs, and where it is asked for now
serves() { runs "$1" && [ "$("$1_address")" = "$(cat "$STATE/$1/address" 2>/dev/null)" ] && "$1_answers" >/dev/null 2>&1; }
# when a process began; nothing for one that has ended and was not yet waited for
start_of() { ps -o stat=,lstart= -p "$1" 2>/dev/null | sed -n '/^ *Z/d; s/^ *[^ ]* *//p'; }

# launch NAME COMMAND...: starts it in a session of its own and notes its pid
launch() {
  local name=$1; shift
  mkdir -p "$STATE/$name"
  setsid nohup "$@" >"$STATE/$name/log" 2>&1 </dev/null &
  echo $! >"$STATE/$name/pid"
  start_of $! >"$STATE/$name/born"
  "${name}_address" >"$STATE/$name/address"
}

# until_ready NAME SECONDS CHECK...: waits until the check passes; shows the log's end if it does not
until_ready() {
  local name=$1 end=$((SECONDS + $2)); shift 2
  until "$@" >/dev/null 2>&1; do
    if ! runs "$name"; then say "$name did not start; the end of its log:"; tail -n 30 "$STATE/$name/log" >&2; return 1; fi
    if [ $SECONDS -ge $end ]; then say "$name does not answer; the end of its log:"; tail -n 30 "$STATE/$name/log" >&2; return 1; fi
    sleep 0.2
  done
}

# halt NAME: ends the process that was noted, and nothing else
halt() {
  runs "$1" || { rm -f "$STATE/$1/pid"; return 0; }
  local pid; pid=$(pid_of "$1")
  kill "$pid" 2>/dev/null || true
  for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
  kill -9 "$pid" 2>/dev/null || true
  rm -f "$STATE/$1/pid"
}

# free_port NAME PORT: a port that somebody else has is no broker of ours
free_port() {
  if (exec 3<>"/dev/tcp/127.0.0.1/$2") 2>/dev/null; then
    say "$1: port $2 is taken by another program; end it, or choose other ports (see scripts/brokers help)"
    return 1
  fi
}
