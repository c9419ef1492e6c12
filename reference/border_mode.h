// Border modes: every spelling of the documentation, and their lowering to pads.
//
//   valid          no padding
//   half           dilated filter / 2 on both sides (an even filter gives one output more than inputs)
//   full           dilated filter - 1 on both sides
//   2              2 on both sides of every axis
//   {1, 2}         1 on both sides of rows, 2 of columns; 3-D takes three entries, 1-D one
//   {1, {0, 2}}    rows 1 and 1; columns 0 before (left) and 2 after (right)
//   {{1, 0}, {0, 2}}
//
// As text, in case lines: valid, half, full, 2, "1,2", "1,(0,2)", "(1,0),(0,2)".
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reference/dims.h"

namespace convcheck {

// The border of one axis: a word, or the number of zeros before and after.
struct AxisBorder {
  enum class Kind { Valid, Half, Full, Pad };

  Kind kind = Kind::Valid;
  std::int64_t before = 0, after = 0;  // used by Kind::Pad alone

  constexpr AxisBorder() = default;
  constexpr AxisBorder(Kind word) : kind(word) {}                                     // NOLINT
  constexpr AxisBorder(int both) : AxisBorder(both, both) {}                          // NOLINT
  constexpr AxisBorder(std::int64_t both) : AxisBorder(both, both) {}                 // NOLINT
  constexpr AxisBorder(std::int64_t before_, std::int64_t after_)
      : kind(Kind::Pad), before(before_), after(after_) {}

  friend bool operator==(const AxisBorder&, const AxisBorder&) = default;
};

// The zeros before and after one axis.
struct Pads {
  std::int64_t before = 0, after = 0;
  friend bool operator==(const Pads&, const Pads&) = default;
};

class BorderMode {
 public:
  // The default is `valid`.
  BorderMode() : entries_{AxisBorder()}, every_axis_(true) {}
  BorderMode(AxisBorder::Kind word) : entries_{word}, every_axis_(true) {}      // NOLINT
  BorderMode(int pad) : entries_{pad}, every_axis_(true) {}                     // NOLINT
  BorderMode(std::int64_t pad) : entries_{pad}, every_axis_(true) {}            // NOLINT
  BorderMode(std::initializer_list<AxisBorder> axes) : entries_(axes) {}
  explicit BorderMode(std::vector<AxisBorder> axes) : entries_(std::move(axes)) {}

  // True for a word or one integer: the same border on every axis, whatever the rank.
  bool every_axis() const { return every_axis_; }
  const std::vector<AxisBorder>& entries() const { return entries_; }

  // The border of `axis` of `rank`. Throws ConvError{BorderMode} when the number of entries is not `rank`, or a pad is
  // negative.
  AxisBorder axis(std::size_t axis, std::size_t rank) const;

  // The pads of every axis. `dilated_filter` gives one extent an axis: (filter - 1) * dilation + 1.
  // Throws ConvError{BorderMode} as axis() does, and for a tuple that holds a word; {FilterShape}
  // for an extent below 1.
  std::vector<Pads> pads(const Dims& dilated_filter) const;

  // (a, a) is a; a tuple of equal integers is that integer; zeros are `valid`.
  BorderMode canonical() const;

  friend bool operator==(const BorderMode&, const BorderMode&) = default;

 private:
  std::vector<AxisBorder> entries_;
  bool every_axis_ = false;
};

inline constexpr AxisBorder::Kind valid = AxisBorder::Kind::Valid;
inline constexpr AxisBorder::Kind half = AxisBorder::Kind::Half;
inline constexpr AxisBorder::Kind full = AxisBorder::Kind::Full;

// The pads of one axis. Throws ConvError{BorderMode} for a negative pad.
Pads to_pads(const AxisBorder& border, std::int64_t dilated_filter);

std::string to_string(const BorderMode& mode);
// The inverse of to_string, for every spelling at the top. Throws ConvError{BorderMode} for anything else.
BorderMode parse_border_mode(std::string_view text);

}  // namespace convcheck
