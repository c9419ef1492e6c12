#!/usr/bin/env bash
# embed.sh SOURCE BUILD: installs BUILD into a fresh prefix, then builds and runs the project in SOURCE/tests/embed against
# it with nothing but find_package, and once more with add_subdirectory.
set -euo pipefail
source=$1 build=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$build" --prefix "$work/prefix" >"$work/install.log"
cmake -S "$source/tests/embed" -B "$work/installed" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" --log-level=WARNING
cmake --build "$work/installed" >"$work/build.log" || { cat "$work/build.log"; exit 1; }
"$work/installed/embed"
