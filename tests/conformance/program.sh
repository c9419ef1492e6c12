#!/usr/bin/env bash
# program.sh PROGRAM CLAIM: runs one claim about the program convcheck, in a folder of its own. Works on the backend
# `reference`, which every build has.
set -euo pipefail
program=$1 claim=$2

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

on_reference=(--backend reference --full)
line='conv2d.forward f32 x=2x3x8x9 w=4x3x3x3 border=1,(0,2) subsample=1x2'
source "$(dirname "${BASH_SOURCE[0]}")/files.sh"

every_command_has_help() {
  exits 0 --help && says suite run list 'Exit codes'
  for command in suite run list; do exits 0 "$command" --help && says --help; done
  exits 0 --version && says convcheck
}

no_command_and_an_unknown_one_are_usage_errors() {
  exits 2; exits 2 judge; exits 2 suite --no-such-option
}

a_right_backend_exits_0_and_every_unit_is_accounted_for() {
  exits 0 suite "${on_reference[@]}" --rule value --match 'x=1x1x3 w=1x1x2 border=1 '
  grep -qE '^planned ([0-9,]+) = passed \1 \+ failed 0 \+ skipped 0 \+ vacuous 0 \+ broken 0 \+ known 0    exit 0$' output ||
    fail "no accounting line"
  says 'left out' grad_weights
}

only_empty_results_exit_3() {
  echo 'conv1d.forward f32 x=0x1x3 w=1x1x2' >empty.cases
  exits 3 suite "${on_reference[@]}" --rule value --cases empty.cases
  says 'vacuous 1' 'exit 3: nothing passed'
}

a_direction_that_is_only_vacuous_exits_3() {
  printf '%s\n' 'conv1d.forward f32 x=0x1x3 w=1x1x2' 'conv1d.grad_weights f32 x=1x1x3 w=1x1x2' >some.cases
  exits 3 suite "${on_reference[@]}" --rule value --cases some.cases
  says 'reference forward was only skipped or vacuous'
}

what_a_backend_that_nobody_named_does_not_do_is_no_fault() {
  exits 0 run 'conv1d.forward f32 x=1x1x9 w=1x1x3' && says 'PASSED  value'
}

an_unknown_backend_exits_2_and_the_names_are_listed() {
  exits 2 suite --backend cudnn9
  says cudnn9 reference
  exits 2 run "$line" --backend ''
}

a_missing_and_an_empty_file_exit_2() {
  exits 2 suite "${on_reference[@]}" --cases none.cases && says none.cases
  : >empty.cases
  exits 2 suite "${on_reference[@]}" --cases empty.cases && says empty.cases 'at least one case'
  exits 2 suite "${on_reference[@]}" --cases .
}

a_bad_line_of_a_file_is_named_with_its_number() {
  printf '%s\n' "$line" 'conv2d.forward f32 x=2x3x8x9 w=4x3x3xQ' >bad.cases
  exits 2 suite "${on_reference[@]}" --cases bad.cases
  grep -qE 'bad\.cases:2:' output || fail "file and number are not named"
}

impossible_numbers_exit_2() {
  exits 2 suite --jobs 0
  exits 2 suite --jobs -1
  exits 2 suite --batch-cap 0
  exits 2 suite --batch-cap -2
  exits 2 suite --batch-cap 99999999999999999999 && says 'a whole number from 1 to 9223372036854775807'
  exits 2 audit --batch-cap 99999999999999999999
  exits 2 suite --jobs 1e3
  exits 2 suite --seed -1
  exits 2 suite --seed 1e9
  exits 2 suite --quick --full
  for seconds in nan inf 1e300 -1; do
    exits 2 suite --time-limit $seconds && says "'$seconds': expected seconds, 0 to 1e+09"
    exits 2 suite --unit-seconds $seconds && says "'$seconds': expected seconds, 0.001 to 1e+09"
    exits 2 suite --patience $seconds
  done
  exits 2 suite --shard 1/99999999999 && says 'N <= 1000000'
}

a_bad_regular_expression_and_one_without_match_exit_2() {
  exits 2 suite "${on_reference[@]}" --match '(' && says 'regular expression'
  exits 2 suite "${on_reference[@]}" --match 'no such line' && says 'at least one case'
}

an_unwritable_json_exits_2_before_the_run() {
  exits 2 suite "${on_reference[@]}" --json no/such/folder/result.json && says no/such/folder
  if grep -q planned output; then fail "it ran"; fi
  exits 2 suite "${on_reference[@]}" --json .
}

