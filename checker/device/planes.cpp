#include "checker/device/planes.h"

#include <algorithm>

#include "checker/device/projected_operands.h"
#include "checker/projection/exact_state.h"
#include "checker/random_bits.h"
#include "checker/sample.h"

namespace convcheck {
namespace device {
namespace {

using projection::Operand;
using projection::PlaneMap;
using Reading = ProjectedOperand<double>;

// Of the products of planes so many sums at a time, of at least so many products each.
constexpr std::int64_t kItems = 16384, kLeastProducts = 16;
// Of a sum of products, in numbers.
constexpr std::int64_t kSum = sizeof(ElementSum) / sizeof(double);
static_assert(offsetof(ElementSum, value) == 0 && sizeof(ElementSum) == kSum * sizeof(double));

const TensorView& view_of(const Operands& operands, Operand operand) {
  return operand == Operand::X ? operands.x : operand == Operand::W ? operands.w : operands.y;
}

// The states before the signs of both letters, which are drawn one after the other.
std::array<std::uint64_t, 2> states_of(const ConvProblem& problem, std::uint64_t seed) {
  const auto first = static_cast<std::uint64_t>(projection::summed_extents(problem)[0]);
  return {seed, seed + first * kGolden};
}

// The problem of the planes: of each letter that is summed away one index, in every group.
ConvProblem problem_of_planes(ConvProblem problem) {
  const std::int64_t groups = problem.groups;
  if (problem.direction != Direction::GradWeights) problem.batch = 1;
  if (problem.direction != Direction::Forward) problem.channels = groups;
  if (problem.direction != Direction::GradInputs) problem.filters = groups;
  return problem;
}

TensorView plane_view(const Shape& extents, double* data) {
  return {data, DataType::F64, extents, contiguous_strides(extents), MemoryKind::Cuda};
}

std::int64_t coordinates(const ConvProblem& problem, Operand operand) {
  std::int64_t all = 1;
  for (const Window& window : problem.axes()) {
    all *= operand == Operand::X ? window.input : window.output();
  }
  return all;
}

// Numbers of the memory of a call, by where they begin; what goes to the host comes first.
struct Memory {
  std::int64_t size = 0;
  std::int64_t take(std::int64_t count) {
    size += count;
    return size - count;
  }
};

// A call's works. Every operand is read once; the planes of those that the call reads are
// multiplied with each other; what belongs together is joined.
class Works {
 public:
  Works(const ConvProblem& problem, const Operands& operands, std::uint64_t seed)
      : problem_(problem), of_planes_(problem_of_planes(problem)) {
    for (const Operand operand : {Operand::W, Operand::X, Operand::Y}) {
      const TensorView& view = view_of(operands, operand);
      const PlaneMap map = projection::plane_map(problem, operand, view);
      Reading reading = projected<double>(view, map, states_of(problem, seed), 0);
      if (operand == result_operand(problem.direction)) {
        share_rows(reading);
      } else {
        spread(reading);
      }
      read_.operands[read_.count++] = reading;
    }
  }

  // The memory is not there yet: where in it everything is.
  SignedLayout lay_out() {
    const Operand result = result_operand(problem_.direction);
    const std::int64_t positions = reading(result).places;
    SignedLayout layout;
    Memory memory;
    layout.expected = {memory.take(positions), positions};
    for (const auto& [operand, part] : {std::pair{Operand::X, &layout.x_squares},
                                        {Operand::Y, &layout.y_squares},
                                        {Operand::W, &layout.w_squares}}) {
      const std::int64_t count = operand == result ? 0 : square_count(operand);
      *part = {memory.take(count), count};
    }
    layout.values = {memory.take(positions), positions};
    layout.squares = {memory.take(positions), positions};
    layout.to_host = memory.size;
    for (int i = 0; i < read_.count; ++i) {
      const Reading& one = read_.operands[i];
      planes_[i] = memory.take(one.places * one.row_blocks);
      squares_[i] = memory.take(one.places * one.row_blocks);
    }
    parts_ = std::clamp<std::int64_t>(
        oracle_steps(of_planes_) / kLeastProducts, 1,
        std::max<std::int64_t>(1, kItems / std::max<std::int64_t>(positions, 1)));
    sums_ = memory.take(positions * parts_ * kSum);
    layout.all = memory.size;
    return layout;
  }

  void launch(const Device& device, const SignedLayout& layout, double* memory, void* stream) {
    for (int i = 0; i < read_.count; ++i) {
      read_.operands[i].to = memory + planes_[i];
      read_.operands[i].second = memory + squares_[i];
    }
    device.launch(read_, stream);
    const auto plane = [&](Operand operand) { return memory + planes_[number(operand)]; };
    SumWork product = sum_work(of_planes_, {plane_view(of_planes_.x_shape(), plane(Operand::X)),
                                            plane_view(of_planes_.w_shape(), plane(Operand::W)),
                                            plane_view(of_planes_.y_shape(), plane(Operand::Y))});
    product.elements = layout.expected.count;
    product.parts = parts_;
    product.sums = reinterpret_cast<ElementSum*>(memory + sums_);
    device.launch(product, product.elements * product.parts, stream);
    device.launch(joining(layout, memory), stream);
  }

 private:
  static int number(Operand operand) {
    return operand == Operand::W ? 0 : operand == Operand::X ? 1 : 2;
  }
  const Reading& reading(Operand operand) const { return read_.operands[number(operand)]; }

  std::int64_t square_count(Operand operand) const {
    if (operand != Operand::W) return problem_.groups * coordinates(problem_, operand);
    return problem_.unshared ? reading(operand).places : problem_.groups;
  }

