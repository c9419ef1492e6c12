#include "checker/audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace convcheck {
namespace {

TEST(Audit, OfAnOrdinaryCaseSeesEveryTapAndAcceptsNoDecoy) {
  const Audit one = audit(parse_case("conv2d.forward f32 x=2x8x9x9 w=4x8x3x3 border=half"));
  EXPECT_FALSE(one.vacuous());
  EXPECT_EQ(one.visible_share, 1);
  EXPECT_EQ(one.density, 1);
  EXPECT_GE(one.elements, 64);
}

TEST(Audit, AnEmptyResultIsVacuousAndAnEmptySumIsNot) {
  EXPECT_TRUE(audit(parse_case("conv1d.forward f32 x=0x1x3 w=1x1x2")).empty);
  EXPECT_FALSE(audit(parse_case("conv1d.grad_weights f32 x=0x1x3 w=1x1x2")).vacuous());
}

TEST(Audit, SaysWhatZerosHide) {
  const Audit one = audit(parse_case("conv1d.forward f32 acc=bf16 x=1x4000x3 w=4x4000x1 seed=3"));
  EXPECT_LT(one.density, 0.1);
  EXPECT_LT(one.visible_share, 0.2);
}

TEST(Audit, FindsThatASingleProductCannotShowAShorterSum) {
  const Audit one =
      audit(parse_case("conv2d.forward f16 x=2x4x4x4 w=2x4x3x3 border=half fill=wide"));
  const Audit tiny = audit(
      parse_case("conv3d.grad_weights f16 x=2x2x3x3x3 w=2x2x2x2x2 border=1 dilation=2 fill=wide"));
  EXPECT_THAT(tiny.accepted, testing::ElementsAre(Decoy::ShortAccumulator));
  EXPECT_THAT(one.accepted, testing::IsEmpty());
}

TEST(Audit, RefusesAComposedFunction) {
  EXPECT_THROW(audit(parse_case("conv3d2d.forward f32 x=1x4x2x5x5 w=3x2x2x3x3")), ConvError);
}

}  // namespace
}  // namespace convcheck
