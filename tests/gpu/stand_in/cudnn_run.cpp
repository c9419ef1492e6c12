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

struct Factors {
  std::vector<double> first, second;
};

double in_order(const Factors& factors, DataType sums, std::size_t start) {
  double sum = 0;
  const std::size_t count = factors.first.size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = (start + i) % count;
    const double product = factors.first[at] * factors.second[at];
    // A product of f32 values is exact in f64, and then is rounded with the sum, as by an FMA.
    sum = sums == DataType::F16 ? rounded(sums, sum + rounded(sums, product))
                                : rounded(sums, sum + product);
  }
  return sum;
}

// Of f64, rounded once: no engine sums better.
double transformed(const Factors& factors, DataType sums, std::int64_t place) {
  const auto largest = [](const std::vector<double>& values) {
    double most = 0;
    for (const double value : values) most = std::max(most, std::abs(value));
    return most;
  };
  constexpr double kAmplification = 4;
  const double bound = kAmplification * unit_roundoff(sums) * largest(factors.first) *
                       largest(factors.second) * static_cast<double>(factors.first.size());
  return in_order(factors, DataType::F64, 0) + bound * noise(place);
}

double sum_of(Engine engine, const Operation& op, const Factors& factors, std::int64_t place) {
  static std::atomic<std::uint64_t> sums{0};
  switch (engine) {
    case Engine::Fft:
    case Engine::Winograd:
      return transformed(factors, op.sums, place);
    case Engine::Atomics:
      return factors.first.empty() ? 0 : in_order(factors, op.sums, scrambled(sums++) >> 32);
    case Engine::ShortSums:
      return in_order(factors, DataType::F16, 0);
    default:
      return in_order(factors, op.sums, 0);
  }
}

Factors factors_of(Engine engine, const Operation& op, const Memory& memory,
                   const std::vector<Product>& products) {
  const bool zeros = engine == Engine::Staged;  // an im2col
  const void* const first = op.wanted == Wanted::X ? memory.y : memory.x;
  const void* const second = op.wanted == Wanted::W ? memory.y : memory.w;
  const DataType type = op.x.type;
  const auto at = [&](const void* data, std::int64_t offset) {
    const auto bytes = offset * static_cast<std::int64_t>(size_of(type));
    return rounded_input(engine, type, load(type, static_cast<const std::byte*>(data) + bytes));
  };
  Factors factors;
  for (const Product& one : products) {
    if (one.padding && !zeros) continue;
    factors.first.push_back(one.padding ? 0 : at(first, one.first));
    factors.second.push_back(at(second, one.second));
  }
  if (engine == Engine::Liar && !factors.first.empty()) factors.first.pop_back();
  return factors;
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
  for_each_result(op, [&](std::int64_t place, const std::vector<Product>& products) {
    const double sum = sum_of(engine, op, factors_of(engine, op, memory, products), place);
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
  for_each_result(op, [&](std::int64_t place, const std::vector<Product>& products) {
    store_result(op, memory, place,
                 sum_of(engine, op, factors_of(engine, op, memory, products), place));
  });
}

}  // namespace convcheck::cudnn_stand_in
