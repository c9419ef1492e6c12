#include "fast/cuda/make_lowered.h"

#include <algorithm>

#include "fast/cuda/make_plan.h"

namespace convcheck::gpu {
namespace {

constexpr std::size_t kBoundary = 256;

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
  memory.bytes = memory.y + bytes(Matrix::Y, pass == Pass::Forward);
  return memory;
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
  return with(of, type, images);
}

}  // namespace convcheck::gpu
