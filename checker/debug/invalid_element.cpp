// NaN and infinities in the operands of a call.
#include <cmath>
#include <limits>
#include <utility>

#include "checker/debug/examine.h"
#include "checker/rules/possible.h"

namespace convcheck::debug {
namespace {

std::optional<InvalidElement> look(const char* name, const TensorView& view, bool is_result) {
  const Possible finite{std::numeric_limits<double>::infinity(), false};
  if (view.empty()) return std::nullopt;
  const std::optional<Index> at = impossible_element(view, finite);
  if (!at) return std::nullopt;
  std::string reason = std::string(is_result ? "the result " : "the input ") + name + "[";
  for (std::size_t axis = 0; axis < at->size(); ++axis) {
    reason += (axis == 0 ? "" : ",") + std::to_string((*at)[axis]);
  }
  reason += std::string("] is ") + (std::isnan(view.at(*at)) ? "NaN" : "infinite");
  return InvalidElement{reason, *at, is_result};
}

}  // namespace

std::optional<InvalidElement> invalid_element(const ConvProblem& problem,
                                              const Operands& operands) {
  const TensorView* const result = &operands.result(problem.direction);
  for (const bool is_result : {false, true}) {
    for (const auto& [name, view] :
         {std::pair("x", &operands.x), std::pair("w", &operands.w), std::pair("y", &operands.y)}) {
      if ((view == result) != is_result) continue;
      if (auto found = look(name, *view, is_result)) return found;
    }
  }
  return std::nullopt;
}

}  // namespace convcheck::debug
