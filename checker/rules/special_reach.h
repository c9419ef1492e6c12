// Where one element of an operand may show in the result of a backend that multiplies padding, or
// works by planes.
#pragma once

#include <optional>

#include "checker/fill.h"
#include "checker/layout.h"
#include "reference/problem.h"

namespace convcheck {

// The one element that a special fill has.
struct HotElement {
  OperandName operand = OperandName::X;
  Index at;
  double value = 0;
};

// Nothing when the fill found no place that is used.
std::optional<HotElement> hot_element(const ConvProblem& problem, const Data& data);

// True when, with padding multiplied, the sum for `at` has a product of padding and the hot
// element.
bool meets_padding(const ConvProblem& problem, const HotElement& hot, const Index& at);

// True when there may be such an element in the result: one at its border is asked.
bool may_meet_padding(const ConvProblem& problem, const HotElement& hot);

// True when the planes (spatial axes of one image and channel, image and filter, or channel and
// filter) of `at` and of the hot element belong together.
bool shares_plane(const ConvProblem& problem, const HotElement& hot, const Index& at);

// True when a result that is not finite is one that the backend's claims allow at `at`: NaN where
// it multiplies padding by the hot element; anything where a transform has both in one plane.
bool claims_allow(const ConvProblem& problem, const HotElement& hot, const CallTypes& claims,
                  const Index& at, double got);

}  // namespace convcheck
