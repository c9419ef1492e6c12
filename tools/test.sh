#!/usr/bin/env bash
# Installs what is missing, builds everything and runs every test, then the unit tests once more under
# AddressSanitizer and UndefinedBehaviorSanitizer. Arguments go to ctest, e.g. tools/test.sh -R shapes
set -euo pipefail
cd "$(dirname "$0")/.."

tools/build.sh
jobs=$(nproc)
ctest --test-dir build --output-on-failure --no-tests=error -j "$jobs" "$@"

cmake --preset sanitize --log-level=NOTICE
cmake --build --preset sanitize
ctest --preset sanitize --no-tests=error -j "$jobs" "$@"
