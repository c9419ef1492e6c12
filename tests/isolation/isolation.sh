#!/usr/bin/env bash
# isolation.sh PROGRAM PLUGINS CLAIM: runs one claim about kernels that do not come back, and about runs that are killed,
# divided and put together again. PLUGINS is the folder of the plugins fatal_*.so. Exit 77: it cannot be tested here.
set -euo pipefail
program=$1 plugins=$2 claim=$3

fail () { echo "$*"; echo "--- output"; cat output; exit 1; }

# exits CODE ARGUMENT...: runs the program; its output, both streams, is in the file `output`.
exits () {
  local expected=$1 code=0
  shift
  "$program" "$@" >output 2>&1 || code=$?
  [ "$code" = "$expected" ] || fail "convcheck $*: exit $code, expected $expected"
}

# says TEXT...: the output has every text.
says () {
  local text
  for text in "$@"; do grep -qF -- "$text" output || fail "the output lacks: $text"; done
}

# Cases of which only the middle one has 7 columns.
three_cases () {
  printf '%s\n' 'conv2d.forward f32 x=2x3x5x6 w=4x3x3x2' 'conv2d.forward f32 x=2x3x5x7 w=4x3x3x3' \
    'conv2d.forward f32 x=2x3x8x8 w=4x3x3x3' >three.cases
}

# fatal NAME OPTION...: the suite of the three cases on the plugin; the other two cases pass, and the call on 7 columns fails.
fatal () {
  local plugin=$plugins/fatal_$1.so
  shift
  three_cases
  exits 1 suite --plugin "$plugin" --cases three.cases "$@"
  says 'FAILED  completes  fatal' 'planned 33 = passed 20 + failed 1 + skipped 10' 'vacuous 2' 'a call on the same case did not come back'
}

# The line `reproduce` fails in the same way.
reproduces () {
  local line
  line=$(sed -n 's/^  reproduce  convcheck //p' output | head -1)
  [ -n "$line" ] || fail "no line reproduce"
  eval "exits 1 $line $*"
  says 'FAILED  completes  fatal'
}

a_crash_is_failed_and_the_suite_goes_on() {
  fatal Crash
  says 'the call was killed by signal 11' 'shrunk from conv2d.forward f32 x=2x3x5x7'
  reproduces
}

an_abort_is_failed_and_the_suite_goes_on() { fatal Abort && says 'killed by signal 6' && reproduces; }

an_exit_in_the_kernel_is_failed() { fatal Exit && says 'exited with status 0' && reproduces; }

an_endless_loop_is_failed_at_the_time_limit() {
  fatal Loop --unit-seconds 0.5 --no-shrink && says 'did not come back within 0.5'
  reproduces --unit-seconds 0.5
}

endless_printing_is_failed_at_the_time_limit() {
  fatal Chatter --unit-seconds 0.5 --no-shrink && says 'did not come back within 0.5' 'still here'
}

writing_into_every_descriptor_is_failed_and_the_suite_goes_on() {
  fatal Scribble --no-shrink && says 'the call wrote into descriptor 3, which is not its own: scribble'
}

what_a_crashed_kernel_has_started_is_ended() {
  fatal Orphan --no-shrink && says 'the call was killed by signal 11'
  local process
  for process in /proc/[0-9]*; do
    [ "$(readlink "$process/cwd" 2>/dev/null)" != "$PWD" ] || [ "${process#/proc/}" = $$ ] || ! grep -qz '^worker$' "$process/cmdline" ||
      fail "left: $process"
  done
}

growing_memory_is_failed_at_the_memory_limit() {
  fatal Grow --unit-memory 200 --no-shrink && says 'took more than 20' 'MiB of memory'
}

a_corrupted_heap_is_failed_with_what_the_process_said() {
  fatal Corrupt --no-shrink && says 'killed by signal 6' 'double free'
}

waiting_threads_of_workers_do_not_spin_unless_told() {
  unset OMP_WAIT_POLICY GOMP_SPINCOUNT
  fatal Tell --no-shrink && says 'OMP_WAIT_POLICY is passive'
  OMP_WAIT_POLICY=active fatal Tell --no-shrink && says 'OMP_WAIT_POLICY is active'
  GOMP_SPINCOUNT=5 fatal Tell --no-shrink && says 'OMP_WAIT_POLICY is not set'
}

an_error_of_the_kernel_is_no_crash() {
  three_cases
  exits 1 suite --plugin "$plugins/fatal_Throw.so" --cases three.cases --rule completes
  says '7 columns are too many' 'planned 3 = passed 2 + failed 1'
}

damage_that_shows_later_is_put_down_to_an_earlier_call() {
  three_cases
  exits 1 suite --plugin "$plugins/fatal_CrashLater.so" --cases three.cases --rule value --jobs 1 --no-shrink
  says 'an earlier call has done damage' 'the case before: conv2d.forward f32 x=2x3x5x7'
}

