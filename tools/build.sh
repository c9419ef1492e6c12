#!/usr/bin/env bash
# build.sh [TARGET ...]: installs what is missing, configures build/ and builds the targets (all of them by default).
set -euo pipefail
cd "$(dirname "$0")/.."

tools/install_packages.sh
cmake -S . -B build -G Ninja -DCMAKE_BUILD_TYPE=Release -DCONVCHECK_WERROR=ON -DCONVCHECK_PCH=ON -DCONVCHECK_TOOLS=ON \
  -DCONVCHECK_TESTS=ON --log-level=NOTICE
cmake --build build --target "${@:-all}"
