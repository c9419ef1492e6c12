#!/usr/bin/env bash
# Installs what is missing, builds the program and runs the quick conformance suite (at most 60 seconds).
# Arguments go to `convcheck suite`, e.g. tools/conformance.sh --full
set -euo pipefail
cd "$(dirname "$0")/.."

tools/build.sh convcheck
[ $# -gt 0 ] || set -- --quick
exec build/convcheck suite "$@"
