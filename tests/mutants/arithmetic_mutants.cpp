#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/mutants/planting.h"
#include "tests/mutants/summing.h"

namespace convcheck {
namespace {

Mistakes summed_in(DataType type) {
  return {.adds = [type](double sum, double a, double b) { return rounded(type, sum + a * b); }};
}

Mistakes read_as(int bits) {
  return {.reads = [bits](double value) { return to_bits(value, bits); }};
}

Mistakes stored_through(DataType type) {
  return written([type](const Finished& done) { return rounded(type, done.sum); });
}

DataType result_type(const Finished& done) {
  return done.call.operands.result(done.call.problem.direction).type;
}

// The neighbour nearer to zero where storing rounds away from it.
double truncated(const Finished& done) {
  const DataType type = result_type(done);
  const double stored = rounded(type, done.sum);
  if (!(std::abs(stored) > std::abs(done.sum)) || std::isinf(stored)) return stored;
  const double unit = std::ldexp(1.0, std::ilogb(stored) - significand_bits(type) + 1);
  return rounded(type, stored - std::copysign(unit / 2, stored) * 1.0001);
}

double largest_finite(DataType type) {
  switch (type) {
    case DataType::F64:
      return std::numeric_limits<double>::max();
    case DataType::F16:
      return 65504;
    case DataType::BF16:
      return 0x1.fep127;
    default:
      return static_cast<double>(std::numeric_limits<float>::max());
  }
}

double saturated(const Finished& done) {
  const double most = largest_finite(result_type(done));
  return std::isnan(done.sum) ? done.sum : std::clamp(done.sum, -most, most);
}

double without_subnormals(double value) { return std::abs(value) < 0x1p-126 ? 0 : value; }

// Where a number is a subnormal of f16; of f32 hardly any number is.
double without_half_subnormals(double value) {
  return std::abs(value) < 0x1p-14 && rounded(DataType::F16, value) == value ? 0 : value;
}

// All three operands in f32, row-major and at a multiple of 64 bytes.
bool are_aligned(const Operands& operands) {
  for (const TensorView* view : {&operands.x, &operands.w, &operands.y}) {
    if (view->type != DataType::F32 || !(view->strides == contiguous_strides(view->extents)) ||
        reinterpret_cast<std::uintptr_t>(view->data) % 64 != 0) {
      return false;
    }
  }
  return true;
}

// A fast path for one channel. Only `value` takes it: buffers that begin at a multiple of 64 bytes
// have an unusual stride in `layout`, and with guards most begin anywhere.
struct RoundedForOneChannel {
  std::vector<Tensor> copies = {};

  void operator()(const ConvProblem& problem, Operands& operands) {
    if (!are_aligned(operands) || operands.x.extents[1] != 1) return;
    copies.clear();
    for (TensorView* view : {&operands.x, &operands.w, &operands.y}) {
      if (view == &operands.result(problem.direction) || view->empty()) continue;
      copies.push_back(Tensor::copy_of(*view));
      *view = copies.back();
      Index at(view->rank(), 0);
      do view->set(at, to_bits(view->at(at), 11));
      while (advance(at, view->extents));
    }
  }
};

std::vector<Mutant> precision_mutants() {
  return {
      {"FloatSumForDouble", "f64 is summed in f32", summed_in(DataType::F32), "value", Fill::Wide},
      {"Tf32Inputs", "inputs are rounded to the 11 bits of TF32", read_as(11), "value", Fill::Wide},
      {"Bf16Inputs", "inputs are rounded to the 8 bits of bf16", read_as(8), "value", Fill::Wide},
      {"FloatInputsForDouble", "f64 inputs are rounded to f32", read_as(24), "value", Fill::Wide},
      {"HalfAccumulator", "sums are formed in f16", summed_in(DataType::F16), "value", Fill::Wide},
      {"Bf16Accumulator", "sums are formed in bf16", summed_in(DataType::BF16), "value",
       Fill::Wide},
      {"ResultThroughHalf", "results pass through f16", stored_through(DataType::F16), "value",
       Fill::Wide},
      {"ResultTruncated", "results are rounded towards zero when they are stored",
       written(truncated), "value", Fill::Wide},
      {"SubnormalsFlushed",
       "subnormal inputs are read as zeros",
       {.reads = without_subnormals},
       "value",
       Fill::Special},
      {"HalfSubnormalsFlushed",
       "subnormal f16 inputs are read as zeros, which only cases of subnormals in f16 show",
       {.reads = without_half_subnormals},
       "finite"},
      {"Tf32ForOneChannel",
       "inputs are rounded to TF32 where there is one channel, and operands are row-major and "
       "aligned",
       {.views = RoundedForOneChannel{}},
       "value",
       Fill::Wide},
  };
}

std::vector<Mutant> special_value_mutants() {
  return {
      {"NanSwallowed", "a NaN becomes 0, as max(NaN, 0) does",
       written([](const Finished& done) { return std::isnan(done.sum) ? 0 : done.sum; }), "finite"},
      {"Rectified", "negative results become 0",
       written([](const Finished& done) { return std::max(done.sum, 0.0); })},
      {"Saturated", "infinities become the largest finite number", written(saturated), "finite"},
      {"ZerosSkipped",
       "a product with 0 is left out, also where the other factor is infinite",
       {.adds = [](double sum, double a,
                   double b) { return a == 0 || b == 0 ? sum : sum + a * b; }},
       "finite",
       {},
       // So many products that most numbers are zeros, one of which meets the infinity.
       {"conv1d.forward bf16 x=1x8192x1 w=1x8192x1 seed=2"}},
      {"PaddingMultiplied",
       "padding is a product with 0, which is NaN where the filter is infinite",
       {.pads = [](const ConvProblem&, const TensorView&, const Product&,
                   double other) { return 0 * other; }},
       "finite"},
      {"InfinityBecomesNan", "an infinite result is NaN, as x - x * 0 makes it",
       written([](const Finished& done) { return done.sum - done.sum * 0; }), "finite"},
  };
}

}  // namespace

std::vector<Mutant> arithmetic_mutants() {
  std::vector<Mutant> all = precision_mutants();
  const std::vector<Mutant> more = special_value_mutants();
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace convcheck
