#include "checker/run_case.h"

#include <chrono>
#include <new>

#include "checker/fill.h"

namespace convcheck {
namespace {

void refuse(const char* argument, const std::string& value, const char* expected) {
  throw ConvError(ErrorKind::Unsupported, argument, value, expected);
}

// The logical view of a tensor whose channels are `channel_axis` logically and last in memory.
TensorView channels_last(const TensorView& memory, std::size_t channel_axis) {
  const std::size_t last = memory.rank() - 1;
  Dims axes;
  for (std::size_t axis = 0; axis <= last; ++axis) {
    axes.push_back(static_cast<std::int64_t>(axis < channel_axis    ? axis
                                             : axis == channel_axis ? last
                                                                    : axis - 1));
  }
  return permuted(memory, axes);
}

// Allocates an operand and returns its logical view.
TensorView allocate(Tensor& owner, const Shape& shape, DataType type, const std::string& layout,
                    std::size_t channel_axis) {
  if (layout.empty()) {
    owner = Tensor(shape, type);
    return owner;
  }
  if (layout != "nhwc") refuse("layout", layout, "nhwc, or none for row-major");
  Shape memory;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (axis != channel_axis) memory.push_back(shape[axis]);
  }
  memory.push_back(shape[channel_axis]);
  owner = Tensor(memory, type);
  return channels_last(owner, channel_axis);
}

double largest_sum(const NarrowFill& fill, Direction direction) {
  const auto range = [](const IntegerFill& operand) { return static_cast<double>(operand.range); };
  const double product = direction == Direction::Forward      ? range(fill.x) * range(fill.w)
                         : direction == Direction::GradInputs ? range(fill.w) * range(fill.y)
                                                              : range(fill.x) * range(fill.y);
  return product * static_cast<double>(fill.terms);
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::string thrown(const char* what) { return std::string("the call threw: ") + what; }

}  // namespace

PreparedCase::PreparedCase(const Case& c, DataType accumulator, const SampleLimits& limits)
    : problem_(conv_problem(c)) {
  if (!c.fill.empty() && c.fill != "narrow") refuse("fill", c.fill, "narrow");
  operands_.x = allocate(x_, problem_.x_shape(), c.x_type, c.layout, 1);
  operands_.w = allocate(w_, problem_.w_shape(), c.w_type, c.layout,
                         problem_.unshared ? 1 + problem_.rank : 1);
  operands_.y = allocate(y_, problem_.y_shape(), c.y_type, c.layout, 1);
  const FillTypes types{accumulator, operands_.result(problem_.direction).type};
  const NarrowFill values = narrow_fill(problem_, types, c.seed);
  if (problem_.direction != Direction::GradInputs) fill(values.x, operands_.x);
  if (problem_.direction != Direction::GradWeights) fill(values.w, operands_.w);
  if (problem_.direction != Direction::Forward) fill(values.y, operands_.y);

  const Sample chosen = sample(problem_, limits, c.seed);
  expectation_ = {{}, chosen.all, values.exact_up_to, largest_sum(values, problem_.direction)};
  expectation_.elements.reserve(chosen.elements.size());
  for (const Index& at : chosen.elements) {
    expectation_.elements.push_back({at, result_at(problem_, operands_, at)});
  }
}

Verdict PreparedCase::run(const Backend& backend, const RunContext& context, const Rule& rule) {
  const auto start = std::chrono::steady_clock::now();
  const Verdict called = call(backend, context);
  run_seconds_ = seconds_since(start);
  if (called.outcome != Outcome::Passed) return called;
  return rule.judge({problem_, operands_, expectation_});
}

Verdict PreparedCase::call(const Backend& backend, const RunContext& context) {
  fill_with_nan(operands_.result(problem_.direction));
  check_call(problem_, operands_);
  try {
    const Support support = backend.supports(problem_, operands_);
    if (!support) return Verdict::skipped(support.reason);
    const std::size_t bytes = backend.workspace_bytes(problem_, operands_, context);
    Tensor workspace;
    try {
      workspace = Tensor(Shape{static_cast<std::int64_t>((bytes + 7) / 8)}, DataType::F64);
    } catch (const ConvError& error) {
      return Verdict::broken(std::string("no workspace: ") + error.what());
    }
    backend.run(problem_, operands_, {static_cast<std::byte*>(workspace.view().data), bytes},
                context);
  } catch (const ConvError& error) {
    if (error.kind() == ErrorKind::Unsupported) return Verdict::skipped(error.what());
    return Verdict::failed(thrown(error.what()));
  } catch (const std::bad_alloc& error) {
    return Verdict::broken(std::string("out of memory during the call: ") + error.what());
  } catch (const std::exception& error) {
    return Verdict::failed(thrown(error.what()));
  } catch (...) {
    return Verdict::failed(thrown("something that is no std::exception"));
  }
  return Verdict::passed();
}

DataType fill_accumulator(const Case& c, const Backend& backend) {
  if (c.accumulator) return *c.accumulator;
  DataType shortest = DataType::F64;
  for (const DataType type : {c.x_type, c.w_type, c.y_type}) {
    const DataType own = backend.accumulator(type);
    if (significand_bits(own) < significand_bits(shortest)) shortest = own;
  }
  return shortest;
}

std::int64_t operand_bytes(const ConvProblem& problem, const Case& c) {
  const auto bytes = [](const Shape& shape, DataType type) {
    return element_count(shape) * static_cast<std::int64_t>(size_of(type));
  };
  return bytes(problem.x_shape(), c.x_type) + bytes(problem.w_shape(), c.w_type) +
         bytes(problem.y_shape(), c.y_type);
}

}  // namespace convcheck
