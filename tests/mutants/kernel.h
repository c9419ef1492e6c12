// A slow convolution kernel of its own, honest by default, with places at which one mistake can be
// planted. It scatters: it visits every product once and adds it to its result, where the oracle
// gathers; the two share no index arithmetic.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "reference/backend.h"

namespace convcheck {

// The place of one product: x[n, channel, i] * w[k, (region), c, f] belongs to y[n, k, o].
struct Product {
  std::int64_t n = 0, k = 0;
  std::int64_t channel = 0;                   // of x, over all groups
  std::int64_t c = 0;                         // of w: within the group
  std::array<std::int64_t, 3> i{}, o{}, f{};  // f as the filters have it, after any flip
  std::array<std::int64_t, 3> region{};       // o; of unshared filters
  bool padding = false;                       // i lies outside the input
};

// What run() was given.
struct Call {
  const ConvProblem& problem;
  const Operands& operands;
  std::span<std::byte> workspace;
  const RunContext& context;
};

// A finished sum on its way to an element of the result.
struct Finished {
  const Call& call;
  const Index& at;
  double sum, before;  // `before`: what the element holds
};

// Each is an empty function, and then the kernel does the right thing.
struct Mistakes {
  // Computes with another problem, into the operands that there are.
  std::function<void(ConvProblem&)> problem = {};
  // Computes on other views of the operands.
  std::function<void(const ConvProblem&, Operands&)> views = {};
  // Moves a product elsewhere. What falls outside an operand is left out.
  std::function<void(const ConvProblem&, Product&)> moves = {};
  // Leaves a product out.
  std::function<bool(const ConvProblem&, const Product&)> drops = {};
  // The value of a product on padding, which is otherwise left out: from the value of the operand
  // that is not padding.
  std::function<double(const ConvProblem&, const TensorView& x, const Product&, double other)>
      pads = {};
  // How operands are read, from their value.
  std::function<double(double)> reads = {};
  // How a product a * b is added to a partial sum.
  std::function<double(double sum, double a, double b)> adds = {};
  // Replaces the order of the products of one element: gets them all.
  std::function<double(const Call&, std::vector<double>& products)> sums = {};
  // How the finished sum becomes the element that is written.
  std::function<double(const Finished&)> writes = {};
  // Leaves an element of the result as it was.
  std::function<bool(const ConvProblem&, const Index& at)> skips = {};
  // Before and after everything else.
  std::function<void(const Call&)> before = {}, after = {};
  std::function<Support(const ConvProblem&, const Operands&)> supports = {};
  std::function<std::size_t(const ConvProblem&, const Operands&)> workspace = {};
  Claims claims = {};
  DataType f32_accumulator = DataType::F32;  // of f32, f16 and bf16
};

// f64 and, summed in f64 unless `adds` or `sums` rounds, f32, f16 and bf16; host memory, any
// strides.
BackendPtr kernel(const std::string& name, const Mistakes& mistakes = {});

}  // namespace convcheck
