#include "checker/coverage.h"

#include <gtest/gtest.h>

#include "checker/run_case.h"

namespace convcheck {
namespace {

CoveragePlan plan_of(const std::string& line) {
  const Case c = parse_case(line);
  return PreparedCase(c, usual_types(c), {}).coverage();
}

TEST(Coverage, OfASmallResultIsTheLoops) {
  EXPECT_EQ(plan_of("conv2d.forward f32 x=1x1x5x5 w=1x1x3x3").coverage, Coverage::Loops);
}

TEST(Coverage, OfALargeResultIsTheProjectionThatFitsTheData) {
  const std::string line = "conv2d.grad_inputs f32 x=2x64x56x56 w=64x64x3x3 border=1";
  EXPECT_EQ(plan_of(line).coverage, Coverage::ExactProjection);
  EXPECT_EQ(plan_of(line + " fill=real").coverage, Coverage::RealProjection);
  EXPECT_EQ(plan_of("conv2d.forward bf16 x=2x64x56x56 w=64x64x3x3 border=1 fill=wide").coverage,
            Coverage::Sample);
}

// The sample beside a projection is no second check of everything.
TEST(Coverage, OfManyElementsOfFewProductsIsAProjectionToo) {
  const CoveragePlan plan = plan_of("conv2d.grad_weights f32 x=2x1024x1x1 w=5x1024x1x1 noflip");
  EXPECT_EQ(plan.coverage, Coverage::ExactProjection);
  const Case c = parse_case("conv2d.grad_weights f32 x=2x1024x1x1 w=5x1024x1x1 noflip");
  EXPECT_LE(sample_size(conv_problem(c), plan.sample), 256);
}

TEST(Coverage, NeverTakesLongForFiltersAsLargeAsTheirInput) {
  for (const char* part : {"forward", "grad_inputs", "grad_weights"}) {
    const CoveragePlan plan = plan_of(std::string("conv3d.") + part +
                                      " f32 x=2x32x192x192x192 w=1x32x192x192x192 noflip");
    EXPECT_LT(plan.seconds, 5) << part;
  }
}

}  // namespace
}  // namespace convcheck
