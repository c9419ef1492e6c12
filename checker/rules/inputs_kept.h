// The rule `inputs_kept`: no byte of an input is written.
//
// The call is made while the inputs' memory, gaps between strides included, is read-only: every
// write is noted, also one that is undone before the call returns, and then happens. The inputs
// hold zeros of both signs, a subnormal number, an infinity and NaNs of several payloads between
// the case's own numbers; the failing verdict says whether the byte came back. The case's layout,
// and one with gaps where the backend takes it.
#pragma once

#include "checker/judged.h"

namespace convcheck {

const Rule& inputs_kept_rule();

}  // namespace convcheck
