#!/usr/bin/env bash
# plugins.sh SOURCE BUILD CLAIM: runs one claim about plugins, in a folder of its own from which the sources and the
# program are found as from the project's. Exits 77 where the compiler it needs is missing.
set -euo pipefail
source=$1 build=$2 claim=$3
plugins=$build/tests/plugins examples=$build/examples

fail () { echo "$*"; echo "--- output"; cat output; exit 1; }

# exits CODE ARGUMENT...: runs the program; its output, both streams, is in the file `output`.
exits () {
  local expected=$1 code=0
  shift
  "$build/convcheck" "$@" >output 2>&1 || code=$?
  [ "$code" = "$expected" ] || fail "convcheck $*: exit $code, expected $expected"
}

says () {
  local text
  for text in "$@"; do grep -qF -- "$text" output || fail "the output lacks: $text"; done
}

no_device () { "$build/convcheck" list | grep -q 'in device memory, by name only (no CUDA device'; }

# readme COMPILER: runs the one line of the README that calls it.
readme () {
  command -v "$1" >/dev/null || { echo "no $1 here"; exit 77; }
  local line
  line=$(awk -v compiler="$1" '$1 == compiler && / tools\/examples\//' "$source/README.md")
  [ "$(wc -l <<<"$line")" = 1 ] || { echo "not one line: $line"; exit 1; }
  echo "$line"
  bash -c "$line"
}

line='conv2d.forward f32 x=2x4x6x7 w=6x2x3x2 border=1,(0,2) dilation=1x2 groups=2'

the_header_is_clean_in_c11_and_in_cpp() {
  local compiler
  printf '%s\n' '#include "checker/plugin.h"' '#include "checker/plugin.h"' \
    'const ConvcheckPlugin *convcheck_plugin(void) { return 0; }' >one.c
  cp one.c one.cpp
  for compiler in cc gcc clang clang-14; do
    command -v "$compiler" >/dev/null || continue
    "$compiler" -std=c11 -Wpedantic -Wall -Wextra -Wstrict-prototypes -Wmissing-prototypes -Werror -I. -c one.c -o one.o
    for standard in c++11 c++20; do
      "$compiler" -x c++ -std=$standard -Wpedantic -Wall -Wextra -Werror -I. -c one.cpp -o one.o
    done
  done
  nm one.o | grep -q ' T convcheck_plugin$' || { echo "the symbol is not a C name"; exit 1; }
}

the_c_example_builds_as_the_readme_says_and_passes() {
  readme cc
  exits 0 suite --plugin ./libdirect.so --full --match 'x=2x4x6x7 ' --match 'x=3x2x7x5 w=5x2x3x2 border=1,2' --match 'x=2x2x4x5x4 '
  says 'failed 0' 'direct-c     grad_weights'
}

the_cpp_example_builds_as_the_readme_says_and_passes() {
  readme c++
  exits 0 suite --plugin ./libim2col.so --full --match 'forward.*x=2x4x6x7 ' --match 'forward.*x=3x2x7x5 w=5x2x3x2 border=1,2'
  says 'failed 0' 'unshared filters, does only shared ones'
  exits 3 run 'conv1d.grad_inputs f32 x=1x1x3 w=1x1x2' --plugin ./libim2col.so && says 'a gradient, does only forward'
}

the_cuda_example_builds_as_the_readme_says_and_wants_device_memory() {
  PATH=$PATH:/usr/local/cuda/bin
  readme nvcc
  if no_device; then
    exits 3 run "$line" --plugin ./libdirect_cuda.so
    says 'SKIPPED  value  direct-cuda' 'reason   no CUDA device' 'exit 3'
  else
    exits 0 run "$line" --plugin ./libdirect_cuda.so
    says 'PASSED  value  direct-cuda' 'failed 0'
  fi
}

the_cuda_examples_arithmetic_is_right() {
  PATH=$PATH:/usr/local/cuda/bin
  command -v nvcc >/dev/null || { echo "no nvcc here"; exit 77; }
  nvcc -O2 -shared -Xcompiler -fPIC -I. "$source/tests/plugins/cuda_on_host.cu" -o libcuda_on_host.so
  exits 0 suite --plugin ./libcuda_on_host.so --full --match 'forward.*x=2x4x6x7 ' --match 'forward.*x=3x2x7x5 w=5x2x3x2 border=1,2'
  says 'failed 0'
}

