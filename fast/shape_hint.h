// Shapes that a caller declares: hints that are checked, never trusted.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

#include "reference/dims.h"
#include "reference/error.h"
#include "reference/shapes.h"

namespace convcheck {

// A declared shape: x.shape(), {2, 3, 8, 9}, or {std::nullopt, 3, 8, 9} where an extent is left
// open. Empty: not given.
class ShapeHint {
 public:
  ShapeHint() = default;
  ShapeHint(const Shape& shape) : extents_(shape.begin(), shape.end()) {}  // NOLINT
  ShapeHint(OptionalShape extents) : extents_(std::move(extents)) {}       // NOLINT
  ShapeHint(std::initializer_list<std::optional<std::int64_t>> extents) : extents_(extents) {}

  bool given() const { return !extents_.empty(); }
  std::size_t size() const { return extents_.size(); }
  const std::optional<std::int64_t>& operator[](std::size_t axis) const { return extents_[axis]; }
  const OptionalShape& extents() const { return extents_; }

  friend bool operator==(const ShapeHint&, const ShapeHint&) = default;

 private:
  OptionalShape extents_;
};

// Throws ConvError{Rank} that names `argument` unless the shape has so many axes.
template <class AnyShape>
void check_axes(const char* argument, const AnyShape& shape, std::size_t expected) {
  if (shape.size() == expected) return;
  throw ConvError(ErrorKind::Rank, argument, to_string(shape), std::to_string(expected) + " axes");
}

// Nothing when `hint` is not given or agrees with `shape`. Otherwise throws ConvError{Rank} for
// another number of extents, or {kind}, naming `argument` and the entry.
void check_hint(const char* argument, const ShapeHint& hint, const Shape& shape, ErrorKind kind);

// The input's channels, from those of one group, and back. Throw ConvError{Groups} unless
// num_groups >= 1 (and divides the channels), {Overflow} when they do not fit in 63 bits.
std::int64_t all_channels(std::int64_t group_channels, std::int64_t num_groups);
std::int64_t group_channels(std::int64_t channels, std::int64_t num_groups);

}  // namespace convcheck
