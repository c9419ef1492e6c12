#include "fast/shape_hint.h"

#include <string>

namespace convcheck {
namespace {

void check_groups(bool holds, std::int64_t num_groups, const std::string& expected) {
  if (!holds)
    throw ConvError(ErrorKind::Groups, "num_groups", std::to_string(num_groups), expected);
}

}  // namespace

std::int64_t all_channels(std::int64_t group_channels, std::int64_t num_groups) {
  check_groups(num_groups >= 1, num_groups, ">= 1");
  return element_count({group_channels, num_groups}, "channels");
}

std::int64_t group_channels(std::int64_t channels, std::int64_t num_groups) {
  check_groups(num_groups >= 1, num_groups, ">= 1");
  check_groups(channels % num_groups == 0, num_groups,
               "a divisor of the " + std::to_string(channels) + " input channels");
  return channels / num_groups;
}

void check_hint(const char* argument, const ShapeHint& hint, const Shape& shape, ErrorKind kind) {
  if (!hint.given()) return;
  check_axes(argument, hint.extents(), shape.size());
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (hint[i].value_or(shape[i]) == shape[i]) continue;
    throw ConvError(kind, std::string(argument) + "[" + std::to_string(i) + "]",
                    std::to_string(*hint[i]),
                    std::to_string(shape[i]) + ", as in " + to_string(shape));
  }
}

}  // namespace convcheck
