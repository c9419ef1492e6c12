#include "checker/debug/checked_call.h"

namespace convcheck::debug {

Key key_of(const ConvProblem& problem, const Operands& operands) {
  return {problem, {operands.x.type, operands.w.type, operands.y.type}};
}

CallTypes types_of(const Kernel& kernel, const ConvProblem&, const Operands& operands) {
  CallTypes types{operands.x.type, operands.w.type, operands.y.type};
  types.accumulator = DataType::F64;
  for (const DataType type : {types.x, types.w, types.y}) {
    const DataType own = kernel.accumulator      ? kernel.accumulator(type)
                         : type == DataType::F64 ? DataType::F64
                                                 : DataType::F32;
    if (significand_bits(own) < significand_bits(types.accumulator)) types.accumulator = own;
  }
  types.input_bits = kernel.claims.input_bits;
  types.multiplies_padding = kernel.claims.multiplies_padding;
  if (kernel.claims.algorithm == Claims::Algorithm::Transform) {
    types.amplification = kernel.claims.amplification;
  }
  return types;
}

}  // namespace convcheck::debug
