#include "fast/cuda/make_lowered.h"

#include <algorithm>
#include <cstdint>

#include "fast/cuda/make_plan.h"

namespace convcheck::gpu {
namespace {

constexpr std::size_t kBoundary = 256, kWorkspaceBoundary = 64;
// Of cuBLAS's workspace: some products fail with less than 16 KiB, and 32 MiB is what its
// documentation advises on the device that wants most. In between it follows the result, whose
// parts are what cuBLAS keeps there: what a small call needs stays small.
constexpr std::size_t kLeastScratch = std::size_t{64} << 10, kMostScratch = std::size_t{32} << 20;
constexpr std::size_t kParts = 8;

std::size_t rounded_up(std::size_t bytes) {
  return (bytes + kBoundary - 1) / kBoundary * kBoundary;
}

LoweredMemory with(const Lowered& all, DataType type, std::int64_t images) {
  const Lowered of = with_images(all, 0, images);
  const std::size_t sum = type == DataType::F64 ? 8 : 4, own = size_of(type);
  const auto bytes = [&](Matrix which, bool computed) {
    return rounded_up(static_cast<std::size_t>(of.size(which)) * (computed ? sum : own));
  };
  const Pass pass = of.conv.pass;
  LoweredMemory memory{.images = images};
  memory.w = bytes(Matrix::X, pass == Pass::GradInputs);
  memory.y = memory.w + bytes(Matrix::W, pass == Pass::GradWeights);
  memory.scratch = memory.y + bytes(Matrix::Y, pass == Pass::Forward);
  memory.bytes = memory.scratch;
  return memory;
}

std::size_t scratch_bytes(const Lowered& of, DataType type) {
  const Pass pass = of.conv.pass;
  const Matrix result = pass == Pass::GradInputs    ? Matrix::X
                        : pass == Pass::GradWeights ? Matrix::W
                                                    : Matrix::Y;
  const std::size_t sum = type == DataType::F64 ? 8 : 4;
  const std::size_t all = static_cast<std::size_t>(of.size(result)) * sum;
  return std::clamp(std::min(all, kMostScratch) * kParts / kBoundary * kBoundary, kLeastScratch,
                    kMostScratch);
}

}  // namespace

Lowered lowered_of(const ConvProblem& problem, const Operands& operands) {
  Lowered of;
  of.conv = convolution_of(problem, operands);
  for (const AxisShape& axis : of.conv.axes) {
    of.positions *= axis.output;
    of.taps *= axis.filter;
  }
  of.matrices = of.conv.groups * (of.conv.unshared ? of.positions : 1);
  of.rows = of.conv.filters;
  of.depth = of.conv.channels * of.taps;
  return with_images(of, 0, of.conv.batch);
}

Lowered with_images(Lowered of, std::int64_t first, std::int64_t count) {
  of.first_image = first;
  of.images = count;
  of.columns = count * (of.conv.unshared ? 1 : of.positions);
  return of;
}

LoweredMemory memory_of(const Lowered& of, DataType type, std::size_t limit) {
  const std::size_t one = with(of, type, 1).bytes, two = with(of, type, 2).bytes;
  const std::size_t more = std::max<std::size_t>(two - one, 1);
  const std::size_t rest = limit > one ? (limit - one) / more : 0;
  const auto room = static_cast<std::int64_t>(std::min<std::size_t>(rest, std::size_t{1} << 40));
  std::int64_t images = std::min(of.conv.batch, 1 + room);
  // Equal parts rather than a small last one.
  const std::int64_t parts = ceil_quotient(of.conv.batch, images);
  images = ceil_quotient(of.conv.batch, parts);
  LoweredMemory memory = with(of, type, images);
  memory.bytes += scratch_bytes(with_images(of, 0, images), type) + kBoundary - kWorkspaceBoundary;
  return memory;
}

std::span<std::byte> LoweredMemory::scratch_in(std::byte* workspace) const {
  const std::size_t past = reinterpret_cast<std::uintptr_t>(workspace + scratch) % kBoundary;
  const std::size_t spare = past == 0 ? 0 : kBoundary - past;
  const std::size_t all = bytes - scratch - (kBoundary - kWorkspaceBoundary);
  return {workspace + scratch + spare, all};
}

}  // namespace convcheck::gpu