a_kernel_that_never_comes_back_is_given_up() {
  for rows in 3 4 5 6 8 9; do echo "conv2d.forward f32 x=1x1x${rows}x7 w=1x1x1x1"; done >hang.cases
  exits 1 suite --plugin "$plugins/fatal_Loop.so" --cases hang.cases --rule value --jobs 1 --unit-seconds 0.2 --patience 0 --no-shrink
  says 'given up: its calls did not come back' 'planned 6 = passed 0 + failed 1 + skipped 5'
}

two_backends_are_judged_although_one_crashes() {
  three_cases
  exits 1 suite --plugin "$plugins/fatal_Crash.so" --backend reference --cases three.cases --no-shrink
  says 'planned 66 = passed 50 + failed 1 + skipped 10'
}

in_process_takes_the_suite_along() {
  three_cases
  local code=0
  "$program" suite --plugin "$plugins/fatal_Exit.so" --cases three.cases --in-process >output 2>&1 || code=$?
  [ "$code" = 0 ] || fail "exit $code"
  if grep -q planned output; then fail "it went on"; fi
}

a_worker_cannot_be_started_by_hand() {
  exits 2 worker --backend reference --rule value && says 'started by convcheck itself'
}

some=(suite --backend reference --cases some.cases)

some_cases () {
  local rows border
  for rows in $(seq 3 42); do
    for border in valid half full 1; do echo "conv2d.forward f32 x=2x3x${rows}x6 w=4x3x3x3 border=$border"; done
  done >some.cases
}

account () { grep '^planned' "$1"; }

a_killed_run_goes_on_where_it_was() {
  local tries=0 code
  "$program" "${some[@]}" >whole
  while :; do
    code=0
    timeout -s KILL "0.$((RANDOM % 90 + 10))" "$program" "${some[@]}" --resume results.jsonl >output 2>&1 || code=$?
    [ "$code" = 0 ] && break
    [ "$code" = 137 ] || fail "exit $code"
    [ $((++tries)) -lt 200 ] || fail "it makes no progress"
  done
  [ $tries -gt 1 ] || fail "it was not killed"
  [ "$(account output)" = "$(account whole)" ] || fail "another account: $(account whole)"
  [ "$(grep -c '^{"n"' results.jsonl)" = "$(sed 's/.*"n":\([0-9]*\).*/\1/' results.jsonl | grep -xE '[0-9]+' | sort -u | wc -l)" ] ||
    fail "a case was run twice"
}

a_half_line_is_run_again() {
  exits 0 "${some[@]}" --results whole.jsonl
  cp output whole
  head -c $(($(stat -c %s whole.jsonl) / 2)) whole.jsonl >half.jsonl
  exits 0 "${some[@]}" --resume half.jsonl
  [ "$(account output)" = "$(account whole)" ] || fail "another account"
  exits 0 "${some[@]}" --resume half.jsonl
  [ "$(account output)" = "$(account whole)" ] || fail "another account when all is done"
}

another_run_is_not_continued() {
  exits 0 "${some[@]}" --results results.jsonl
  exits 2 "${some[@]}" --resume results.jsonl --rule value && says 'results.jsonl: rules'
  exits 2 "${some[@]}" --resume results.jsonl --seed 5 && says 'digest of the cases'
  exits 2 "${some[@]}" --resume results.jsonl --shard 1/2 && says 'shards'
  echo '{"convcheck":"something"}' >other.jsonl
  exits 2 "${some[@]}" --resume other.jsonl && says 'other.jsonl:1'
  cp /bin/true true.jsonl
  exits 2 "${some[@]}" --resume true.jsonl && says 'true.jsonl'
  sed -i '3s/"units":\["/"units":["z/' results.jsonl
  exits 2 "${some[@]}" --resume results.jsonl && says 'results.jsonl:3'
  exits 0 "${some[@]}" --results twice.jsonl
  sed -i '4{p}' twice.jsonl
  exits 2 "${some[@]}" --resume twice.jsonl && says 'twice.jsonl:5' 'each case once'
  exits 0 "${some[@]}" --results changed.jsonl
  sed -i '4s/x=2x3x/x=3x3x/' changed.jsonl
  exits 2 "${some[@]}" --resume changed.jsonl && says 'changed.jsonl: case = conv2d.forward f32 x=3x3x'
  exits 2 "${some[@]}" --results . && says 'can be written'
  exits 2 "${some[@]}" --results a --resume b
}

a_run_with_known_failures_is_continued_and_merged() {
  three_cases
  local mine=(suite --plugin "$plugins/fatal_Throw.so" --cases three.cases --rule completes --known-failures known.txt)
  echo 'fatal | * | * | completes | x=2x3x5x7 | 7 columns | conv2d.forward f32 x=2x3x5x7 w=4x3x3x3 | planted' >known.txt
  exits 0 "${mine[@]}" --results known.jsonl && says 'passed 2 + failed 0' 'known 1'
  exits 0 "${mine[@]}" --resume known.jsonl && says 'passed 2 + failed 0' 'known 1'
  exits 0 merge known.jsonl && says 'passed 2 + failed 0' 'known 1'
}

a_result_file_has_one_writer() {
  exec 9>>busy.jsonl
  flock 9
  exits 2 "${some[@]}" --results busy.jsonl && says 'no other run'
}

