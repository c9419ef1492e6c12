#!/usr/bin/env bash
# missing_parts.sh SOURCE: a machine without HDF5, GoogleTest and nvcc configures, is told once of each missing part, and the
# program knows of them.
set -euo pipefail
source=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake -S "$source" -B "$work/build" -G Ninja --log-level=NOTICE -DCMAKE_DISABLE_FIND_PACKAGE_HDF5=ON \
  -DCMAKE_DISABLE_FIND_PACKAGE_GTest=ON -DCONVCHECK_NVCC= >"$work/output" 2>&1 || { cat "$work/output"; exit 1; }

# oneDNN that was built with OpenCL, on a machine without it.
config=$(find /usr/lib /usr/local/lib -name dnnl-config.cmake 2>/dev/null | head -1)
if [ -n "$config" ] && grep -q 'DNNL_GPU_RUNTIME "OCL")' "$config"; then
  cmake -S "$source" -B "$work/without_opencl" -G Ninja --log-level=NOTICE -DCMAKE_DISABLE_FIND_PACKAGE_OpenCL=ON \
    -DCONVCHECK_NVCC= >"$work/opencl" 2>&1 || { cat "$work/opencl"; exit 1; }
  grep -qF 'not built: backend onednn: OpenCL, with which oneDNN was built, was not found' "$work/opencl" ||
    { echo "OpenCL is not named"; cat "$work/opencl"; exit 1; }
fi

once() {
  [ "$(grep -cF -- "$1" "$2")" = 1 ] || { echo "not once: $1"; cat "$2"; exit 1; }
}
once 'not built: fixtures: HDF5 was not found (from Debian package libhdf5-dev)' "$work/output"
once 'not built: tests: GoogleTest was not found (from Debian packages libgtest-dev libgmock-dev)' "$work/output"
once "not built: the example direct_cuda.cu: nvcc was not found (from NVIDIA's CUDA toolkit)" "$work/output"
program_knows=$work/build/not_built_parts.cpp
[ -e "$program_knows" ] || { echo "the program was not configured"; exit 0; }
once '{"fixtures", "HDF5 was not found", "Debian package libhdf5-dev"}' "$program_knows"
once '{"tests", "GoogleTest was not found", "Debian packages libgtest-dev libgmock-dev"}' "$program_knows"
