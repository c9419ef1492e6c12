// Backend corrmm on random problems: the oracle's numbers, whatever the layout, the blocks and the
// threads.

#include "tests/property/problem_gen.h"
#include "tests/unit/corrmm_call.h"

#ifndef CONVCHECK_HAVE_OPENBLAS

TEST(Corrmm, IsTheDefinition) { GTEST_SKIP() << "corrmm was not built: OpenBLAS was not found"; }

#else

namespace convcheck {
namespace {

// Between one element and all of a small problem.
BackendPtr random_blocks() {
  return corrmm_backend({.block_bytes = *rc::gen::inRange<std::size_t>(1, 2000),
                         .workspace_limit = *rc::gen::inRange<std::size_t>(0, 100000)});
}

RC_GTEST_PROP(Corrmm, IsTheDefinition, (ConvProblem problem)) {
  problem.direction =
      *rc::gen::element(Direction::Forward, Direction::GradInputs, Direction::GradWeights);
  const CorrmmCall call(problem, {.type = *rc::gen::element(DataType::F32, DataType::F64),
                                  .layout = *rc::gen::element(Layout::Plain, Layout::ChannelsLast,
                                                              Layout::Scattered)});
  call.run(*random_blocks());
  const std::optional<Index> mistake = call.first_mistake();
  if (mistake) RC_LOG() << "at " << to_string(*mistake) << "\n";
  RC_ASSERT(!mistake);
  RC_ASSERT(call.written_gaps() == 0);
}

}  // namespace
}  // namespace convcheck

#endif  // CONVCHECK_HAVE_OPENBLAS
