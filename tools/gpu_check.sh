#!/usr/bin/env bash
# gpu_check.sh [PART ...] [OPTION ...]: judges and measures the CUDA and cuDNN backends on this machine's device, and writes
# gpu_check.json and gpu_check.md with device, driver, versions and date. Needs no network and no package.
#   --tests --suite --sanitizer --bench    these parts; without any all of them, in this order
#   --build FOLDER    the programs, as the target gpu_check_folder of the preset `gpu` puts them there (build-gpu/gpu_check
#                     is taken without being asked); otherwise they are built here, in build-gpu, as far as packages allow
#   --out FOLDER      where results and logs go: tools/gpu_results
#   --limit SECONDS   of all parts together (560), which share it: tests 1, suite 4, sanitizer 2, bench 3
#   --backend NAME    instead of gpu_corrmm, gpu_direct, gpu_direct_tf32 and dnn_conv; may be repeated
# What is measured, and what is wanted of it, is in the table of figures: automatic choice with time_once beside the fastest of
# cuDNN's plans, gpu_direct beside it, and DebugMode on ResNet-50's layers.
# Exit: 0 all right, 1 something failed or could not be run, 2 usage, 77 there is no CUDA device.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2

usage() { sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
no_device() { echo "gpu_check: $1"; exit 77; }

parts=() backends=() build='' out=tools/gpu_results limit=560
while [ $# -gt 0 ]; do
  case $1 in
    --tests | --suite | --sanitizer | --bench) parts+=("${1#--}") ;;
    --build | --out | --limit | --backend)
      [ $# -ge 2 ] || usage
      case $1 in --build) build=$2 ;; --out) out=$2 ;; --limit) limit=$2 ;; --backend) backends+=("$2") ;; esac
      shift ;;
    *) usage ;;
  esac
  shift
done
[[ $limit =~ ^[0-9]+$ ]] && [ "$limit" -ge 10 ] || { echo "gpu_check: --limit $limit: expected seconds, 10 or more" >&2; exit 2; }
[ ${#parts[@]} -gt 0 ] || parts=(tests suite sanitizer bench)
only=()  # of the programs that measure
for name in ${backends[@]+"${backends[@]}"}; do only+=(--backend "$name"); done
[ ${#backends[@]} -gt 0 ] || backends=(gpu_corrmm gpu_direct gpu_direct_tf32 dnn_conv)
[ -z "$build" ] || [ -x "$build/gpu_probe" ] || { echo "gpu_check: --build $build: expected a folder with gpu_probe in it" >&2; exit 2; }

# --- the programs -----------------------------------------------------------------------------------------------------
if [ -z "$build" ] && [ -x build-gpu/gpu_check/gpu_probe ]; then build='build-gpu/gpu_check'; fi
if [ -z "$build" ]; then  # before minutes of building
  nvidia-smi -L >/dev/null 2>&1 || [ -e /dev/nvidiactl ] || no_device "no CUDA device: nvidia-smi finds none, and there is no /dev/nvidiactl"
else
  device=$("$build/gpu_probe" device)
  case $? in
    0) ;;
    77) no_device "$device" ;;
    *) echo "gpu_check: $build/gpu_probe does not run here" >&2; exit 1 ;;
  esac
fi
mkdir -p "$out" || exit 2
out=$(cd "$out" && pwd)

build_here() {
  local generator=() architecture
  command -v ninja >/dev/null && generator=(-G Ninja)
  architecture=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | head -1 | tr -d '. ')
  export PATH=$PATH:/usr/local/cuda/bin
  cmake -S . -B build-gpu "${generator[@]}" -DCMAKE_BUILD_TYPE=Release -DCONVCHECK_SELF_CONTAINED=ON \
    -DCMAKE_CUDA_ARCHITECTURES="${architecture:-90}" --log-level=NOTICE >"$out/build.log" 2>&1 &&
    cmake --build build-gpu --target gpu_check_folder --parallel "$(nproc)" >>"$out/build.log" 2>&1
}
if [ -z "$build" ]; then
  start=$SECONDS
  build_here || { tail -20 "$out/build.log"; echo "gpu_check: the programs could not be built, see $out/build.log"; exit 1; }
  grep '^not built:' "$out/build.log"
  build='build-gpu/gpu_check'
  echo "built in $((SECONDS - start)) s"
  device=$("$build/gpu_probe" device)
  [ $? != 77 ] || no_device "$device"
fi
build=$(cd "$build" && pwd)
convcheck=$build/convcheck
[ -x "$convcheck" ] || { convcheck=; echo "not built: the program convcheck; gpu_probe's few cases stand in for the suite"; }

