#include "checker/rules/impossible.h"

#include <gtest/gtest.h>

#include <set>

#include "checker/run_case.h"
#include "reference/reference_backend.h"
#include "tests/unit/planted_backend.h"

namespace convcheck {
namespace {

TEST(Impossible, EveryVariantIsRefusedWithItsKindAndNothingIsWritten) {
  for (const char* line :
       {"conv2d.forward f32 x=2x3x5x4 w=4x3x3x2 border=1,0",
        "conv1d.grad_inputs f64 x=1x4x9 w=6x2x3 groups=2 subsample=2",
        "conv3d.grad_weights f32 x=1x1x3x3x3 w=1x1x2x2x2", "conv1d.forward f32 x=0x1x3 w=1x1x2",
        "conv1d.forward f32 x=1x0x3 w=2x0x2", "conv1d.forward f32 x=1x2x4 w=2x4x2x1 unshared"}) {
    const Case c = parse_case(line);
    const BackendPtr backend = reference_backend();
    const HostileCall call(*backend, conv_problem(c), call_types(c, *backend), {});
    std::set<ErrorKind> kinds;
    for (const Impossible& one : impossible_variants(call.problem(), call.operands())) {
      kinds.insert(one.kind);
      try {
        run(*backend, one.problem, one.operands);
        ADD_FAILURE() << line << ": " << one.what << " is not refused";
      } catch (const ConvError& error) {
        EXPECT_EQ(error.kind(), one.kind) << line << ": " << one.what << ": " << error.what();
      }
    }
    EXPECT_GE(kinds.size(), 8u);
    EXPECT_FALSE(call.trespass());
    for (const OperandName operand : kAllOperands) {
      const auto bytes = call.bytes(operand);
      EXPECT_EQ(first_other(bytes, std::byte{0xff}), bytes.size());
    }
  }
}

}  // namespace
}  // namespace convcheck
