#include "checker/fill.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace convcheck {
namespace {

// Compiled for several instruction sets, of which the machine's best runs.
#if defined(__x86_64__) && defined(__GNUC__)
#define CONVCHECK_VECTORISED __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define CONVCHECK_VECTORISED
#endif

struct DenseIntegers {
  std::uint32_t key, range;
};
CONVCHECK_VECTORISED void write_dense(const DenseIntegers& of, float* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    const std::uint32_t bits = small_bits(of.key, static_cast<std::uint32_t>(i));
    to[i] = static_cast<float>(small_integer(bits, of.range));
  }
}
CONVCHECK_VECTORISED void write_dense(const DenseIntegers& of, double* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    const std::uint32_t bits = small_bits(of.key, static_cast<std::uint32_t>(i));
    to[i] = small_integer(bits, of.range);
  }
}

// The numbers of a contiguous view of T, without an index per element.
template <class T>
void write_contiguous(const OperandFill& values, T* to, std::int64_t count) {
  if (values.kind != OperandFill::Kind::Integer || values.density < 1) {
    for (std::int64_t i = 0; i < count; ++i) to[i] = static_cast<T>(values.at(i));
    return;
  }
  constexpr std::int64_t kOneKey = std::int64_t{1} << 32;
  for (std::int64_t first = 0; first < count; first += kOneKey) {
    write_dense({key_of(values.key, first), static_cast<std::uint32_t>(values.range)}, to + first,
                std::min(kOneKey, count - first));
  }
  if (values.hot >= 0 && values.hot < count) to[values.hot] = static_cast<T>(values.hot_value);
}

template <class Value>
void for_each_element(const TensorView& view, const Value& value) {
  if (view.empty()) return;
  Index index(view.rank(), 0);
  std::int64_t element = 0;
  do view.set(index, value(element++));
  while (advance(index, view.extents));
}

}  // namespace

const char* to_string(Fill fill) {
  switch (fill) {
    case Fill::Narrow:
      return "narrow";
    case Fill::Wide:
      return "wide";
    case Fill::Real:
      return "real";
    case Fill::Impulse:
      return "impulse";
    case Fill::Special:
      return "special";
  }
  return "unknown";
}

Fill parse_fill(std::string_view text) {
  if (text.empty()) return Fill::Narrow;
  for (const Fill fill : kAllFills) {
    if (text == to_string(fill)) return fill;
  }
  throw ConvError(ErrorKind::Syntax, "fill", "'" + std::string(text) + "'",
                  "narrow, wide, real, impulse or special");
}

double OperandFill::at(std::int64_t element) const {
  const double value = unrounded(element);
  return kind == Kind::Real && element != hot ? rounded(type, value) : value;
}

double OperandFill::largest() const {
  switch (kind) {
    case Kind::OneHot:
      return std::abs(hot_value);
    case Kind::Odd:
      return std::ldexp(1.0, bits) - 1;
    case Kind::Real:
      return 1;
    case Kind::Integer:
      break;
  }
  return static_cast<double>(range);
}

void write(const OperandFill& values, const TensorView& view) {
  if (view.contiguous() && view.type == DataType::F32) {
    write_contiguous(values, view.as<float>(), view.size());
  } else if (view.contiguous() && view.type == DataType::F64) {
    write_contiguous(values, view.as<double>(), view.size());
  } else {
    for_each_element(view, [&](std::int64_t element) { return values.at(element); });
  }
}

void write_inputs(const Data& data, Direction direction, const Operands& operands) {
  if (direction != Direction::GradInputs) write(data.x, operands.x);
  if (direction != Direction::GradWeights) write(data.w, operands.w);
  if (direction != Direction::Forward) write(data.y, operands.y);
}

void write_nan(const TensorView& view) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  if (view.contiguous() && view.type == DataType::F32) {
    std::fill_n(view.as<float>(), view.size(), static_cast<float>(kNan));
  } else if (view.contiguous() && view.type == DataType::F64) {
    std::fill_n(view.as<double>(), view.size(), kNan);
  } else {
    for_each_element(view, [](std::int64_t) { return kNan; });
  }
}

}  // namespace convcheck
