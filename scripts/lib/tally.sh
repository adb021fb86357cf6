# What a run of the tests came to: counts, what was not tested, and the one line at the end.

# counted LOG WORD: the sum of WORD (passed, failed, ignored) over all `test result:` lines.
counted() { awk -v word="$2" '/^test result:/ { for (i = 2; i <= NF; i++) if ($i ~ "^" word) n += $(i - 1) } END { print n + 0 }' "$1"; }

# left_out LOG: each test that was ignored, with its reason, and what the contract suite says it left out.
left_out() { sed -nE 's/^test (.*) \.\.\. ignored(, (.*))?$/test \1: ignored\2/p; s/^(\[[0-9]+\] )?([a-z0-9 -]*: )?not tested: /\2/p' "$1"; }

# failed_tests LOG: each test that failed.
failed_tests() { sed -nE 's/^test (.*) \.\.\. FAILED.*$/\1/p' "$1"; }

# why_it_failed: what each broker that does not start said last. It stands at the end, because of a long log often only
# the end is kept.
why_it_failed() {
  local name
  for name in "${BROKERS[@]}"; do
    case " ${FAILED[*]} " in *" $name does not start "*) ;; *) continue ;; esac
    say "$name said last:"
    grep -E "^$name: " "$TB/up.log" | tail -3 | sed 's/^/    /' || true
    last_lines "$TB/$name/log" 12
  done
}

# closing_lines: what failed and what was not tested, then one line; exits with the verdict. A whole broker not tested is
# a failure where CI is set: a green run there has to mean that all of them were there.
closing_lines() {
  local log=$TB/test.log missing=0 with='no real broker' verdict=0
  sort -u -o "$NOT_TESTED" "$NOT_TESTED"
  failed_tests "$log" | sed 's/^/failed: /'
  if [ -s "$NOT_TESTED" ]; then
    missing=$(wc -l <"$NOT_TESTED")
    say "not tested:"
    sed 's/^/  /' "$NOT_TESTED"
  fi
  if [ ${#MISSING[@]} != 0 ]; then
    missing=$((missing + ${#MISSING[@]}))
    say "brokers not tested:"
    printf '  %s\n' "${MISSING[@]}"
  fi
  why_it_failed
  if [ ${#TESTED[@]} != 0 ]; then with=$(IFS=,; echo "${TESTED[*]}" | sed 's/,/, /g'); fi
  if [ "$(counted "$log" passed)" = 0 ] && [ ${#FAILED[@]} = 0 ]; then FAILED+=("no test ran"); fi
  if in_ci && [ ${#MISSING[@]} != 0 ]; then FAILED+=("${#MISSING[@]} brokers not tested, see above"); fi
  local counts
  counts="$(counted "$log" passed) passed, $(counted "$log" failed) failed, $missing not tested; with $with; $(clock) minutes"
  if [ ${#FAILED[@]} = 0 ]; then
    say "redrive: tests passed$([ "$missing" = 0 ] || echo ', but not all was tested') ($counts)"
  else
    verdict=1
    say "redrive: FAILED: $(printf '%s; ' "${FAILED[@]}" | sed 's/; $//') ($counts)"
  fi
  exit $verdict
}
