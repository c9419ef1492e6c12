// Backends for testing the checker: right by calling the oracle, or wrong in a chosen way.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "reference/backend.h"
#include "reference/case.h"
#include "reference/oracle.h"

namespace convcheck {

class PlantedBackend final : public Backend {
 public:
  using Run = std::function<void(const ConvProblem&, const Operands&)>;

  explicit PlantedBackend(Run run, std::string name = "planted", Support support = {})
      : run_(std::move(run)), name_(std::move(name)), support_(std::move(support)) {}

  std::string name() const override { return name_; }
  DataType accumulator(DataType type) const override {
    return type == DataType::F64 ? DataType::F64 : DataType::F32;
  }
  Claims claims() const override { return {}; }
  Support supports(const ConvProblem&, const Operands&) const override { return support_; }
  std::size_t workspace_bytes(const ConvProblem&, const Operands&,
                              const RunContext&) const override {
    return 0;
  }
  void run(const ConvProblem& problem, const Operands& operands, std::span<std::byte>,
           const RunContext&) const override {
    run_(problem, operands);
  }

 private:
  Run run_;
  std::string name_;
  Support support_;
};

inline BackendPtr planted(PlantedBackend::Run run, std::string name = "planted") {
  return std::make_shared<PlantedBackend>(std::move(run), std::move(name));
}

// Writes the definition of `problem` into the result.
inline void compute_right(const ConvProblem& problem, const Operands& operands) {
  const TensorView& result = operands.result(problem.direction);
  if (result.empty()) return;
  Index at(result.rank(), 0);
  do result.set(at, result_at(problem, operands, at).value);
  while (advance(at, result.extents));
}

inline BackendPtr right_backend() { return planted(compute_right, "right"); }

// A forward conv of the given shapes, f32, defaults elsewhere.
inline Case conv_case(const Shape& x, const Shape& w, const BorderMode& border = valid) {
  Case c;
  c.rank = x.size() - 2;
  c.x = x;
  c.w = w;
  c.border = border;
  c.subsample = Dims(c.rank, 1);
  c.dilation = Dims(c.rank, 1);
  return c;
}

}  // namespace convcheck
