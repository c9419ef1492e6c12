#!/usr/bin/env bash
# embed.sh SOURCE BUILD: installs BUILD into a fresh prefix, then builds and runs the project in SOURCE/tests/embed against
# it with nothing but find_package, and once more with add_subdirectory. The installed program finds its own corpus.
set -euo pipefail
source=$1 build=$2
work=$(mktemp -d)
# With the settings and the relative paths of BUILD, ccache knows nearly all objects.
beside=$build-embed
trap 'rm -rf "$work" "$beside"' EXIT

# embeds FOLDER ARGUMENT...: the project configures with the arguments, builds in FOLDER and gives the right answer.
embeds() {
  local folder=$1
  shift
  cmake -S "$source/tests/embed" -B "$folder" -G Ninja -DCMAKE_BUILD_TYPE=Release --log-level=WARNING "$@"
  cmake --build "$folder" --target embed >"$work/build.log" || { cat "$work/build.log"; exit 1; }
  "$(find "$folder" -type f -name embed -perm -u+x)"
}

cmake --install "$build" --prefix "$work/prefix" >"$work/install.log"
embeds "$work/installed" -DCMAKE_PREFIX_PATH="$work/prefix"
# Threads of ours sleep in a library that convcheck is part of: it stays where it is closed.
cmake --build "$work/installed" --target embed_in_library >"$work/build.log" || { cat "$work/build.log"; exit 1; }
readelf -d "$work/installed/libembed_in_library.so" >"$work/dynamic"
grep -q NODELETE "$work/dynamic" || { cat "$work/dynamic"; exit 1; }
mapfile -t settings < <(sed -nE 's/^(CMAKE_BUILD_TYPE|CONVCHECK_(WERROR|PCH)):[A-Z]+=/-D\1=/p' "$build/CMakeCache.txt")
# Kernels take long to compile, and are no part of what is embedded.
embeds "$beside" -DCONVCHECK_SOURCE="$source" -DCONVCHECK_CUDA=OFF "${settings[@]}"

if [ -x "$work/prefix/bin/convcheck" ]; then
  "$work/prefix/bin/convcheck" list >"$work/list"
  grep -qF "$work/prefix/share/convcheck/corpus/network_layers.cases" "$work/list" || { cat "$work/list"; exit 1; }
fi

# A plugin needs one installed header.
cc -std=c11 -shared -fPIC -I"$work/prefix/include/convcheck" "$source/tools/examples/direct.c" -o "$work/libdirect.so"
