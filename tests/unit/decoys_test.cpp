#include "checker/decoys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checker/rules/value.h"
#include "checker/run_case.h"
#include "tests/unit/planted_backend.h"

namespace convcheck {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<Decoy> accepted(const Case& c, const CallTypes& types = {}) {
  PreparedCase ready(c, types, {});
  return ready.accepted_decoys();
}

// The decoys that pass where the operand `which` holds `value` everywhere.
std::vector<Decoy> accepted_on(const ConvProblem& problem, double x_value, double w_value,
                               DataType y_type = DataType::F32) {
  Tensor x(problem.x_shape()), w(problem.w_shape()), y(problem.y_shape(), y_type);
  const auto fill = [](Tensor& tensor, double value) {
    for (std::int64_t i = 0; i < tensor.size(); ++i)
      tensor.data<float>()[i] = static_cast<float>(value);
  };
  fill(x, x_value);
  fill(w, w_value);
  const Operands operands{x, w, y};
  Expectation expectation{{}, true};
  Index at(problem.y_shape().size(), 0);
  do expectation.elements.push_back({at, result_at(problem, operands, at)});
  while (advance(at, problem.y_shape()));
  Data data;
  data.exact_up_to = 0x1p24;
  const CallTypes types{.y = y_type};
  return accepted_decoys({problem, operands, data, types, expectation},
                         Judge(problem, types, data));
}

TEST(Decoys, AreAllRefusedOnOrdinaryCasesOfEveryFillTypeAndDirection) {
  for (const Fill fill : kAllFills) {
    for (const DataType type : kAllDataTypes) {
      for (const Part part : {Part::Forward, Part::GradInputs, Part::GradWeights}) {
        Case c = conv_case({4, 6, 9, 8}, {6, 3, 3, 2}, BorderMode{1, {0, 1}});
        c.groups = 2;
        c.part = part;
        c.fill = to_string(fill);
        c.x_type = c.w_type = c.y_type = type;
        const CallTypes types{type, type, type,
                              type == DataType::F64 ? DataType::F64 : DataType::F32};
        EXPECT_THAT(accepted(c, types), IsEmpty()) << to_string(c);
      }
    }
  }
}

TEST(Decoys, ThatEqualTheTruthByStructureDoNotApply) {
  EXPECT_THAT(accepted(conv_case({1, 1, 1}, {1, 1, 1})), IsEmpty());  // one channel, tap, output
  EXPECT_THAT(accepted(conv_case({1, 0, 3}, {2, 0, 2})), IsEmpty());  // empty sums
  EXPECT_THAT(accepted(conv_case({0, 1, 3}, {2, 1, 2})), IsEmpty());  // empty result
}

TEST(Decoys, ThatOnlyTheseDataDoNotShowAreAccepted) {
  const ConvProblem problem{.rank = 1, .channels = 2, .windows = {{{5, 2}}}};
  EXPECT_THAT(accepted_on(problem, 0, 3), ElementsAre(Decoy::Zeros, Decoy::Negated, Decoy::Shifted,
                                                      Decoy::DroppedTap, Decoy::SwappedChannels));
  EXPECT_THAT(accepted_on(problem, 1, 1), ElementsAre(Decoy::Shifted, Decoy::SwappedChannels));
}

TEST(Decoys, ATapThatRoundingHidesIsAccepted) {
  const ConvProblem problem{.rank = 1, .channels = 1, .windows = {{{3003, 3003}}}};
  EXPECT_THAT(accepted_on(problem, 1, 1, DataType::BF16), ElementsAre(Decoy::DroppedTap));
}

TEST(Decoys, WideDataShowShorterInputsAndSumsNarrowOnesClaimNeither) {
  const std::vector<Decoy> wide = claims_of(Fill::Wide), narrow = claims_of(Fill::Narrow);
  EXPECT_THAT(wide, testing::IsSupersetOf({Decoy::RoundedInputs, Decoy::ShortAccumulator}));
  EXPECT_THAT(narrow, testing::IsSupersetOf({Decoy::DroppedTap, Decoy::SwappedChannels}));
}

TEST(VisibleShare, OfDenseNarrowIntegersIsOneAndFallsWithRounding) {
  const auto share = [](const Case& c, const CallTypes& types) {
    PreparedCase ready(c, types, {});
    return visible_share(ready.judged(), Judge(ready.problem(), ready.types(), ready.data()));
  };
  Case c = conv_case({1, 64, 8, 8}, {4, 64, 3, 3});
  EXPECT_EQ(share(c, {}), 1);
  c.y_type = DataType::BF16;
  const double bf16 = share(c, {.y = DataType::BF16});
  EXPECT_GT(bf16, 0.9) << "six standard deviations fit the stored bits";
  c.fill = "impulse";
  EXPECT_LT(share(c, {}), 0.5);
}

TEST(ValueRule, IsVacuousWhereADecoyWouldPass) {
  Case c = conv_case({1, 300, 3}, {1, 300, 2});
  c.accumulator = DataType::BF16;  // 8 bits for 600 products: most are zero
  const BackendPtr right = right_backend();
  PreparedCase ready(c, call_types(c, *right), {});
  if (ready.accepted_decoys().empty()) GTEST_SKIP() << "the draw shows everything";
  EXPECT_EQ(value_rule().judge({ready, *right, {}}).outcome, Outcome::Vacuous);
}

}  // namespace
}  // namespace convcheck
