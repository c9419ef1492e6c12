#include "reference/dims.h"

namespace convcheck {

std::string to_string(const Dims& dims) {
  if (dims.empty()) return "scalar";
  std::string text;
  for (const std::int64_t value : dims) {
    if (!text.empty()) text += 'x';
    text += std::to_string(value);
  }
  return text;
}

std::int64_t element_count(const Shape& shape, const char* argument) {
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return 0;
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) {
    if (__builtin_mul_overflow(count, extent, &count)) {
      throw ConvError(ErrorKind::Overflow, argument, to_string(shape), "fewer than 2^63 elements");
    }
  }
  return count;
}

Strides contiguous_strides(const Shape& shape) {
  element_count(shape);
  Strides strides(shape.size(), 1);
  for (std::size_t axis = shape.size(); axis-- > 1;) {
    // Overflows only where another extent is 0: there are no elements then, but strides all the
    // same.
    if (__builtin_mul_overflow(strides[axis], std::max<std::int64_t>(shape[axis], 1),
                               &strides[axis - 1])) {
      throw ConvError(ErrorKind::Overflow, "shape", to_string(shape), "strides below 2^63");
    }
  }
  return strides;
}

bool advance(Index& index, const Shape& shape) {
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    if (++index[axis] < shape[axis]) return true;
    index[axis] = 0;
  }
  return false;
}

}  // namespace convcheck
