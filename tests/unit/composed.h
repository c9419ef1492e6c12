// What the tests of the composed functions share.
#pragma once

#include <gmock/gmock.h>

#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include "fast/dispatch.h"
#include "reference/tensor.h"

namespace convcheck {

// first, first + 1, ... in row-major order.
inline Tensor counting(const Shape& shape, double first = 1, DataType type = DataType::F64) {
  std::vector<double> values(static_cast<std::size_t>(element_count(shape)));
  std::iota(values.begin(), values.end(), first);
  return Tensor(shape, values, type);
}

// Small integers without a pattern that a wrong index would leave alone.
inline Tensor scrambled(const Shape& shape, unsigned seed = 1, DataType type = DataType::F64) {
  std::vector<double> values;
  unsigned state = 2654435761u * (seed + 1);
  for (std::int64_t i = 0; i < element_count(shape); ++i) {
    state = state * 1664525u + 1013904223u;
    values.push_back(static_cast<double>(state >> 24) / 32 < 4 ? (state >> 28)
                                                               : -1.0 * (state >> 29));
  }
  return Tensor(shape, values, type);
}

// The same elements with gaps between them and every axis stored backwards.
class Scattered {
 public:
  explicit Scattered(const TensorView& from) {
    Shape wide = from.extents;
    for (std::int64_t& extent : wide) extent *= 2;
    memory_ = Tensor(wide, from.type);
    view_ = memory_.view();
    view_.extents = from.extents;
    for (std::int64_t& stride : view_.strides) stride *= 2;
    for (std::size_t axis = 0; axis < view_.rank(); ++axis) view_ = reversed(view_, axis);
    copy(from, view_);
  }
  operator const TensorView&() const { return view_; }  // NOLINT

 private:
  Tensor memory_;
  TensorView view_;
};

// The sum of a * b over all elements; both of the same shape.
inline double inner(const TensorView& a, const TensorView& b) {
  EXPECT_EQ(a.extents, b.extents);
  const std::vector<double> x = Tensor::copy_of(a).values(), y = Tensor::copy_of(b).values();
  return std::inner_product(x.begin(), x.end(), y.begin(), 0.0);
}

// Runs the claim on the automatic choice, and on every backend of this build but those that compute
// only what they are asked for by name.
inline void on_every_backend(const std::function<void(const BackendPtr&)>& claim) {
  std::vector<BackendPtr> all{automatic()};
  for (const BackendEntry& entry : backends()) {
    if (entry.backend == nullptr || entry.by_name_only) continue;
    if (entry.memory == MemoryKind::Host) all.push_back(entry.backend);
  }
  for (const BackendPtr& backend : all) {
    SCOPED_TRACE(backend->name());
    claim(backend);
  }
}

// The call is refused with that kind of error about that argument.
inline void expect_refusal(ErrorKind kind, const std::string& argument,
                           const std::function<void()>& call) {
  try {
    call();
    ADD_FAILURE() << "accepted, though " << argument << " is wrong";
  } catch (const ConvError& error) {
    EXPECT_EQ(to_string(error.kind()), std::string(to_string(kind))) << error.what();
    EXPECT_EQ(error.argument(), argument) << error.what();
  }
}

}  // namespace convcheck
