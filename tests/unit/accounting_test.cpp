#include "checker/accounting.h"

#include <gtest/gtest.h>

namespace convcheck {
namespace {

Counts counts_of(const std::vector<Verdict>& verdicts) {
  Counts counts;
  for (const Verdict& verdict : verdicts) counts.add(verdict);
  return counts;
}

const Verdict kPassed = Verdict::passed(), kFailed = Verdict::failed("f"),
              kSkipped = Verdict::skipped("s"), kVacuous = Verdict::vacuous("v"),
              kBroken = Verdict::broken("b");

int code_of(const std::vector<Verdict>& verdicts) {
  return exit_of({{{"mine", "forward"}, counts_of(verdicts)}}).code;
}

TEST(Accounting, EveryVerdictIsPlannedAndCountedOnce) {
  const Counts counts = counts_of({kPassed, kPassed, kFailed, kSkipped, kVacuous, kBroken});
  EXPECT_EQ(counts.planned, 6);
  EXPECT_EQ(counts.passed, 2);
  EXPECT_EQ(counts.skipped_in_all(), 1);
  EXPECT_TRUE(counts.balanced());
}

TEST(Accounting, AMissingUnitUnbalancesTheCountsAndIsOurFault) {
  Counts counts = counts_of({kPassed});
  ++counts.planned;
  EXPECT_FALSE(counts.balanced());
  EXPECT_EQ(exit_of({{{"mine", "forward"}, counts}}).code, 4);
}

TEST(Accounting, LineHasEveryTermAndTheReasons) {
  Counts counts = counts_of({kPassed, kFailed, Verdict::skipped("asymmetric border")});
  counts.planned += 15000;
  counts.passed += 15000;
  EXPECT_EQ(
      accounting_line(counts),
      "planned 15,003 = passed 15,001 + failed 1 + skipped 1 (asymmetric border: 1) + vacuous 0 + "
      "broken 0 + known 0");
}

TEST(Accounting, ManyReasonsAreShownMostFrequentFirstAndNoneIsLost) {
  Counts counts;
  for (int reason = 0; reason < 8; ++reason) {
    for (int i = 0; i <= reason; ++i) counts.add(Verdict::skipped("r" + std::to_string(reason)));
  }
  EXPECT_NE(
      accounting_line(counts).find("skipped 36 (r7: 8; r6: 7; r5: 6; r4: 5; other reasons: 10)"),
      std::string::npos)
      << accounting_line(counts);
}

TEST(Separators, StandBeforeEveryThirdDigit) {
  EXPECT_EQ(with_separators(0), "0");
  EXPECT_EQ(with_separators(999), "999");
  EXPECT_EQ(with_separators(1000), "1,000");
  EXPECT_EQ(with_separators(123456), "123,456");
  EXPECT_EQ(with_separators(-1234567), "-1,234,567");
}

TEST(Exit, IsZeroWhenSomethingPassedAndNothingElseHappened) {
  EXPECT_EQ(code_of({kPassed}), 0);
  EXPECT_EQ(code_of({kPassed, kSkipped, kVacuous}), 0);
}

TEST(Exit, BrokenOutranksFailedOutranksNothingPassed) {
  EXPECT_EQ(code_of({kPassed, kFailed, kBroken}), 4);
  EXPECT_EQ(code_of({kPassed, kFailed}), 1);
  EXPECT_EQ(code_of({kFailed, kSkipped}), 1);
}

TEST(Exit, IsThreeWhenNothingPassed) {
  EXPECT_EQ(code_of({}), 3);
  EXPECT_EQ(code_of({kSkipped}), 3);
  EXPECT_EQ(code_of({kVacuous}), 3);
  EXPECT_EQ(exit_of({}).code, 3);
}

TEST(Exit, IsThreeWhenOneDirectionOfABackendHasOnlySkippedAndVacuous) {
  const CountsByDirection counts{{{"mine", "forward"}, counts_of({kPassed})},
                                 {{"mine", "grad_weights"}, counts_of({kSkipped, kVacuous})}};
  EXPECT_EQ(exit_of(counts).code, 3);
  EXPECT_NE(exit_of(counts).reason.find("mine grad_weights"), std::string::npos);
}

TEST(Exit, OfBackendsThatWereNotAskedForOneHasToDoADirection) {
  CountsByDirection counts{{{"a", "forward"}, counts_of({kPassed})},
                           {{"a", "grad_weights"}, counts_of({kSkipped})},
                           {{"b", "forward"}, counts_of({kSkipped})},
                           {{"b", "grad_weights"}, counts_of({kVacuous})}};
  mark_as_not_asked_for(counts);
  EXPECT_EQ(exit_of(counts).reason, "a grad_weights was only skipped or vacuous");
  counts[{"b", "grad_weights"}].add(kPassed);
  EXPECT_EQ(exit_of(counts).code, 0);
}

TEST(Total, AddsCountsAndReasons) {
  const CountsByDirection counts{{{"a", "forward"}, counts_of({kPassed, kSkipped})},
                                 {{"b", "forward"}, counts_of({kSkipped, kFailed})}};
  const Counts all = total(counts);
  EXPECT_EQ(all.planned, 4);
  EXPECT_EQ(all.skipped.at("s"), 2);
  EXPECT_TRUE(all.balanced());
}

}  // namespace
}  // namespace convcheck
