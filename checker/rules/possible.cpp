#include "checker/rules/possible.h"

namespace convcheck {
namespace {

template <class T>
std::int64_t first_impossible(const T* values, std::int64_t count, const Possible& possible) {
  for (std::int64_t i = 0; i < count; ++i) {
    if (!possible(static_cast<double>(values[i]))) return i;
  }
  return -1;
}

Index index_of(std::int64_t element, const Shape& shape) {
  Index index(shape.size(), 0);
  for (std::size_t axis = shape.size(); axis-- > 0; element /= shape[axis]) {
    index[axis] = element % shape[axis];
  }
  return index;
}

}  // namespace

std::optional<Index> impossible_element(const TensorView& result, const Possible& possible) {
  if (result.contiguous() && (result.type == DataType::F32 || result.type == DataType::F64)) {
    const std::int64_t found = result.type == DataType::F32
                                   ? first_impossible(result.as<float>(), result.size(), possible)
                                   : first_impossible(result.as<double>(), result.size(), possible);
    if (found < 0) return std::nullopt;
    return index_of(found, result.extents);
  }
  Index index(result.rank(), 0);
  do {
    if (!possible(result.at(index))) return index;
  } while (advance(index, result.extents));
  return std::nullopt;
}

}  // namespace convcheck
