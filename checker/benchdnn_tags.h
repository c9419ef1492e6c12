// benchdnn's memory tags: the axes of an operand from the slowest to the fastest in memory.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "checker/layout.h"

namespace convcheck::benchdnn {

enum class Kind {
  Activations,        // a batch, b channels, c ... spatial
  Filters,            // a out, b in, c ... spatial; with groups one letter further, behind a
  TransposedFilters,  // of a deconvolution: out and in change places in ours
};

struct Operand {
  Kind kind = Kind::Activations;
  std::size_t rank = 2;  // spatial axes
  bool groups = false;   // of filters: whether groups are an axis
};

// What a tag says of our operand: the order of its axes, or nothing when that is no order of ours.
// "any" and "undef" are row-major; "abx", "axb", "nhwc", "acdb", "gohwi" are spelled out.
std::optional<OperandLayout::Order> order_of(std::string_view tag, const Operand& operand);

// A tag for the operand in that order.
std::string tag_of(OperandLayout::Order order, const Operand& operand);

}  // namespace convcheck::benchdnn
