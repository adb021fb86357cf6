# Where the scripts keep things. Everything of the testbed lies below one folder; downloads are shared by all checkouts.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
TB=${REDRIVE_TESTBED:-$ROOT/target/testbed}
CACHE=${REDRIVE_TESTBED_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/redrive-testbed}
# The same text everywhere: a machine without a locale has Java and Python think in ASCII.
export LC_ALL=C.UTF-8
mkdir -p "$TB"
TB=$(cd "$TB" && pwd)

# A closed stdin would hand descriptor 0 to the next file that is opened.
{ : <&0; } 2>/dev/null || exec </dev/null

# only_one_at_a_time: two runs in one checkout must not start the same broker twice.
only_one_at_a_time() {
  exec 9>"$TB/lock"
  flock -w 600 9 || { warn "another run holds $TB/lock for more than 10 minutes"; return 1; }
}
