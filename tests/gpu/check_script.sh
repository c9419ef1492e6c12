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

exits 1 --tests --build "$work/fake" --out "$work/failing"
says 'gpu_planted_test: failed (exit 1)'
says 'gpu_right_test: passed'
says '| gpu_planted_test | failed (exit 1) |' "$work/failing/gpu_check.md"
echo "gpu_check.sh: all right"
