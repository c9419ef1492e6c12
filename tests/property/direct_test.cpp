// Backend direct on random problems: the reference's numbers, whatever the layout and the type.

#include "tests/property/problem_gen.h"

#ifndef CONVCHECK_HAVE_HIGHWAY

TEST(Direct, IsTheDefinition) { GTEST_SKIP() << "direct was not built: Highway was not found"; }

#else

#include "fast/cpu/direct/direct.h"
#include "tests/unit/direct_call.h"

namespace convcheck {
namespace {

RC_GTEST_PROP(Direct, IsTheDefinition, (ConvProblem problem)) {
  problem.direction =
      *rc::gen::element(Direction::Forward, Direction::GradInputs, Direction::GradWeights);
  const DataType type =
      *rc::gen::element(DataType::F64, DataType::F32, DataType::F16, DataType::BF16);
  const Layout layout = *rc::gen::element(Layout::Plain, Layout::ChannelsLast, Layout::Scattered);
  const CorrmmCall call(problem, {.type = type, .layout = layout});
  RC_PRE(direct_backend()->supports(problem, call.operands()).supported);
  call.run(*direct_backend());
  const std::optional<Index> mistake = first_mistake(call, problem);
  if (mistake) RC_LOG() << "at " << to_string(*mistake) << "\n";
  RC_ASSERT(!mistake);
  // What marks the gaps is a number of the long formats only.
  if (significand_bits(type) > 11) RC_ASSERT(call.written_gaps() == 0);
}

}  // namespace
}  // namespace convcheck

#endif  // CONVCHECK_HAVE_HIGHWAY
