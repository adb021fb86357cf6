# Processes of the testbed: started in a session of their own, noted by pid, ended by that pid only.

# launch DIR COMMAND...: start it with its output in DIR/log and its pid in DIR/pid.
# Descriptor 9 is the lock of this run; a broker must not keep it. Until the new process has become COMMAND its command
# line is this shell's, and would be taken for a process that is not the broker's.
launch() {
  local dir=$1 pid
  shift
  setsid nohup "$@" >"$dir/log" 2>&1 </dev/null 9>&- &
  pid=$!
  echo $pid >"$dir/pid"
  while cmp -s "/proc/$pid/cmdline" "/proc/$$/cmdline"; do sleep 0.02; done
}

# alive DIR MARK: whether the pid in DIR/pid still is what was started there. A pid is given away anew after its
# process has ended, so its command line must name MARK too.
alive() {
  local pid
  pid=$(cat "$1/pid" 2>/dev/null) && [ -n "$pid" ] && grep -qF -- "$2" "/proc/$pid/cmdline" 2>/dev/null
}

# Longest wait for a start, in seconds: what dies is noticed at once, so only what hangs takes so long, however busy the machine is.
START=300

# await SECONDS DIR MARK COMMAND...: until COMMAND succeeds; fails when the process ends or the time is up.
await() {
  local end=$((SECONDS + $1)) dir=$2 mark=$3
  shift 3
  until "$@"; do
    alive "$dir" "$mark" && [ $SECONDS -lt $end ] || return 1
    sleep 0.2
  done
}

# end DIR MARK: SIGTERM, and SIGKILL if it still runs after 20 seconds.
end() {
  local until=$((SECONDS + 20)) pid
  if alive "$1" "$2"; then
    pid=$(cat "$1/pid")
    kill "$pid" 2>/dev/null || true
    while alive "$1" "$2"; do
      if [ $SECONDS -ge $until ]; then kill -9 "$pid" 2>/dev/null || true; fi
      sleep 0.1
    done
  fi
  rm -f "$1/pid"
}

# as_wished WISH FILE: nothing is wished, or just what FILE says that it runs with.
as_wished() { [ -z "$1" ] || [ "$1" = "$(cat "$2" 2>/dev/null)" ]; }

# port_free PORT: nobody answers there on loopback.
port_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# did_not_start NAME VERSION DIR MARK: says so with the end of its log, and leaves nothing running.
did_not_start() {
  warn "$1: $2 was had, but does not start. The last lines of $3/log:"
  last_lines "$3/log" >&2
  end "$3" "$4"
  return 1
}
