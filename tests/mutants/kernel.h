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

// Each is an empty function, and then the kernel does the right thing.
struct Mistakes {
  // Computes with another problem, into the operands that there are.
  std::function<void(ConvProblem&)> problem = {};
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
  // How a product is added to a partial sum.
  std::function<double(double sum, double product)> adds = {};
  // How the finished sum becomes the element that is written, given what was there.
  std::function<double(double sum, double before)> writes = {};
  // Leaves an element of the result as it was.
  std::function<bool(const ConvProblem&, const Index& at)> skips = {};
  // Before and after everything else, with the call's operands, workspace and context.
  using Step = std::function<void(const ConvProblem&, const Operands&, std::span<std::byte>,
                                  const RunContext&)>;
  Step before = {}, after = {};
  // Replaces the order of the products of one element: gets them all.
  std::function<double(std::vector<double>&)> sums = {};
  std::size_t workspace = 0;
  Claims claims = {};
  DataType f32_accumulator = DataType::F32;
};

// f64 and, summed in f64 unless `adds` rounds, f32, f16 and bf16; host memory, any strides.
BackendPtr kernel(const std::string& name, const Mistakes& mistakes = {});

}  // namespace convcheck