the_examples_are_built_with_the_project() {
  exits 0 run "$line" --plugin "$examples/libdirect.so"
  exits 0 run "$line" --plugin "$examples/libim2col.so"
  [ ! -e "$examples/libdirect_cuda.so" ] || ! no_device || exits 3 run "$line" --plugin "$examples/libdirect_cuda.so"
}

a_plugin_alone_is_judged_unless_backends_are_named_too() {
  exits 0 run "$line" --rule value --plugin "$examples/libdirect.so"
  says 'PASSED  value  direct-c' 'planned 1 '
  exits 0 run "$line" --rule value --plugin "$examples/libdirect.so" --plugin "$examples/libim2col.so" --backend reference
  says 'PASSED  value  direct-c' 'PASSED  value  im2col' 'PASSED  value  reference' 'planned 3 '
  exits 0 run "$line" --rule value --plugin "$examples/libdirect.so" --plugin "$examples/libdirect.so" && says 'planned 1 '
}

a_plugin_that_cannot_be_loaded_exits_2_and_says_why() {
  echo text >text.so
  refused () { exits 2 "${@:2}" && says "$1" && ! grep -q planned output; }
  for command in suite "run x" list; do
    # shellcheck disable=SC2086
    refused "plugin = '': expected the path" $command --plugin ''
  done
  refused 'none.so: expected a file' suite --plugin none.so
  refused 'text.so: expected a shared object that can be loaded' suite --plugin text.so
  refused 'it is a folder' suite --plugin .
  refused 'exports convcheck_plugin' suite --plugin "$plugins/no_symbol.so"
  refused 'returned NULL' suite --plugin "$plugins/returns_null.so"
  refused 'wrong_version.so: abi_version = 7: expected 1' suite --plugin "$plugins/wrong_version.so"
  refused 'null_run.so: run = NULL' suite --plugin "$plugins/null_run.so"
}

a_plugin_that_crashes_when_it_is_loaded_exits_2_and_is_named_with_the_signal() {
  for command in suite "run x" list; do
    # shellcheck disable=SC2086
    exits 2 $command --plugin "$plugins/crashing_constructor.so"
    says "$plugins/crashing_constructor.so" 'while it was loaded' 'killed by signal 6' 'printed: no licence server'
  done
  exits 2 list --plugin "$plugins/crashing_entry.so" && says crashing_entry.so 'killed by signal 11'
  exits 2 list --plugin "$plugins/returns_nowhere.so" && says returns_nowhere.so 'killed by signal 11'
  exits 2 list --plugin "$plugins/exiting_constructor.so" && says exiting_constructor.so 'exited with status 0'
  exits 2 list --plugin "$plugins/crashing_destructor.so"
  says crashing_destructor.so 'when the process with it was to end' 'killed by signal 6'
}

a_plugin_that_hangs_when_it_is_loaded_exits_2_after_the_limit() {
  exits 2 suite --plugin "$examples/libdirect.so" --plugin "$plugins/endless_constructor.so"
  says endless_constructor.so 'while it was loaded' 'did not come back within 10 s'
}

a_name_that_is_taken_exits_2() {
  exits 2 list --plugin "$plugins/taken_name.so" && says 'taken_name.so: name = reference'
  cp "$examples/libdirect.so" other.so
  exits 2 run "$line" --plugin "$examples/libdirect.so" --plugin ./other.so && says 'name = direct-c' libdirect.so
}

a_failure_names_the_plugin_to_repeat_it_with() {
  cp "$plugins/forgets_the_right_pad.so" "it's mine.so"
  exits 1 run "$line" --plugin "it's mine.so" --rule value
  says "--plugin 'it'\\''s mine.so'"
  local again
  again=$(sed -n 's/^  reproduce  convcheck //p' output)
  bash -c "'$build/convcheck' $again" >output && fail "it passes: $again"
  says 'FAILED  value  forgets_the_right_pad'
}

list_says_what_a_plugin_claims() {
  exits 0 list --plugin "$examples/libim2col.so"
  says im2col 'claims a classical sum, deterministic across threads, multiplies padding' 'f16 in f32'
}

case "$(type -t "$claim")" in function) ;; *) echo "no such claim: $claim"; exit 2 ;; esac
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
ln -s "$source/checker" "$source/tools" .
ln -s "$build" build
"$claim"
