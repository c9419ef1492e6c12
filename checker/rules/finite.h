// The rule `finite`: the result is not finite exactly where the definition's is not.
//
// Four calls on the fill `special`: NaN, infinity and minus infinity each once, in one operand or
// the other by the seed's parity, where the result has the definition's special numbers and no
// others; and the smallest subnormal number among zeros, where the result is the definition's, so
// that flushing to zero fails. Of eight draws the first is taken in which the special
// element may meet padding. All elements are judged or a sample, and besides every (of many,
// some) element that is not finite.
//
// A backend that claims to multiply padding may also give NaN where a product with padding has the
// special element as its other factor. Padding is x outside the input; of an input gradient it is y
// outside the output or between strides. A declared transform may give anything not finite for
// every position of a pair of image and filter (of image and channel, of channel and filter) that
// the special element belongs to: its tile is at most the whole plane. It is not asked about
// subnormals, which are below its bound. The note counts the elements that needed this leave.
#pragma once

#include "checker/judged.h"

namespace convcheck {

const Rule& finite_rule();

}  // namespace convcheck