# --- cuBLAS and cuDNN: of the system, or of Python's wheels -------------------------------------------------------------
wheel_folders() {
  local site
  { python3 -c 'import sys; print("\n".join(sys.path))' 2>/dev/null
    ls -d /usr/lib/python3*/*-packages /usr/local/lib/python3*/*-packages /opt/*/lib/python3*/site-packages \
      /opt/*/.venv/lib/python3*/site-packages 2>/dev/null; } | sort -u | while read -r site; do
    ls -d "$site"/nvidia/{cudnn,cublas,cuda_nvrtc,cu13}/lib 2>/dev/null
  done
}
folders=$(wheel_folders | paste -sd:)
[ ! -d /usr/local/cuda/lib64 ] || folders=$folders:/usr/local/cuda/lib64
export LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$folders
first_library() {  # NAME: the file that will be loaded, or nothing
  local folder
  { tr ':' '\n' <<<"$LD_LIBRARY_PATH"; ldconfig -p 2>/dev/null | awk -v name="$1" '$1 ~ "^"name {print $NF}' | xargs -r -n1 dirname; } |
    while read -r folder; do
      [ -n "$folder" ] && ls "$folder/$1"* 2>/dev/null | head -1
    done | head -1
}

# --- what this machine is ---------------------------------------------------------------------------------------------
quoted() { printf '"%s"' "$(tr '\n\t' '  ' <<<"$1" | sed 's/ *$//; s/\\/\\\\/g; s/"/\\"/g')"; }
driver=$(nvidia-smi --query-gpu=driver_version --format=csv,noheader 2>/dev/null | head -1)
cuda=$("$build/gpu_probe" version 2>/dev/null)
cudnn=$(first_library libcudnn.so) cublas=$(first_library libcublas.so)
commit=$(git describe --always --dirty 2>/dev/null || cat "$build/commit" 2>/dev/null)
date=$(date -u +%Y-%m-%dT%H:%M:%SZ)
facts=(device "$device" driver "${driver:-unknown}" cuda "${cuda:-unknown}" cudnn "${cudnn:-not found}" cublas "${cublas:-not found}"
  processors "$(nproc)" commit "${commit:-unknown}" date "$date" backends "${backends[*]}")

# --- the parts --------------------------------------------------------------------------------------------------------
names=() states=() times=()
# run_part NAME SECONDS COMMAND...: its output goes to NAME.log.
run_part() {
  local name=$1 seconds=$2 start=$SECONDS code state
  shift 2
  [ "$seconds" -gt 0 ] || seconds=1
  timeout --kill-after=10 "$seconds" "$@" >"$out/$name.log" 2>&1
  code=$?
  case $code in
    0) state=passed ;;
    3) state='nothing was judged' ;;
    77) state='skipped: no CUDA device' ;;
    124 | 137) state="not finished within $seconds s" ;;
    *) state="failed (exit $code)" ;;
  esac
  names+=("$name") states+=("$state") times+=("$((SECONDS - start))")
  echo "$name: $state, $((SECONDS - start)) s"
  [ $code = 0 ] || tail -5 "$out/$name.log" | sed 's/^/  /'
}
not_run() { names+=("$1") states+=("not run: $2") times+=(0); echo "$1: not run: $2"; }

part_tests() {
  local test found=
  for test in "$build"/gpu_*_test; do
    [ -x "$test" ] || continue
    found=1
    run_part "$(basename "$test")" "$1" "$test"
  done
  [ -n "$found" ] || not_run tests "GoogleTest was not found when the programs were built"
}

part_suite() {
  local arguments=() backend
  if [ -z "$convcheck" ]; then
    run_part rules "$1" "$build/gpu_probe" rules device_loops "${backends[@]}"
    return
  fi
  for backend in "${backends[@]}"; do arguments+=(--backend "$backend"); done
  # The definition's loops on the device first: what they fail is the checker's, not a backend's.
  run_part suite_device_loops "$(($1 / 4))" "$convcheck" suite --full --backend device_loops \
    --time-limit "$(($1 / 6))" --unit-memory 16384
  run_part suite "$(($1 * 3 / 4))" "$convcheck" suite --full "${arguments[@]}" --time-limit "$(($1 * 6 / 10))" \
    --unit-memory 16384 --json "$out/suite.json"
}

