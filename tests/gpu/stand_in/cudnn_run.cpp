// How the stand-in's engines compute.
#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <limits>

#include "tests/gpu/stand_in/cudnn_engines.h"

namespace convcheck::cudnn_stand_in {
namespace {

// To the significand of TF32, ties to even.
float to_tf32(float value) {
  if (!std::isfinite(value)) return value;
  constexpr std::uint32_t kLeftOut = 13;
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t up = (1u << (kLeftOut - 1)) - 1 + ((bits >> kLeftOut) & 1u);
  return std::bit_cast<float>((bits + up) >> kLeftOut << kLeftOut);
}

double rounded_input(Engine engine, DataType type, double value) {
  const bool rounds = engine == Engine::TensorCores || engine == Engine::DownConverts;
  if (!rounds || type == DataType::F16 || type == DataType::BF16) return value;
  return type == DataType::F64 ? static_cast<float>(value) : to_tf32(static_cast<float>(value));
}

std::uint64_t scrambled(std::uint64_t number) {
  std::uint64_t bits = (number + 1) * 0x9e3779b97f4a7c15u;
  bits ^= bits >> 29;
  return bits * 0xbf58476d1ce4e5b9u;
}

// In [-1, 1], of where an element lies.
double noise(std::int64_t place) {
  return static_cast<double>(scrambled(static_cast<std::uint64_t>(place)) >> 11) * 0x1p-52 - 1;
}

// An operand's elements as the engine uses them, without gaps; makes the form so, too.
std::vector<double> dense(Engine engine, TensorForm& tensor, const void* data) {
  std::vector<double> values;
  std::vector<std::int64_t> at(tensor.extents.size(), 0);
  std::size_t d = 1;
  for (std::int64_t offset = 0; d > 0;) {
    const auto bytes = offset * static_cast<std::int64_t>(size_of(tensor.type));
    values.push_back(rounded_input(engine, tensor.type,
                                   load(tensor.type, static_cast<const std::byte*>(data) + bytes)));
    d = at.size();
    while (d > 0 && ++at[d - 1] == tensor.extents[d - 1]) {
      at[--d] = 0;
      offset -= (tensor.extents[d] - 1) * tensor.strides[d];
    }
    if (d > 0) offset += tensor.strides[d - 1];
  }
  std::int64_t stride = 1;
  for (d = at.size(); d-- > 0; stride *= tensor.extents[d]) tensor.strides[d] = stride;
  return values;
}

struct Factors {
  std::vector<double> first, second;
};

Factors factors_of(const Factors& values, const Products& products) {
  Factors factors;
  products.for_each([&](std::int64_t first, std::int64_t second, bool padding) {
    if (padding) return;
    factors.first.push_back(values.first[static_cast<std::size_t>(first)]);
    factors.second.push_back(values.second[static_cast<std::size_t>(second)]);
  });
  return factors;
}

// Of f64, rounded once, and then wrong by no more than transforms are.
double transformed(const Factors& factors, DataType sums, std::int64_t place) {
  const auto largest = [](const std::vector<double>& values) {
    double most = 0;
    for (const double value : values) most = std::max(most, std::abs(value));
    return most;
  };
  constexpr double kAmplification = 4;
  const double bound = kAmplification * unit_roundoff(sums) * largest(factors.first) *
                       largest(factors.second) * static_cast<double>(factors.first.size());
  double sum = 0;
  for (std::size_t i = 0; i < factors.first.size(); ++i)
    sum += factors.first[i] * factors.second[i];
  return sum + bound * noise(place);
}

// Sums that atomic additions make: they begin somewhere else in every call.
double in_any_order(const Factors& factors, DataType sums) {
  static std::atomic<std::uint64_t> made{0};
  const std::size_t count = factors.first.size(), start = scrambled(made++) >> 32;
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = (start + i) % count;
    sum = rounded(sums, sum + factors.first[at] * factors.second[at]);
  }
  return sum;
}

// `round` adds a product and rounds. A product of f32 values is exact in f64,
// so that it is rounded with the sum, as by an FMA.
template <class Round>
double in_order(Engine engine, const Factors& values, const Products& products,
                const Round& round) {
  const bool zeros = engine == Engine::Staged;  // an im2col
  double sum = 0;
  products.for_each([&](std::int64_t first, std::int64_t second, bool padding) {
    if (padding && !zeros) return;
    sum = round(sum, (padding ? 0 : values.first[static_cast<std::size_t>(first)]) *
                         values.second[static_cast<std::size_t>(second)]);
  });
  return sum;
}

double sum_of(Engine engine, const Operation& op, const Factors& values, const Products& products,
              std::int64_t place) {
  if (engine == Engine::Liar) return 1;  // which takes least time
  if (engine == Engine::Fft || engine == Engine::Winograd) {
    return transformed(factors_of(values, products), op.sums, place);
  }
  if (engine == Engine::Atomics) return in_any_order(factors_of(values, products), op.sums);
  if (engine == Engine::ShortSums || op.sums == DataType::F16) {
    return in_order(engine, values, products, [](double sum, double product) {
      return rounded(DataType::F16, sum + rounded(DataType::F16, product));
    });
  }
  if (op.sums == DataType::F64) {
    return in_order(engine, values, products,
                    [](double sum, double product) { return sum + product; });
  }
  return in_order(engine, values, products, [](double sum, double product) {
    return static_cast<double>(static_cast<float>(sum + product));
  });
}

Factors values_read(Engine engine, Operation& op, const Memory& memory) {
  const bool has_x = op.wanted != Wanted::X, has_w = op.wanted != Wanted::W;
  return {has_x ? dense(engine, op.x, memory.x) : dense(engine, op.y, memory.y),
          has_w ? dense(engine, op.w, memory.w) : dense(engine, op.y, memory.y)};
}

void store_result(const Operation& op, const Memory& memory, std::int64_t place, double sum) {
  const TensorForm& to = op.result();
  void* const data = op.wanted == Wanted::Y   ? memory.y
                     : op.wanted == Wanted::X ? memory.x
                                              : memory.w;
  void* const address =
      static_cast<std::byte*>(data) + place * static_cast<std::int64_t>(size_of(to.type));
  double value = op.alpha * sum;
  if (op.beta != 0) value += op.beta * load(to.type, address);
  store(to.type, address, value);
}

std::byte mark(std::size_t place) { return static_cast<std::byte>(place * 151 + 7); }

bool is_marked(const std::byte* workspace, std::size_t from, std::size_t to) {
  for (std::size_t i = from; i < to; ++i) {
    if (workspace[i] != mark(i)) return false;
  }
  return true;
}

// Writes every byte of the workspace and reads it back; sums go by way of its first bytes.
void run_by_workspace(Engine engine, const Operation& op, const Memory& memory) {
  const std::size_t bytes = workspace_of(engine, op);
  for (std::size_t i = 0; i < bytes; ++i) memory.workspace[i] = mark(i);
  bool kept = is_marked(memory.workspace, 0, bytes);
  std::size_t used = 0;
  std::vector<std::int64_t> places;
  Operation read = op;
  const Factors values = values_read(engine, read, memory);
  for_each_result(read, [&](std::int64_t place, const Products& products) {
    const double sum = sum_of(engine, op, values, products, place);
    std::memcpy(memory.workspace + used, &sum, sizeof sum);
    used += sizeof sum;
    places.push_back(place);
  });
  kept = kept && is_marked(memory.workspace, used, bytes);
  for (std::size_t i = 0; i < places.size(); ++i) {
    double sum = 0;
    std::memcpy(&sum, memory.workspace + i * sizeof sum, sizeof sum);
    store_result(op, memory, places[i], kept ? sum : std::numeric_limits<double>::quiet_NaN());
  }
}

}  // namespace

void run(Engine engine, const Operation& op, const Memory& memory) {
  if (workspace_of(engine, op) > 0) return run_by_workspace(engine, op, memory);
  Operation read = op;
  const Factors values = values_read(engine, read, memory);
  for_each_result(read, [&](std::int64_t place, const Products& products) {
    store_result(op, memory, place, sum_of(engine, op, values, products, place));
  });
}

}  // namespace convcheck::cudnn_stand_in