  // What RealSums holds of an operand's squares, from those of its whole plane.
  Reading joined_squares(Operand operand, const double* squares) const {
    const std::int64_t places = reading(operand).places, groups = problem_.groups;
    if (operand == Operand::W && problem_.unshared) return sums_of(squares, places, 1, 1, 1);
    if (operand == Operand::W) return sums_of(squares, groups, places / groups, places / groups, 1);
    const std::int64_t size = coordinates(problem_, operand);
    const std::int64_t planes = projection::summed_letter(problem_);
    const bool by_image = problem_.direction == Direction::GradWeights;
    Reading made = sums_of(squares, groups * size, 1, planes, by_image ? groups * size : size);
    if (groups > 1 && !by_image) {
      made.kept = 2;
      made.axes[0] = {groups, planes * size, size};
      made.axes[1] = {size, 1, 1};
    }
    return made;
  }

  ProjectionWork<double> joining(const SignedLayout& layout, double* memory) const {
    ProjectionWork<double> join;
    const auto add = [&](Reading from, const SignedLayout::Numbers& to) {
      if (to.count == 0) return;
      hurry(from);
      from.to = memory + to.first;
      join.operands[join.count++] = from;
    };
    const Operand result = result_operand(problem_.direction);
    const Reading& of_result = reading(result);
    const std::int64_t positions = of_result.places;
    add(sums_of(memory + sums_, positions, kSum, parts_, positions * kSum), layout.expected);
    for (const auto& [operand, part] : {std::pair{Operand::X, &layout.x_squares},
                                        {Operand::Y, &layout.y_squares},
                                        {Operand::W, &layout.w_squares}}) {
      if (operand != result) {
        add(joined_squares(operand, memory + squares_[number(operand)]), *part);
      }
    }
    const auto of_blocks = [&](std::int64_t first) {
      return sums_of(memory + first, positions, 1, of_result.row_blocks, positions);
    };
    add(of_blocks(planes_[number(result)]), layout.values);
    add(of_blocks(squares_[number(result)]), layout.squares);
    return join;
  }

  const ConvProblem& problem_;
  ConvProblem of_planes_;
  ProjectionWork<double> read_;
  std::int64_t planes_[3] = {}, squares_[3] = {}, sums_ = 0, parts_ = 1;
};

}  // namespace

ExactPlane::ExactPlane(const Device& device, const TensorView& view, const PlaneMap& map,
                       const std::array<std::uint64_t, 2>& states, double limit, void* stream)
    : size_(map.size) {
  if (size_ == 0) return;
  ProjectionWork<std::uint64_t> read, join;
  auto& reading = read.operands[read.count++] = projected<std::uint64_t>(view, map, states, limit);
  share_rows(reading);
  const std::int64_t of_blocks = size_ * reading.row_blocks;
  const StreamMemory memory(device, stream, static_cast<std::size_t>(2 * (size_ + of_blocks)) * 8);
  auto* const numbers = reinterpret_cast<std::uint64_t*>(memory.data());
  reading.to = numbers + 2 * size_;
  reading.second = reading.to + of_blocks;
  for (const std::uint64_t* from : {reading.to, reading.second}) {
    auto& one = join.operands[join.count] = sums_of(from, size_, 1, reading.row_blocks, size_);
    hurry(one);
    one.to = numbers + join.count++ * size_;
  }
  device.launch(read, stream);
  device.launch(join, stream);
  arrival_ = device.send_to_host(numbers, static_cast<std::size_t>(2 * size_) * 8, stream);
}

const std::uint64_t* ExactPlane::values() const {
  return size_ == 0 ? nullptr : reinterpret_cast<const std::uint64_t*>(arrival_->wait());
}

bool ExactPlane::good() const {
  if (size_ == 0) return true;
  const std::uint64_t* const bad = values() + size_;
  return std::all_of(bad, bad + size_, [](std::uint64_t count) { return count == 0; });
}

SignedSums::SignedSums(const Device& device, const ConvProblem& problem, const Operands& operands,
                       std::uint64_t seed, void* stream) {
  Works works(problem, operands, seed);
  layout_ = works.lay_out();
  if (layout_.to_host == 0) return;
  const StreamMemory memory(device, stream, static_cast<std::size_t>(layout_.all) * sizeof(double));
  works.launch(device, layout_, reinterpret_cast<double*>(memory.data()), stream);
  arrival_ = device.send_to_host(
      memory.data(), static_cast<std::size_t>(layout_.to_host) * sizeof(double), stream);
}

projection::CallSums SignedSums::get() const {
  const auto* const all =
      arrival_ == nullptr ? nullptr : reinterpret_cast<const double*>(arrival_->wait());
  const auto numbers = [&](const SignedLayout::Numbers& of) {
    return std::vector<double>(all + of.first, all + of.first + of.count);
  };
  projection::CallSums sums;
  sums.of_operands = {numbers(layout_.expected), numbers(layout_.x_squares),
                      numbers(layout_.y_squares), numbers(layout_.w_squares)};
  sums.of_result = {numbers(layout_.values), numbers(layout_.squares)};
  return sums;
}

}  // namespace device

Compared ExactState::compare_on_device(const TensorView& result) const {
  const DevicePtr device = device_in_use();
  if (device == nullptr) throw DeviceError(why_no_device(), false);
  const projection::PlaneMap map =
      projection::plane_map(problem, result_operand(problem.direction), result);
  Compared compared;
  for (std::size_t number = 0; number < rounds.size(); ++number) {
    const device::ExactPlane plane(*device, result, map, rounds[number].states, largest,
                                   device->stream());
    compared.representable &= plane.good();
    compare_plane(plane.values(), number, 0, plane.size(), compared);
  }
  return compared;
}

}  // namespace convcheck
