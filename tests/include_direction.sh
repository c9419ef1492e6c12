#!/usr/bin/env bash
# include_direction.sh ROOT: every #include of ROOT's folders points where the house allows, and the check itself sees a
# planted violation of each kind.
#   reference -> reference, the standard library        checker -> checker, reference
#   fast -> fast, reference without its loops, checker/verify.h, checker/debug_mode.h, checker/parallel.h
#   checker/plugin.h, which is C: <stddef.h>, <stdint.h>     checker/cuda, fast/cuda, fast/cudnn: CUDA's headers, too
#   fixtures -> fixtures, reference, checker/bundle.h   (outside: HDF5, nlohmann-json)
set -euo pipefail
root=$1
std='[a-z_]+'  # <vector>; never a path, never a C header
posix='(dlfcn|fcntl|link|poll|pthread|sched|signal|unistd|sys/[a-z]+)\.h'
loops='reference/(oracle|loops|theano_conv)\.h'

# allowed FOLDER: a regular expression for what stands between the quotes or angle brackets, with them.
allowed() {
  case $1 in
    reference) echo "^(<$std>|\"reference/[^\"]+\")$" ;;
    checker) echo "^(<$std>|<$posix>|\"(checker|reference)/[^\"]+\")$" ;;
    fast) echo "^(<$std>|<cblas\.h>|<hwy/[a-z_]+\.h>|<oneapi/dnnl/dnnl\.hpp>|<dlfcn\.h>|\"fast/[^\"]+\"|\"reference/[^\"]+\"|\"checker/(verify|debug_mode|parallel)\.h\")$" ;;
    fixtures) echo "^(<$std>|<$posix>|<hdf5\.h>|<nlohmann/json\.hpp>|\"(fixtures|reference)/[^\"]+\"|\"checker/bundle\.h\")$" ;;
  esac
}

# violations ROOT: prints "file: include" for each that is not allowed.
violations() {
  local folder
  for folder in reference checker fast fixtures; do
    [ -d "$1/$folder" ] || continue
    find "$1/$folder" \( -name '*.h' -o -name '*.cpp' -o -name '*.cu' -o -name '*.cuh' \) -print | sort |
      while read -r file; do
        sed -nE 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*([<"][^>"]*[>"]).*/\1/p' "$file" | while read -r target; do
          [[ ${file#"$1"/} == checker/plugin.h && $target =~ ^\<std(def|int)\.h\>$ ]] && continue
          [[ ${file#"$1"/} =~ ^(checker|fast)/cu(da|dnn)/ && $target =~ ^\<cuda_runtime(_api)?\.h\>$ ]] && continue
          [[ ${file#"$1"/} == fast/cuda/* && $target =~ ^\<(mma|cuda_fp16|cuda_bf16|cuda_pipeline_primitives|cublas_v2)\.h\>$ ]] && continue
          [[ ${file#"$1"/} == fast/cudnn/* && $target == '<cudnn_graph.h>' ]] && continue
          if ! [[ $target =~ $(allowed "$folder") ]] || { [ "$folder" = fast ] && [[ $target =~ $loops ]]; }; then
            echo "${file#"$1"/}: $target"
          fi
        done
      done
  done
}

planted=$(mktemp -d)
trap 'rm -rf "$planted"' EXIT
mkdir -p "$planted"/{reference,checker/cuda,fast/cuda,fixtures}
plant() { echo "#include $2" >"$planted/$1"; }
plant reference/a.h '"fast/conv.h"'
plant reference/b.cpp '<hdf5.h>'
plant checker/a.cpp '"fast/conv.h"'
plant checker/b.cpp '<cblas.h>'
plant checker/c.h '<stdint.h>'
plant checker/plugin.h '<string.h>'
plant checker/a.cu '<cuda_runtime.h>'
plant checker/cuda/a.cu '<cudnn.h>'
plant checker/cuda/b.cu '"fast/conv.h"'
plant fast/a.cpp '"reference/oracle.h"'
plant fast/b.cpp '"checker/fill.h"'
plant fast/c.cpp '<cuda_runtime.h>'
plant fast/cuda/a.cuh '<cudnn_graph.h>'
plant fast/cuda/b.cu '"checker/device/device.h"'
plant fixtures/a.cpp '"fast/conv.h"'
plant fixtures/b.cpp '"checker/fill.h"'
seen=$(violations "$planted" | wc -l)
[ "$seen" = 16 ] || { echo "the check sees $seen of 16 planted violations"; exit 1; }

found=$(violations "$root")
[ -z "$found" ] || { echo "includes against the house's direction:"; echo "$found"; exit 1; }
[ "$(find "$root"/reference -name '*.h' | wc -l)" -gt 5 ] || { echo "no sources under $root"; exit 1; }
echo "include directions: all right"
