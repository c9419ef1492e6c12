#!/usr/bin/env bash
# Installs the Debian packages that are missing; asks for sudo only when something is missing and the user is not root.
# A system without apt-get is left alone: CMake then names what it could not find.
set -euo pipefail

needed=(g++ cmake ninja-build ccache)                             # to build
needed+=(libopenblas-dev libhwy-dev libhdf5-dev)                  # backends corrmm and direct; fixtures
needed+=(libdnnl-dev ocl-icd-opencl-dev)                          # backend onednn, and what its package file asks for
needed+=(libcli11-dev libfmt-dev nlohmann-json3-dev libpugixml-dev libbenchmark-dev)  # the program
needed+=(libgtest-dev libgmock-dev librapidcheck-dev)             # the tests

if ! command -v apt-get >/dev/null; then
  echo "no apt-get here: install what CMake reports as missing by hand (${needed[*]})" >&2
  exit 0
fi

missing=()
for package in "${needed[@]}"; do
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

echo "installing: ${missing[*]}"
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
