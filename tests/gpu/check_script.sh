#!/usr/bin/env bash
# check_script.sh SOURCE GPU_PROBE: tools/gpu_check.sh says where there is no device and exits 77; refuses what it does not
# know; and with programs that stand in for a device's it writes one JSON document and one table of what they said.
set -euo pipefail
source=$1 probe=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "$*"; cat "$work/output"; exit 1; }
# exits CODE ARGUMENT...
exits() {
  local expected=$1 code=0
  shift
  "$source/tools/gpu_check.sh" "$@" >"$work/output" 2>&1 || code=$?
  [ "$code" = "$expected" ] || fail "gpu_check.sh $*: exit $code, expected $expected"
}
says() { grep -qF -- "$1" "${2:-$work/output}" || { [ $# -lt 2 ] || cat "$2"; fail "it lacks: $1"; }; }

exits 2 --frobnicate
says 'gpu_check.sh [PART ...]'
exits 2 --limit soon
says '--limit soon: expected seconds'
exits 2 --build "$work/none"
says 'expected a folder with gpu_probe in it'

mkdir "$work/real"
ln -s "$probe" "$work/real/gpu_probe"
code=0
"$probe" device >"$work/output" || code=$?
if [ $code = 77 ]; then
  exits 77 --build "$work/real" --out "$work/unused"
  says 'gpu_check: no CUDA device'
  [ ! -e "$work/unused" ] || fail "it made a folder for results that there are not"
fi

# Stand-ins, which say what the programs say.
mkdir "$work/fake"
cat >"$work/fake/gpu_probe" <<'END'
#!/usr/bin/env bash
case $1 in
  device) echo "cuda:0 Stand-in \"1\"" ;;
  version) echo "CUDA 13.0" ;;
  rules) echo "passed 5 failed 0"; [ "$2" = device_loops ] ;;
  bench)
    echo '{"case": "conv2d.forward f32 x=1", "backend": "gpu_direct", "milliseconds": 2.00000, "teraflops": 3.000, "check": "right"}'
    echo '{"case": "conv2d.forward f32 x=1", "backend": "dnn_conv", "milliseconds": 1.00000, "teraflops": 6.000, "check": "right"}'
    echo '{"case": "conv2d.forward f16 x=1", "backend": "gpu_direct", "milliseconds": 0.00000, "teraflops": 0.000, "check": "refused: f16"}' ;;