part_sanitizer() {
  local sanitizer tool
  sanitizer=$(PATH=$PATH:/usr/local/cuda/bin:/usr/local/cuda/compute-sanitizer command -v compute-sanitizer) ||
    { not_run sanitizer "there is no compute-sanitizer"; return; }
  for tool in memcheck racecheck initcheck; do
    run_part "sanitizer_$tool" "$(($1 / 3))" "$sanitizer" --tool "$tool" --error-exitcode 9 "$build/gpu_probe" rules \
      device_loops "${backends[@]}"
  done
}

# Where the program was built with it; gpu_probe's few layers stand in elsewhere.
measures_on_device() { [ -n "$convcheck" ] && "$convcheck" bench --help 2>/dev/null | grep -q -- --device; }
# One by one: what takes too long keeps no figure but its own.
runs=()
for direction in forward grad_inputs grad_weights; do runs+=("imagenet_$direction" "f16_$direction"); done
part_bench() {
  local run timed='dnn.conv.algo_fwd=time_once,dnn.conv.algo_bwd_data=time_once,dnn.conv.algo_bwd_filter=time_once'
  if ! measures_on_device; then
    run_part bench "$1" "$build/gpu_probe" bench "${backends[@]}"
    return
  fi
  # What was found out on this machine before does not count.
  local with=(env "CONVCHECK_FLAGS=$timed" "XDG_CACHE_HOME=$out/cache")
  rm -rf "$out/cache"
  run_part tune "$(($1 / 10))" "${with[@]}" "$convcheck" tune --device cuda \
    'conv2d.forward f32 x=8x64x56x56 w=64x64x3x3 border=1 noflip'
  for run in "${runs[@]}"; do
    run_part "bench_$run" "$(($1 / 10))" "${with[@]}" "$convcheck" bench "${run%%_*}" --direction "${run#*_}" --device cuda \
      --json "$out/bench_$run.json" ${only[@]+"${only[@]}"}
  done
  if [ -x "$build/bench_debugmode_gpu" ]; then
    run_part debugmode "$(($1 * 3 / 10))" "${with[@]}" "$build/bench_debugmode_gpu"
  else
    not_run debugmode 'bench_debugmode_gpu was not built'
  fi
}

share_of() { case $1 in tests) echo 1 ;; suite) echo 4 ;; sanitizer) echo 2 ;; bench) echo 3 ;; esac; }
shares=0
for part in "${parts[@]}"; do shares=$((shares + $(share_of "$part"))); done
for part in "${parts[@]}"; do "part_$part" $((limit * $(share_of "$part") / shares)); done

