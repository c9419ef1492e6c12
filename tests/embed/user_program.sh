#!/usr/bin/env bash
# user_program.sh SOURCE BUILD: installs BUILD into a fresh prefix and builds tools/examples/user_program against it, with
# find_package and with pkg-config. The program finds its own mistake, writes a bundle that `convcheck replay` reads, and
# links no BLAS, CUDA or HDF5.
set -euo pipefail
source=$1 build=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "$1"; exit 1; }

cmake --install "$build" --prefix "$work/prefix" >"$work/install.log"
program=$source/tools/examples/user_program
cmake -S "$program" -B "$work/build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$work/prefix" --log-level=WARNING
cmake --build "$work/build" >"$work/build.log" || { cat "$work/build.log"; exit 1; }

# What it says of a wrong kernel and of a right one.
status=0
"$work/build/user_program" wrong "$work/bundles" >"$work/told" 2>&1 || status=$?
[ "$status" = 1 ] || fail "the wrong kernel: exit $status"
grep -q '^BadKernelOutput  my_convolution  conv2d.forward f32 x=4x8x14x14 w=16x8x3x3 border=1 noflip' "$work/told" ||
  { cat "$work/told"; exit 1; }
"$work/build/user_program" fixed 2>"$work/report" || fail "the right kernel is flagged"
grep -q '^convcheck DebugMode: checked .* of 200 calls, 1 of 1 distinct problems' "$work/report" ||
  { cat "$work/report"; exit 1; }

# The bundle, and the shrunk one.
bundle=$(find "$work/bundles" -name 'BadKernelOutput-*')
if [ -x "$work/prefix/bin/convcheck" ]; then
  convcheck=$work/prefix/bin/convcheck
  status=0
  "$convcheck" replay "$bundle" >"$work/replayed" || status=$?
  [ "$status" = 1 ] && grep -q 'the last output column\|last' "$work/replayed" || { cat "$work/replayed"; exit 1; }
  "$convcheck" replay "$bundle" --backend automatic >/dev/null || fail "our own kernel is wrong on its operands"
  "$convcheck" shrink "$bundle" >"$work/shrunk" && fail "nothing was wrong"
  small=$(find "$work/bundles" -name '*-small*')
  [ "$(stat -c %s "$small")" -lt "$(stat -c %s "$bundle")" ] || fail "the shrunk bundle is no smaller"
fi

# The checker alone needs nothing else; neither does it through pkg-config.
unwanted='blas|cuda|hdf5|cudnn|dnnl|hwy'
ldd "$work/build/user_program" | grep -iE "$unwanted" && fail "the checker links more than itself"
if command -v pkg-config >/dev/null; then
  export PKG_CONFIG_PATH
  PKG_CONFIG_PATH=$(dirname "$(find "$work/prefix" -name convcheck.pc)")
  # shellcheck disable=SC2046
  c++ -std=c++20 "$program/main.cpp" $(pkg-config --cflags --libs convcheck) -o "$work/by_pkg_config"
  "$work/by_pkg_config" fixed 2>/dev/null || fail "built with pkg-config, it does not run"
  pkg-config --libs convcheck | grep -q nodelete || fail "pkg-config lets a library of ours be unloaded"
  ldd "$work/by_pkg_config" | grep -iE "$unwanted" && fail "pkg-config links more than the checker"
fi

# A whole program, without a change.
if [ -x "$work/build/whole_program" ]; then
  CONVCHECK_FLAGS=mode=DebugMode,DebugMode.budget=every=10 "$work/build/whole_program" >/dev/null 2>"$work/report"
  grep -q '^convcheck DebugMode: checked 20 of 200 calls, 2 of 2 distinct problems' "$work/report" ||
    { cat "$work/report"; exit 1; }
fi
echo "user_program: all right"
