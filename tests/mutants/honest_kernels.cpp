#include <algorithm>
#include <cmath>
#include <utility>

#include "tests/mutants/mutants.h"
#include "tests/mutants/summing.h"
#include "tests/mutants/threaded.h"
#include "tests/mutants/winograd.h"

namespace convcheck {
namespace {

double reversed_order(const Call& call, std::vector<double>& products) {
  std::reverse(products.begin(), products.end());
  return rotated_sum(products, 0, summing_type(call));
}

double by_magnitude(const Call& call, std::vector<double>& products) {
  std::stable_sort(products.begin(), products.end(),
                   [](double a, double b) { return std::abs(a) < std::abs(b); });
  return rotated_sum(products, 0, summing_type(call));
}

double in_blocks_of_8(const Call& call, std::vector<double>& products) {
  const DataType type = summing_type(call);
  double sum = 0;
  for (std::size_t begin = 0; begin < products.size(); begin += 8) {
    double block = 0;
    for (std::size_t i = begin; i < std::min(begin + 8, products.size()); ++i) {
      block = rounded(type, block + products[i]);
    }
    sum = rounded(type, sum + block);
  }
  return sum;
}

double pairwise(const Call& call, std::vector<double>& products) {
  const DataType type = summing_type(call);
  for (double& product : products) product = rounded(type, product);
  for (std::size_t count = products.size(); count > 1; count = (count + 1) / 2) {
    for (std::size_t i = 0; i < count / 2; ++i) {
      products[i] = rounded(type, products[2 * i] + products[2 * i + 1]);
    }
    if (count % 2 == 1) products[count / 2] = products[count - 1];
  }
  return products.empty() ? 0 : products[0];
}

double interleaved(const Call& call, std::vector<double>& products) {
  return sum_in_parts(products, 4, summing_type(call));
}

double compensated(const Call& call, std::vector<double>& products) {
  const DataType type = summing_type(call);
  double sum = 0, lost = 0;
  for (const double product : products) {
    const double term = rounded(type, rounded(type, product) - lost);
    const double next = rounded(type, sum + term);
    lost = std::isfinite(next) ? rounded(type, rounded(type, next - sum) - term) : 0;
    sum = next;
  }
  return sum;
}

// f32 products are exact in double; the second rounding of their sums is covered by the bound.
double plain_f32(double sum, double a, double b) {
  return rounded(DataType::F32, sum + rounded(DataType::F32, a * b));
}

double to_11_bits(double value) { return to_bits(value, 11); }

Mistakes ordered(double (*sums)(const Call&, std::vector<double>&)) { return {.sums = sums}; }

Support only_row_major(const ConvProblem&, const Operands& operands) {
  for (const TensorView* view : {&operands.x, &operands.w, &operands.y}) {
    if (!view->contiguous())
      return Support::no("strides " + to_string(view->strides) + ", needs row-major operands");
  }
  return Support::yes();
}

// The finished sum takes a way through the workspace.
Mistakes through_the_workspace() {
  return {.writes =
              [](const Finished& done) {
                store(DataType::F64, done.call.workspace.data(), done.sum);
                return load(DataType::F64, done.call.workspace.data());
              },
          .workspace = [](const ConvProblem&, const Operands&) { return sizeof(double); }};
}

Honest honest(std::string name, std::string what, const Mistakes& variation) {
  return {name, std::move(what), kernel(name, variation)};
}

std::vector<Honest> summation_orders() {
  return {
      honest("DoubleThenRounded", "sums in f64, rounded once", {}),
      honest("PlainFloat", "products and sums rounded to f32",
             {.adds = plain_f32,
              .supports =
                  [](const ConvProblem& problem, const Operands& operands) {
                    return operands.result(problem.direction).type == DataType::F64
                               ? Support::no("f64, sums in f32")
                               : Support::yes();
                  }}),
      honest("ReversedOrder", "sums from the last product to the first", ordered(reversed_order)),
      honest("ByMagnitude", "sums from the smallest product to the largest", ordered(by_magnitude)),
      honest("BlocksOf8", "sums blocks of 8 products", ordered(in_blocks_of_8)),
      honest("Pairwise", "sums pairs, then pairs of pairs", ordered(pairwise)),
      honest("Interleaved", "four partial sums, as vector lanes have them", ordered(interleaved)),
      honest("Compensated", "Kahan's sum", ordered(compensated)),
      honest("FusedMultiplyAdd", "one rounding for a product and its addition",
             {.adds = [](double sum, double a, double b) { return std::fma(a, b, sum); }}),
  };
}

std::vector<Honest> declared_variants() {
  return {
      honest("NegativeZero", "an empty or vanishing sum is -0",
             {.writes = [](const Finished& done) { return done.sum == 0 ? -0.0 : done.sum; }}),
      honest("PaddingMultiplied", "padding is a product with 0, which it declares",
             {.pads = [](const ConvProblem&, const TensorView&, const Product&,
                         double other) { return 0 * other; },
              .claims = {.multiplies_padding = true}}),
      honest("Racing", "the order differs from call to call, which it declares",
             {.sums = RacingSum{},
              .claims = {.deterministic = false, .deterministic_across_threads = false}}),
      honest("OrderOfThreads", "the order depends on the number of threads, which it declares",
             {.sums =
                  [](const Call& call, std::vector<double>& products) {
                    const int threads = std::max(call.context.threads, 1);
                    return sum_in_parts(products, static_cast<std::size_t>(threads),
                                        summing_type(call));
                  },
              .claims = {.deterministic_across_threads = false}}),
      honest("Tf32", "inputs are rounded to 11 bits, which it declares",
             {.reads = to_11_bits, .claims = {.input_bits = 11}}),
      honest("RowMajorOnly", "refuses other layouts and says why", {.supports = only_row_major}),
      honest("Workspace", "uses the workspace that it announces", through_the_workspace()),
      {"Threads", "images or filters are shared out to threads", threaded_kernel("Threads")},
      {"Winograd", "F(2x2, 3x3) where it applies, which it declares", winograd_kernel("Winograd")},
  };
}

}  // namespace

std::vector<Honest> honest_kernels() {
  std::vector<Honest> all = summation_orders();
  const std::vector<Honest> more = declared_variants();
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace convcheck
