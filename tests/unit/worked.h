// What tests with hand-worked answers share: small f64 tensors, and the definition's answers for
// them.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "reference/reference_backend.h"

namespace convcheck {

using Values = std::vector<double>;

// How GoogleTest shows shapes and indices.
inline void PrintTo(const Dims& dims, std::ostream* out) { *out << to_string(dims); }

// Numbers `first`, first + 1, ... in row-major order.
inline Tensor counting(const Shape& shape, double first = 1) {
  Values values;
  for (std::int64_t i = 0; i < element_count(shape); ++i) {
    values.push_back(first + static_cast<double>(i));
  }
  return Tensor(shape, values, DataType::F64);
}

inline Tensor ones(const Shape& shape) {
  return Tensor(shape, Values(static_cast<std::size_t>(element_count(shape)), 1.0), DataType::F64);
}

inline Tensor f64(const Shape& shape, const Values& values) {
  return Tensor(shape, values, DataType::F64);
}

inline Values forward(const Tensor& x, const Tensor& w, const ConvParameters& parameters = {}) {
  const auto problem = make_problem(Direction::Forward, x.shape(), w.shape(), parameters);
  return compute(*reference_backend(), problem, x, w, DataType::F64).values();
}

inline Values grad_inputs(const Shape& x, const Tensor& w, const Tensor& dy,
                          const ConvParameters& parameters = {}) {
  const auto problem = make_problem(Direction::GradInputs, x, w.shape(), parameters, dy.shape());
  return compute(*reference_backend(), problem, w, dy, DataType::F64).values();
}

inline Values grad_weights(const Tensor& x, const Shape& w, const Tensor& dy,
                           const ConvParameters& parameters = {}) {
  const auto problem = make_problem(Direction::GradWeights, x.shape(), w, parameters, dy.shape());
  return compute(*reference_backend(), problem, x, dy, DataType::F64).values();
}

// `call` throws a ConvError of this kind whose argument and value contain these texts.
template <class Call>
void expect_refused(const Call& call, ErrorKind kind, const std::string& argument,
                    const std::string& value = "") {
  try {
    call();
    ADD_FAILURE() << "not refused: " << to_string(kind) << " " << argument << " " << value;
  } catch (const ConvError& error) {
    EXPECT_STREQ(to_string(error.kind()), to_string(kind)) << error.what();
    EXPECT_THAT(error.argument(), testing::HasSubstr(argument)) << error.what();
    EXPECT_THAT(error.value(), testing::HasSubstr(value)) << error.what();
    EXPECT_FALSE(error.expected().empty());
  }
}

}  // namespace convcheck
