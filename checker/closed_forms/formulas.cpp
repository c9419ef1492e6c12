#include "checker/closed_forms/formulas.h"

namespace convcheck::closed {

void for_each_index(const Shape& shape, const std::function<void(const Index&)>& visit) {
  if (element_count(shape) == 0) return;
  Index at(shape.size(), 0);
  do {
    visit(at);
  } while (advance(at, shape));
}

void require(bool holds, ErrorKind kind, const char* argument, std::int64_t value,
             const char* expected) {
  if (!holds) throw ConvError(kind, argument, std::to_string(value), expected);
}

double count(const Shape& shape) {
  double all = 1;
  for (const std::int64_t extent : shape) all *= static_cast<double>(extent);
  return all;
}

std::int64_t floor_of(std::int64_t dividend, std::int64_t divisor) {
  return dividend >= 0 ? dividend / divisor : -((-dividend + divisor - 1) / divisor);
}

std::int64_t ceiling_of(std::int64_t dividend, std::int64_t divisor) {
  return -floor_of(-dividend, divisor);
}

Zeros zeros_of(const BorderMode& mode, std::size_t axis, std::size_t rank, std::int64_t reach) {
  const AxisBorder border = mode.axis(axis, rank);
  switch (border.kind) {
    case AxisBorder::Kind::Half:
      return {reach / 2, reach / 2};
    case AxisBorder::Kind::Full:
      return {reach - 1, reach - 1};
    case AxisBorder::Kind::Pad:
      return {border.before, border.after};
    default:
      return {};
  }
}

Shape part_of(const Shape& shape, std::size_t first, std::size_t count) {
  Shape part;
  for (std::size_t i = 0; i < count; ++i) part.push_back(shape[first + i]);
  return part;
}

Shape joined(Shape front, const Shape& back) {
  for (const std::int64_t extent : back) front.push_back(extent);
  return front;
}

}  // namespace convcheck::closed