shards_merge_to_the_account_of_the_whole() {
  exits 0 "${some[@]}"
  cp output whole
  for shard in 1 2 3; do exits 0 "${some[@]}" --shard $shard/3 --results "$shard.jsonl" && says "shard $shard of 3"; done
  exits 0 merge 3.jsonl 1.jsonl 2.jsonl --json merged.json --junit merged.xml --html merged.html
  [ "$(account output)" = "$(account whole)" ] || fail "another account: $(account whole)"
  exits 4 merge 1.jsonl 3.jsonl && says 'shard 2' 'exit 4'
  exits 2 merge 1.jsonl 1.jsonl && says 'each shard once'
  sed '1s/"units_by_shard":\[[0-9]*/"units_by_shard":[9000000000000000000/' 1.jsonl >endless.jsonl
  exits 2 merge endless.jsonl && says 'endless.jsonl:1' 'units_by_shard'
  sed '1s/"units_by_shard":\[[0-9]*/"units_by_shard":[1/' 1.jsonl >more.jsonl
  exits 2 merge more.jsonl && says 'more.jsonl: units' 'expected at most 1'
  exits 2 merge none.jsonl
  exits 2 merge
}

ranks_of_mpi_are_shards() {
  command -v mpirun >/dev/null || { echo "mpirun is not installed (Debian package openmpi-bin)"; exit 77; }
  exits 0 "${some[@]}"
  cp output whole
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
  mpirun --oversubscribe -n 4 "$program" "${some[@]}" --jobs 1 --results 'rank.{shard}.jsonl' >output 2>&1 || fail "mpirun failed"
  says 'shard 4 of 4, from OMPI_COMM_WORLD_RANK'
  exits 0 merge rank.*.jsonl
  [ "$(account output)" = "$(account whole)" ] || fail "another account: $(account whole)"
}

processes_of_one_run_do_not_write_one_file() {
  export GTEST_SHARD_INDEX=1 GTEST_TOTAL_SHARDS=2
  exits 2 "${some[@]}" --results one.jsonl && says '{shard}'
  exits 0 "${some[@]}" --json 'one.{shard}.json' && says 'shard 2 of 2, from GTEST_SHARD_INDEX'
  [ -s one.2-of-2.json ] || fail "no report"
}

a_time_limit_says_what_was_not_run() {
  exits 3 "${some[@]}" --time-limit 0 && says 'time limit of 0 s' 'passed 0'
  exits 3 "${some[@]}" --time-limit 0 --results late.jsonl
  exits 0 "${some[@]}" --resume late.jsonl
}

an_interrupt_ends_with_an_account() {
  local code=0 run
  setsid "$program" suite --backend reference --full >output 2>&1 &
  run=$!
  until grep -q 'cheapest first' output; do sleep 0.1; done
  kill -INT -- "-$run"  # the whole group, as a terminal does it
  wait $run || code=$?
  [ "$code" = 130 ] || fail "exit $code"
  says interrupted planned 'failed 0'
}

# page NAME SCRIPT: what the page NAME shows after SCRIPT, and all that the browser complains about.
page () {
  { cat "$1"; echo "<script>$2</script>"; } >page.html
  chromium --headless --no-sandbox --disable-gpu --enable-logging=stderr --dump-dom "file://$PWD/page.html" >output 2>log ||
    fail "chromium: $(tail -3 log)"
  if grep -E 'CONSOLE.*(rror|Uncaught|TypeError)' log; then fail "the console is not quiet"; fi
}

the_page_shows_and_filters_what_was_found() {
  command -v chromium >/dev/null || { echo "chromium is not installed (Debian package chromium)"; exit 77; }
  three_cases
  exits 1 suite --plugin "$plugins/fatal_Crash.so" --backend reference --cases three.cases --html run.html
  page run.html 'document.title += " drawn"'
  says 'convcheck: exit 1 drawn' 'id="case-count">3 of 3' 'id="finding-count">1 of 1' 'never' 'x=2x3x5x7'
  page run.html 'const filter = document.getElementById("case-filter"); filter.value = "X=2x3x5x7"; filter.oninput();'
  says 'id="case-count">1 of 3'
  page run.html 'const filter = document.getElementById("finding-filter"); filter.value = "nothing"; filter.oninput();'
  says 'id="finding-count">0 of 1'
  page run.html 'document.querySelector("[aria-label=outcome]").value = "f"; document.querySelector("[aria-label=outcome]").onchange();'
  says 'id="case-count">1 of 3'
  chromium --headless --no-sandbox --disable-gpu --screenshot=run.png --window-size=1000,1400 "file://$PWD/run.html" >/dev/null 2>&1
  chromium --headless --no-sandbox --disable-gpu --screenshot=blank.png --window-size=1000,1400 about:blank >/dev/null 2>&1
  [ "$(stat -c %s run.png)" -gt $((5 * $(stat -c %s blank.png))) ] || fail "the page is blank"
}

case "$(type -t "$claim")" in function) ;; *) echo "no such claim: $claim"; exit 2 ;; esac
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
some_cases
"$claim"