# --- what was found ---------------------------------------------------------------------------------------------------
ran() { [[ " ${names[*]} " = *" $1 "* ]]; }
rows() { ! ran bench || grep '^{"case"' "$out/bench.log"; }
# NAME<tab>VALUE<tab>WANTED<tab>true or false: the figures that were measured.
figures() {
  local run type wanted
  for run in "${runs[@]}"; do
    ran "bench_$run" || continue
    if [[ $run = f16_* ]]; then type=f16 wanted=0.4; else type=f32 wanted=0.5; fi
    awk -v type=$type -v wanted=$wanted '
      function say(name, value, wanted) {
        printf("%s\t%s\tat least %s\t%s\n", name, value, wanted, value >= wanted + 0 ? "true" : "false")
      }
      / best peer.s time over its own, geometric mean / {
        for (i = 1; i < NF; ++i) { if ($i == "mean") mean = $(i + 1) + 0; if ($i == "least") least = $(i + 1) + 0 }
        if ($2 == "automatic:" && type == "f32") say("time_once, imagenet f32 " $1 ": the least of cuDNN\x27s best over its own", least, 0.95)
        if ($2 == "gpu_direct:") say("gpu_direct, imagenet " type " " $1 ": cuDNN\x27s best over its own, geometric mean", mean, wanted)
      }' "$out/bench_$run.log"
  done
  ran debugmode && awk '
    function say(name, value, wanted) {
      printf("%s\t%s\tat most %s\t%s\n", name, value, wanted, value <= wanted ? "true" : "false")
    }
    /^projection: / { say("DebugMode, ResNet-50 at batch 64, projection: floors", $2 + 0, 1.6) }
    /^budget=5%: / { say("DebugMode, ResNet-50 at batch 64, budget=5%: percent of the calls\x27 time", $2 + 0, 6) }' "$out/debugmode.log"
  return 0
}
# The rows of convcheck bench.
bench_table() {
  awk '
    /^conv/ { line = $0; next }
    /^  [a-z]/ && $3 == "refused:" {
      reason = $0; sub(/.* refused: /, "", reason); printf("| %s | %s |  |  |  | refused: %s |\n", line, $1, reason); next
    }
    /^  [a-z]/ && $4 == "ms" {
      error = ratio = speed = ""
      for (i = 5; i < NF; ++i) {
        if ($i == "error") error = "error " $(i + 1) " of " ($2 == "beyond" ? "dnn\x27s" : "its") " bound"
        if ($i == "of" && $(i + 1) == "the") ratio = $(i - 1)
        if ($(i + 1) == "GFLOP/s") speed = sprintf("%.2f", $i / 1000)
      }
      printf("| %s | %s | %s | %s | %s | %s%s |\n", line, $1, $3, speed, ratio, error, / WRONG/ ? ", WRONG" : "")
    }' "$1"
}
{
  echo '{'
  for ((i = 0; i < ${#facts[@]}; i += 2)); do echo "  $(quoted "${facts[i]}"): $(quoted "${facts[i + 1]}"),"; done
  echo '  "parts": ['
  for i in "${!names[@]}"; do
    [ "$i" = 0 ] || echo ','
    printf '    {"part": %s, "state": %s, "seconds": %d}' "$(quoted "${names[i]}")" "$(quoted "${states[i]}")" "${times[i]}"
  done
  printf '\n  ],\n  "figures": [\n'
  figures | awk -F'\t' '{ printf("%s    {\"figure\": \"%s\", \"value\": %s, \"wanted\": \"%s\", \"met\": %s}", NR > 1 ? ",\n" : "", $1, $2, $3, $4) }
    END { if (NR > 0) print "" }'
  printf '  ],\n'
  for run in "${runs[@]}"; do
    if ran "bench_$run" && [ -s "$out/bench_$run.json" ]; then echo "  \"bench_$run\": $(cat "$out/bench_$run.json"),"; fi
  done
  printf '  "bench": [\n'
  rows | sed 's/^/    /; $!s/$/,/'
  printf '  ]\n}\n'
} >"$out/gpu_check.json"
{
  printf '# convcheck on %s\n\n| | |\n|---|---|\n' "$device"
  for ((i = 0; i < ${#facts[@]}; i += 2)); do echo "| ${facts[i]} | ${facts[i + 1]} |"; done
  printf '\n| part | state | seconds |\n|---|---|---|\n'
  for i in "${!names[@]}"; do echo "| ${names[i]} | ${states[i]} | ${times[i]} |"; done
  if [ -e "$out/suite.log" ] && [[ " ${parts[*]} " = *" suite "* ]]; then
    printf '\nThe suite:\n\n```\n'
    sed -n '/^backend  *direction/,$p' "$out/suite.log"
    printf '```\n'
  fi
  if [ -n "$(figures)" ]; then
    printf '\n| figure | value | wanted | met |\n|---|---|---|---|\n'
    figures | awk -F'\t' '{ printf("| %s | %s | %s | %s |\n", $1, $2, $3, $4 == "true" ? "yes" : "no") }'
  fi
  for run in "${runs[@]}"; do
    ran "bench_$run" || continue
    printf '\n%s: medians; a ratio above 1 is faster than dnn, the fastest of the plans of cuDNN that hold its claims. ' "${run/_/, }"
    printf 'What is named dnn+tf32, say, is the fastest of those that break this claim, and is in no figure.\n\n'
    printf '| case | backend | ms | TFLOP/s | ratio | check |\n|---|---|---|---|---|---|\n'
    bench_table "$out/bench_$run.log"
  done
  if [ -n "$(rows)" ]; then
    printf '\nMedians; a ratio above 1 is faster than dnn_conv.\n\n| case | backend | ms | TFLOP/s | ratio | check |\n|---|---|---|---|---|---|\n'
    rows | sed 's/\\"/\x27/g' | awk -F'"' '{
      split($11, t, /[:,]/); split($13, f, /[:,]/)
      key[NR] = $4; name[NR] = $8; ms[NR] = t[2] + 0; tf[NR] = f[2] + 0; said[NR] = $16
      if ($8 == "dnn_conv") best[$4] = t[2] + 0
    } END {
      for (i = 1; i <= NR; ++i) {
        time = speed = ratio = ""
        if (ms[i] > 0) { time = sprintf("%.4f", ms[i]); speed = sprintf("%.2f", tf[i]) }
        if (ms[i] > 0 && best[key[i]] > 0) ratio = sprintf("%.2f", best[key[i]] / ms[i])
        printf("| %s | %s | %s | %s | %s | %s |\n", key[i], name[i], time, speed, ratio, said[i])
      }
    }'
  fi
} >"$out/gpu_check.md"
echo "results: $out/gpu_check.json, $out/gpu_check.md"
for state in "${states[@]}"; do [ "$state" = passed ] || exit 1; done