two_reports_do_not_go_to_one_file() {
  exits 2 suite "${on_reference[@]}" --json one --html one && says '--html = one: expected a file that nothing else is written to'
  exits 2 suite "${on_reference[@]}" --results one --json one && says '--json = one'
  exits 2 suite "${on_reference[@]}" --resume one --junit one && says '--junit = one'
  [ ! -e one ] || fail "it was written"
}

json_has_counts_and_leaves_no_partial_file() {
  exits 0 suite "${on_reference[@]}" --match 'x=1x1x2 w=1x1x2 border=1 ' --json result.json
  for key in '"exit": 0' '"passed"' '"skip_reasons"' '"by_direction"' '"seconds"' '"findings": []'; do
    grep -qF "$key" result.json || fail "result.json lacks $key"
  done
  [ "$(ls)" = "$(printf 'output\nresult.json')" ] || fail "more files: $(ls)"
}

run_repeats_one_case_and_says_what_it_judged() {
  exits 0 run "$line" --backend reference --rule value && says 'PASSED  value  reference  conv2d.forward' 'planned 1 = passed 1'
}

run_applies_every_rule_unless_one_is_named() {
  exits 0 run "$line" --backend reference
  says 'PASSED  value' 'PASSED  bounds' 'PASSED  adjoint' 'planned 11'
  exits 0 run "$line" --backend reference --rule bounds --rule layout
  says 'PASSED  bounds' 'PASSED  layout' 'planned 2 = passed 2'
  exits 2 run "$line" --backend reference --rule bound && says bounds
}

audit_says_what_a_corpus_could_show() {
  printf '%s\n' "$line" 'conv3d.grad_weights f16 x=2x2x3x3x3 w=2x2x2x2x2 border=1 dilation=2 fill=wide' >some.cases
  exits 0 audit some.cases
  says 'VACUOUS  conv3d' 'sums of fewer bits' 'audited 2 cases, 1 vacuous'
  exits 1 audit some.cases --strict
  exits 2 audit none.cases
}

random_cases_are_drawn_again_from_the_seed_that_is_printed() {
  local code=0 drawn='suite --backend reference --rule value --verbose --jobs 1 --random 12'
  "$program" $drawn >first 2>&1 || code=$?
  [ "$code" = 0 ] || [ "$code" = 3 ] || fail "exit $code"
  local seed
  seed=$(sed -nE 's/^random cases of seed ([0-9]+):.*/\1/p' first)
  "$program" $drawn --seed "$seed" >output 2>&1 || true
  diff <(grep -E '^(passed|skipped|vacuous)' first) <(grep -E '^(passed|skipped|vacuous)' output) ||
    fail "other cases"
  [ "$(grep -cE '^(passed|skipped|vacuous)' output)" = 12 ] || fail "not 12 cases"
  [ ! -e convcheck_random.cases ] || fail "a file of failing cases where none failed"
}

a_file_that_cannot_be_appended_to_exits_2_before_the_run() {
  exits 2 suite "${on_reference[@]}" --random 5 --append no/such/folder/x.cases && says no/such/folder
  exits 2 suite --random 0
}

strict_makes_vacuous_fail() {
  echo 'conv3d.grad_weights f16 x=2x2x3x3x3 w=2x2x2x2x2 border=1 dilation=2 fill=wide' >some.cases
  printf '%s\n' "$line" >>some.cases
  exits 1 suite "${on_reference[@]}" --rule value --cases some.cases --strict
  says 'vacuous 1' 'which --strict does not allow'
}

run_refuses_a_bad_or_impossible_line_by_naming_it() {
  exits 2 run 'conv2d.forward f32 x=2x3x8x9' --backend reference
  exits 2 run 'conv2d.forward f32 x=2x3x8x9 w=4x3x9x3' --backend reference && says 9
  exits 2 run '' --backend reference
}

run_judges_composed_functions() {
  exits 0 run 'causal_conv1d.forward f32 x=2x3x9 w=4x3x3' --backend reference
  exits 0 run 'bilinear_upsampling.forward f32 x=1x2x4x5 ratio=2' --backend reference
  exits 0 run 'bilinear_upsampling.forward f32 x=1x2x4x5 ratio=3' --backend reference
}

