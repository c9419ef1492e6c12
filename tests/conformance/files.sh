# Claims about the files that the program writes and reads; sourced by program.sh.
# shellcheck shell=bash disable=SC2154

a_report_that_cannot_be_written_exits_4() {
  local code=0
  "$program" list >/dev/full 2>output || code=$?
  [ "$code" = 4 ] || fail "full: exit $code"
  code=0
  "$program" run "$line" --backend reference >&- 2>output || code=$?
  [ "$code" = 4 ] || fail "closed: exit $code"
  says 'standard output is closed'
}

json_goes_into_pipes_and_through_links() {
  local one=(suite "${on_reference[@]}" --match 'x=1x1x2 w=1x1x2 border=1 ')
  ln -s real.json link.json
  exits 0 "${one[@]}" --json link.json
  [ -L link.json ] && [ ! -L real.json ] || fail "the link was replaced"
  grep -q '"exit": 0' real.json || fail "no report behind the link"
  mkfifo pipe
  grep -c '"exit": 0' pipe >seen &
  exits 0 "${one[@]}" --json pipe
  wait $!
  [ -p pipe ] && [ "$(cat seen)" = 1 ] || fail "the pipe was replaced"
  exits 4 "${one[@]}" --json /dev/full
  [ -c /dev/full ] || fail "/dev/full was replaced"
}

json_on_standard_output_does_not_overwrite_the_report() {
  exits 0 suite "${on_reference[@]}" --match 'x=1x1x2 w=1x1x2 border=1 ' --json /dev/stdout
  says 'cheapest first' '"exit": 0' 'exit 0'
}

benchdnn_is_read_and_written_and_what_it_has_beyond_ours_is_told() {
  printf '%s\n' '# a batch' '--dir=BWD_D --dt=f32,s8:s8:s32 --alg=WINO --batch=shapes' >my.batch
  echo 'ic3ih8oc4kh3ph1n"net:a" ic3iw5oc2kw3' >shapes
  exits 0 convert my.batch
  says 'conv2d.grad_inputs f32 x=2x3x8x8 w=4x3x3x3 border=1 noflip name=net:a' \
    'my.batch: not modelled: --alg: 1' 'my.batch: left out: types s8:s8:s32, which are not all ours: 2'
  "$program" convert my.batch --to benchdnn >again.batch 2>/dev/null
  grep -qF -- '--conv --dir=BWD_D ' again.batch || fail "no line of benchdnn"
  diff <("$program" convert my.batch 2>/dev/null) <("$program" convert - <again.batch) || fail "it does not read back"
  exits 0 suite "${on_reference[@]}" --rule value --cases my.batch && says 'not modelled: --alg: 1' 'planned 2 '
  exits 0 run ' --conv --dir=BWD_W ic3ih5oc4kh3' --backend reference --rule value && says 'conv2d.grad_weights f32'
}

convert_refuses_what_it_cannot_read_by_naming_it() {
  echo 'ic3ih8oc4' >bad.batch
  exits 2 convert bad.batch && says 'bad.batch:1: kh = missing'
  echo '--batch=self.batch' >self.batch
  exits 2 convert self.batch && says 'self.batch:1: --batch = ' 'does not include itself'
  exits 2 convert none.batch && says none.batch
  printf 'ic3ih8oc4kh3\0\n' >zero.batch
  exits 2 convert zero.batch && says 'zero.batch: expected text, which has no byte 0'
  { printf -- '--x'; head -c 1000000 /dev/zero | tr '\0' y; echo; } >long.batch
  exits 2 convert long.batch && says 'long.batch:1: option' && [ "$(wc -c <output)" -lt 1000 ] || fail "a long message"
  echo "$line" >flipped.cases
  exits 2 convert flipped.cases --to benchdnn && says 'no line of benchdnn: filters are flipped'
  exits 2 run ' --dir=BWD_D,BWD_W ic3ih5oc4kh3' && says 'expected one case, not 2'
}