esac
END
printf '#!/bin/sh\nexit 1\n' >"$work/fake/gpu_planted_test"
cp "$work/fake/gpu_planted_test" "$work/fake/gpu_right_test"
sed -i 's/exit 1/exit 0/' "$work/fake/gpu_right_test"
chmod +x "$work"/fake/*

exits 0 --suite --bench --build "$work/fake" --out "$work/results"
says 'rules: passed'
says '| conv2d.forward f32 x=1 | gpu_direct | 2.0000 | 3.00 | 0.50 | right |' "$work/results/gpu_check.md"
says '| conv2d.forward f16 x=1 | gpu_direct |  |  |  | refused: f16 |' "$work/results/gpu_check.md"
says '"device": "cuda:0 Stand-in \"1\"",' "$work/results/gpu_check.json"
if command -v python3 >/dev/null; then
  python3 - "$work/results/gpu_check.json" <<'END' >"$work/output" || fail "the JSON is not what was said"
import json, sys
said = json.load(open(sys.argv[1]))
assert [part["state"] for part in said["parts"]] == ["passed", "passed"], said
assert [row["milliseconds"] for row in said["bench"]] == [2, 1, 0], said
assert said["cuda"] == "CUDA 13.0" and said["date"].endswith("Z"), said
END
fi

# With the programs that measure: their figures stand beside what is wanted.
cp -r "$work/fake" "$work/whole"
cat >"$work/whole/convcheck" <<'END'
#!/usr/bin/env bash
case "$*" in
  'bench --help') echo '  --device TEXT' ;;
  tune*) [[ $CONVCHECK_FLAGS = *algo_fwd=time_once* ]] && echo "kept" ;;
  bench*)
    [ "$2" = imagenet ] && mean=0.610 || mean=0.390
    [ "$3" = --direction ] || exit 2
    echo 'conv2d.forward f32 x=1x64x224x224 w=64x64x3x3 border=1 noflip name=vgg'
    echo '  dnn              peer          1.0000 ms   7000.0 GFLOP/s  error 0.12          1.00 of the best peer'
    echo '                   the best of 4 plans: dnn_conv by engine 14'
    echo '  dnn+tf32         beyond        0.2500 ms  28000.0 GFLOP/s  error 31            4.00 of the best peer'
    echo '                   the best of 8 plans: dnn_conv by engine 5'
    echo '  copy             peer          0.1000 ms                                       1.00 of the best peer'
    echo '  gpu_direct       ours          2.0000 ms   3500.0 GFLOP/s  error 1.5 WRONG     0.50 of the best peer'
    echo '  gpu_direct_tf32  shown     refused: type f16, needs f32'
    echo "$4: best of ours over best peer, geometric mean 0.99, least 0.97, 12 problems"
    echo "$4 automatic: best peer's time over its own, geometric mean 0.990, least 0.970, 12 problems"
    echo "$4 gpu_direct: best peer's time over its own, geometric mean $mean, least 0.200, 12 problems"
    [ "$7" = --json ] && echo "{\"results\": [\"$2 $4\"]}" >"$8" ;;
esac
END
cat >"$work/whole/bench_debugmode_gpu" <<'END'
#!/usr/bin/env bash
echo 'conv1           forward      call   0.5000 ms  floor  0.1000 ms  check  0.1700 ms =  1.70 floors'
echo "projection: 1.700 floors, 4.00 % of the calls' time, 60 layers and directions, 0 violations, 0 calls not checked"
echo "budget=5%: 5.50 % of the calls' time, 60 of 60 problems checked, 50 passes, 0 violations"
END
chmod +x "$work"/whole/*
exits 0 --bench --build "$work/whole" --out "$work/measured"
says 'bench_f16_grad_weights: passed'
table=$work/measured/gpu_check.md
says "| time_once, imagenet f32 forward: the least of cuDNN's best over its own | 0.97 | at least 0.95 | yes |" "$table"
says "| gpu_direct, imagenet f32 forward: cuDNN's best over its own, geometric mean | 0.61 | at least 0.5 | yes |" "$table"
says "| gpu_direct, imagenet f16 forward: cuDNN's best over its own, geometric mean | 0.39 | at least 0.4 | no |" "$table"
says '| DebugMode, ResNet-50 at batch 64, projection: floors | 1.7 | at most 1.6 | no |' "$table"
says "budget=5%: percent of the calls' time | 5.5 | at most 6 | yes |" "$table"
says 'name=vgg | gpu_direct | 2.0000 | 3.50 | 0.50 | error 1.5 of its bound, WRONG |' "$table"
says 'name=vgg | dnn | 1.0000 | 7.00 | 1.00 | error 0.12 of its bound |' "$table"
says 'name=vgg | dnn+tf32 | 0.2500 | 28.00 | 4.00 | error 31 of dnn'"'"'s bound |' "$table"
says 'name=vgg | copy | 0.1000 |  | 1.00 |  |' "$table"
says 'name=vgg | gpu_direct_tf32 |  |  |  | refused: type f16, needs f32 |' "$table"
[ "$(grep -c time_once "$table")" = 3 ] || fail "time_once is asked of f32 alone"
if command -v python3 >/dev/null; then
  python3 - "$work/measured/gpu_check.json" <<'END' >"$work/output" || fail "the JSON is not what was measured"
import json, sys
said = json.load(open(sys.argv[1]))
assert [figure["met"] for figure in said["figures"]] == 3 * [True, True, False] + [False, True], said
assert said["figures"][9]["value"] == 1.7 and said["bench_f16_grad_inputs"]["results"] == ["f16 grad_inputs"], said
runs = ["bench_" + kind + "_" + to for to in ("forward", "grad_inputs", "grad_weights") for kind in ("imagenet", "f16")]
assert [part["part"] for part in said["parts"]] == ["tune", *runs, "debugmode"], said
END
fi

exits 1 --tests --build "$work/fake" --out "$work/failing"
says 'gpu_planted_test: failed (exit 1)'
says 'gpu_right_test: passed'
says '| gpu_planted_test | failed (exit 1) |' "$work/failing/gpu_check.md"
echo "gpu_check.sh: all right"