impossible_lines_of_composed_functions_exit_2() {
  refused() { exits 2 run "$1" --backend reference && says "$2"; }
  refused 'separable_conv2d.forward f32 x=1x2x5x5 dw=4x1x9x9 pw=2x4x1x1' "depthwise stage's output extent[0] = -3"
  refused 'separable_conv2d.forward f32 x=1x2x5x5 dw=3x1x3x3 pw=2x3x1x1' dw
  refused 'separable_conv2d.forward f32 x=1x2x5x5 dw=4x1x3x3 pw=2x3x1x1' "pw's channels = 3"
  refused 'separable_conv2d.forward f32 x=1x2x5x5 dw=4x1x3x3 pw=2x4x1x1 layout=gaps' layout
  refused 'legacy_conv2d.forward f32 x=1x2x5x5 w=4x2x3x3 border=half' 'border = half'
  refused 'legacy_conv2d.forward f32 x=1x2x5x5 w=4x3x3x3' 'w[1] = 3'
  refused 'conv3d2d.forward f32 x=2x5x3x6x5 w=4x2x3x3x2 border=1' 'border = 1'
  refused 'conv3d2d.forward f32 x=2x5x2x6x5 w=3x9x2x3x3' 'output extent[0] = -3'
  refused 'bilinear_upsampling.forward f32 x=1x2x0x5 ratio=2' 'x extent[2] = 0'
  refused 'bilinear_upsampling.forward f32 x=1x2x4x5 ratio=3/2' use_1D_kernel
  refused 'bilinear_kernel_1D.forward f32 ratio=3/2' 'ratio = 3/2'
  refused 'bilinear_kernel_1D.forward f32 ratio=3,2' 'ratio = 2 ratios'
}

an_impossible_composed_line_of_a_file_is_named_with_its_number() {
  printf '%s\n' "$line" '# a remark' 'bilinear_upsampling.forward f32 x=1x2x0x5 ratio=2' >bad.cases
  exits 2 suite "${on_reference[@]}" --cases bad.cases && says 'bad.cases:3: x extent[2] = 0'
}

a_line_beyond_4096_characters_exits_2() {
  local long
  long=$(printf 'conv1d.forward f32 x=1x1x3 w=1x1x2 %65536s')
  exits 2 run "$long" --backend reference && says '65571 characters' 'at most 4096'
  echo "$long" >long.cases
  exits 2 suite "${on_reference[@]}" --cases long.cases --match '(a|.)*z' && says 'long.cases:1: line'
}

unknown_flags_exit_2_before_anything_is_done() {
  export CONVCHECK_FLAGS=no_such_flag=1
  exits 2 list && says no_such_flag optimizer_excluding threads
  if grep -q backends output; then fail "it listed"; fi
}

the_seed_changes_the_line_that_is_reported() {
  exits 0 suite "${on_reference[@]}" --match 'x=1x1x2 w=1x1x2 border=1 ' --seed 77 --verbose
  says seed=77
}

without_a_device_measuring_on_one_exits_3_and_says_so() {
  ! "$program" list | grep -q 'device_loops.*(cuda:' || return 0
  exits 3 tune --device cuda 'conv1d.forward f32 x=1x1x9 w=1x1x3' && says 'not run: no CUDA device'
  exits 2 tune --device vulkan 'conv1d.forward f32 x=1x1x9 w=1x1x3'
  exits 3 bench 'conv1d.forward f32 x=1x1x9 w=1x1x3' --device cuda --json bench.json && says 'not run: no CUDA device'
  grep -q '"results": \[\]' bench.json || fail "bench.json: $(cat bench.json)"
  exits 2 bench imagenet --device cuda --processor-time
}

a_known_failure_that_passes_fails_the_run_until_its_entry_is_removed() {
  local one='conv1d.forward f32 x=1x1x2 w=1x1x2'
  printf '%s\n' '# mine' "reference | * | * | value | x=1x1x2 | . | $one | planted" >list.txt
  echo "$one" >one.cases
  exits 1 suite "${on_reference[@]}" --cases one.cases --rule value --known-failures list.txt
  says 'passes, but is a known failure: remove list.txt:2' 'failed 1'
  exits 0 suite "${on_reference[@]}" --cases one.cases --rule value
  exits 0 suite "${on_reference[@]}" --cases one.cases --seed 2 --rule value --known-failures list.txt
  exits 0 suite "${on_reference[@]}" --cases one.cases --rule value --known-failures /dev/null
  echo "reference | * | * | value" >bad.txt
  exits 2 suite "${on_reference[@]}" --cases one.cases --known-failures bad.txt && says 'bad.txt:1: line'
  exits 2 suite "${on_reference[@]}" --cases one.cases --known-failures none.txt && says none.txt
}

list_shows_backends_corpora_grids_and_functions() {
  exits 0 list && says corrmm reference network_layers one-axis bilinear_upsampling 'tags: conv_gemm'
}

case "$(type -t "$claim")" in function) ;; *) echo "no such claim: $claim"; exit 2 ;; esac
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"$claim"
