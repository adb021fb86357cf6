# What the scripts print: plain lines, steps with the time since the start, and the end of a log.

# say WORDS...: one line for the person at the terminal.
say() { printf '%s\n' "$*"; }

# warn WORDS...: one line on stderr.
warn() { printf '%s\n' "$*" >&2; }

# clock: minutes and seconds since the script started, as 4:07.
clock() { printf '%d:%02d' $((SECONDS / 60)) $((SECONDS % 60)); }

# step WORDS...: what begins now, with the time since the start.
step() { printf '[%s] %s\n' "$(clock)" "$*"; }

# last_lines FILE [N]: the end of a log, indented so that it reads as a quotation.
last_lines() { tail -n "${2:-30}" "$1" 2>/dev/null | sed 's/^/    /'; }

# in_ci: whether CI is set to anything that means yes.
in_ci() { case ${CI:-} in '' | 0 | false | no) return 1 ;; esac; }
