// A short list of integers: the extents, strides or coordinates of a tensor.
//
// At most kMaxRank entries (an unshared 3-D filter bank has 8), no heap, so that the direct loops can build one per
// tap.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "reference/error.h"

namespace convcheck {

class Dims {
 public:
  static constexpr std::size_t kMaxRank = 8;

  Dims() = default;
  Dims(std::initializer_list<std::int64_t> values) { assign(values); }
  explicit Dims(const std::vector<std::int64_t>& values) { assign(values); }
  Dims(std::size_t count, std::int64_t value) {
    for (std::size_t axis = 0; axis < count; ++axis) push_back(value);
  }

  // Throws ConvError{Rank} beyond kMaxRank entries.
  void push_back(std::int64_t value) {
    if (size_ == kMaxRank) {
      throw ConvError(ErrorKind::Rank, "rank", "more than 8 axes", "at most 8 axes");
    }
    values_[size_++] = value;
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::int64_t& operator[](std::size_t axis) { return values_[axis]; }
  std::int64_t operator[](std::size_t axis) const { return values_[axis]; }
  const std::int64_t* begin() const { return values_.data(); }
  const std::int64_t* end() const { return values_.data() + size_; }
  std::int64_t* begin() { return values_.data(); }
  std::int64_t* end() { return values_.data() + size_; }
  std::int64_t back() const { return values_[size_ - 1]; }

  friend bool operator==(const Dims& a, const Dims& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  template <class Range>
  void assign(const Range& values) {
    for (const std::int64_t value : values) push_back(value);
  }

  std::array<std::int64_t, kMaxRank> values_{};
  std::size_t size_ = 0;
};

using Shape = Dims;
using Strides = Dims;
using Index = Dims;

// "2x3x8x9"; an empty list is "scalar".
std::string to_string(const Dims& dims);

// The product of the extents. Throws ConvError{Overflow}, naming `argument`, when it does not fit in 63 bits.
std::int64_t element_count(const Shape& shape, const char* argument = "shape");

// Row-major (last axis fastest) strides in elements. Throws ConvError{Overflow} as element_count does.
Strides contiguous_strides(const Shape& shape);

// Steps `index` to the next element in row-major order; false after the last one, with `index` back at zeros.
// A shape with a zero extent has no elements: the caller asks element_count first.
bool advance(Index& index, const Shape& shape);

}  // namespace convcheck
