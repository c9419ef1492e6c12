#include "checker/layout.h"

namespace convcheck {
namespace {

Shape shape_of(OperandName operand, const ConvProblem& problem) {
  switch (operand) {
    case OperandName::X:
      return problem.x_shape();
    case OperandName::W:
      return problem.w_shape();
    default:
      return problem.y_shape();
  }
}

// The axis of the channels: c of x and w, k of y.
std::size_t channel_axis(OperandName operand, const ConvProblem& problem) {
  return operand == OperandName::W && problem.unshared ? 1 + problem.rank : 1;
}

}  // namespace

Layout parse_layout(const std::string& text) {
  if (text.empty()) return {};
  if (text == "nhwc") return {.channels_last = true};
  throw ConvError(ErrorKind::Syntax, "layout", "'" + text + "'", "nhwc, or none for row-major");
}

TensorView allocate(Tensor& owner, OperandName operand, const ConvProblem& problem, DataType type,
                    const Layout& layout) {
  const Shape shape = shape_of(operand, problem);
  if (!layout.channels_last) {
    owner = Tensor(shape, type);
    return owner;
  }
  const std::size_t channels = channel_axis(operand, problem), last = shape.size() - 1;
  Shape memory;
  Dims logical;  // of each logical axis the axis in memory
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (axis != channels) memory.push_back(shape[axis]);
    logical.push_back(static_cast<std::int64_t>(axis < channels    ? axis
                                                : axis == channels ? last
                                                                   : axis - 1));
  }
  memory.push_back(shape[channels]);
  owner = Tensor(memory, type);
  return permuted(owner, logical);
}

}  // namespace convcheck
