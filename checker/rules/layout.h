// The rule `layout`: every legal layout gives the right answer, or a refusal with a reason.
//
// The case's data in other layouts, in the words of checker/layout.h: channels last, the axes in
// the opposite order (also of the result alone), a part of a larger tensor, gaps, negative steps,
// meaningless strides of axes with one element, and a beginning at every multiple of the element's
// size within 64 bytes, different for the three operands (of problems of more than 2^20
// multiplications at two, which depend on the seed). The reason of a failure names the layout as
// the case line spells it. Skipped when every other layout is refused.
#pragma once

#include "checker/judged.h"

namespace convcheck {

const Rule& layout_rule();

}  // namespace convcheck
