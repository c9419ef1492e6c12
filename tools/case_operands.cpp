#include "tools/case_operands.h"

#include "checker/layout.h"
#include "checker/run_case.h"

namespace convcheck {

Operands operands_without_data(const Case& c, MemoryKind memory) {
  const ConvProblem problem = conv_problem(c);
  const CallTypes types = usual_types(c);
  const Layout layout = parse_layout(c.layout);
  const auto view = [&](OperandName operand, DataType type) {
    const Placement placed = place(operand, problem, type, layout.of(operand));
    return TensorView{.data = nullptr,
                      .type = type,
                      .extents = placed.extents,
                      .strides = placed.strides,
                      .memory = memory};
  };
  return {view(OperandName::X, types.x), view(OperandName::W, types.w),
          view(OperandName::Y, types.y)};
}

}  // namespace convcheck
