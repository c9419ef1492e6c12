#include "fast/call.h"

#include "fast/flags.h"
#include "fast/profile.h"

namespace convcheck {
namespace {

// Every value of `narrow` is one of `wide`.
bool fits(DataType narrow, DataType wide) {
  return narrow == wide || size_of(narrow) < size_of(wide);
}

Operands arranged(Direction direction, const TensorView& result, const TensorView& a,
                  const TensorView& b) {
  switch (direction) {
    case Direction::GradInputs:
      return {.x = result, .w = a, .y = b};
    case Direction::GradWeights:
      return {.x = a, .w = result, .y = b};
    default:
      return {.x = a, .w = b, .y = result};
  }
}

}  // namespace

Tensor call(const BackendPtr& backend, const ConvProblem& problem, const NamedOperand& leading,
            const NamedOperand& other) {
  if (backend == nullptr) throw ConvError(ErrorKind::Unsupported, "backend", "null", "a backend");
  const DataType type = leading.view.type;
  if (!fits(other.view.type, type)) {
    throw ConvError(
        ErrorKind::DataType, std::string(other.name) + "'s type", to_string(other.view.type),
        std::string("one that fits the result's, ") + to_string(type) + " as " + leading.name);
  }
  validate(problem);
  Tensor result(problem.result_shape(), type);
  check_call(problem, arranged(problem.direction, result, leading.view, other.view));
  const bool widen = other.view.type != type && other.view.memory == MemoryKind::Host;
  const Tensor widened = widen ? Tensor::copy_of(other.view, type) : Tensor();
  const TensorView& b = widen ? widened.view() : other.view;
  const Operands operands = arranged(problem.direction, result, leading.view, b);
  const RunContext context{.threads = flags().threads()};
  (flags().profile() ? profiled_run : run)(*backend, problem, operands, context);
  return result;
}

}  // namespace convcheck
