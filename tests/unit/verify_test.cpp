#include "checker/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/planted_backend.h"

namespace convcheck {
namespace {

using testing::HasSubstr;

const ConvProblem kProblem =
    make_problem(Direction::Forward, {2, 3, 9, 8}, {4, 3, 3, 2}, {.border_mode = {1, 0}});

// Row-major, without data.
Operands shapes_of(const ConvProblem& problem, DataType type = DataType::F32) {
  const auto view = [&](const Shape& shape) {
    return TensorView{.type = type, .extents = shape, .strides = contiguous_strides(shape)};
  };
  return {view(problem.x_shape()), view(problem.w_shape()), view(problem.y_shape())};
}

// The definition, but for one element in the middle.
BackendPtr wrong_in_one_element() {
  return planted([](const ConvProblem& problem, const Operands& operands) {
    compute_right(problem, operands);
    const TensorView& result = operands.result(problem.direction);
    Index last;
    for (const std::int64_t extent : result.extents) last.push_back(extent / 2);
    result.set(last, result.at(last) + 1);
  });
}

TEST(VerifyBackend, TheDefinitionPassesInEveryDirection) {
  for (const Direction direction : kAllDirections) {
    ConvProblem problem = kProblem;
    problem.direction = direction;
    const Verdict verdict = verify_backend(*right_backend(), problem, shapes_of(problem));
    EXPECT_EQ(verdict.outcome, Outcome::Passed) << verdict.reason;
  }
}

TEST(VerifyBackend, OneWrongElementFails) {
  const Verdict verdict = verify_backend(*wrong_in_one_element(), kProblem, shapes_of(kProblem));
  EXPECT_EQ(verdict.outcome, Outcome::Failed);
  ASSERT_TRUE(verdict.worst);
  EXPECT_EQ(verdict.worst->wrong, 1);
}

// Right on row-major operands alone.
TEST(VerifyBackend, TheLayoutOfTheCallIsTheOneThatIsChecked) {
  const BackendPtr dense_only = planted([](const ConvProblem& problem, const Operands& operands) {
    Operands misread = operands;
    misread.x.strides = contiguous_strides(misread.x.extents);
    compute_right(problem, misread);
  });
  Operands operands = shapes_of(kProblem);
  EXPECT_EQ(verify_backend(*dense_only, kProblem, operands).outcome, Outcome::Passed);
  operands.x.strides = {8 * 9 * 3, 1, 8 * 3, 3};
  EXPECT_EQ(verify_backend(*dense_only, kProblem, operands).outcome, Outcome::Failed);
  EXPECT_EQ(verify_backend(*right_backend(), kProblem, operands).outcome, Outcome::Passed);
  operands.x.strides = {-8 * 9 * 3, 8 * 9, -8, 1};
  EXPECT_EQ(verify_backend(*right_backend(), kProblem, operands).outcome, Outcome::Passed);
  operands.x.strides = {0, 0, 8, 1};  // elements that share memory
  EXPECT_EQ(verify_backend(*right_backend(), kProblem, operands).outcome, Outcome::Passed);
}

TEST(VerifyBackend, AResultThatIsPartlyNotWrittenFailsInAnyLayout) {
  const BackendPtr nothing = planted([](const ConvProblem&, const Operands&) {});
  Operands operands = shapes_of(kProblem);
  EXPECT_EQ(verify_backend(*nothing, kProblem, operands).outcome, Outcome::Failed);
  operands.x.strides[3] = -1;
  EXPECT_EQ(verify_backend(*nothing, kProblem, operands).outcome, Outcome::Failed);
}

TEST(VerifyBackend, ARefusalIsSkippedAndWhatIsThrownIsFailed) {
  const PlantedBackend refusing(compute_right, "refusing", Support::no("too odd"));
  const Verdict refused = verify_backend(refusing, kProblem, shapes_of(kProblem));
  EXPECT_EQ(refused.outcome, Outcome::Skipped);
  EXPECT_THAT(refused.reason, HasSubstr("too odd"));
  const BackendPtr throwing =
      planted([](const ConvProblem&, const Operands&) { throw std::runtime_error("no luck"); });
  EXPECT_EQ(verify_backend(*throwing, kProblem, shapes_of(kProblem)).outcome, Outcome::Failed);
}

// Declares so large an error that rounding to integers is no promise.
class Transform final : public Backend {
 public:
  explicit Transform(double error) : error_(error) {}
  std::string name() const override { return "transform"; }
  DataType accumulator(DataType type) const override { return type; }
  Claims claims() const override {
    return {.algorithm = Claims::Algorithm::Transform, .amplification = 1e9};
  }
  Support supports(const ConvProblem&, const Operands&) const override { return Support::yes(); }
  std::size_t workspace_bytes(const ConvProblem&, const Operands&,
                              const RunContext&) const override {
    return 0;
  }
  void run(const ConvProblem& problem, const Operands& operands, std::span<std::byte>,
           const RunContext&) const override {
    compute_right(problem, operands);
    const TensorView& result = operands.result(problem.direction);
    const Index at(result.rank(), 1);
    result.set(at, result.at(at) + error_);
  }

 private:
  double error_;
};

TEST(VerifyBackend, ATransformPassesWhenItsIntegersAreRight) {
  EXPECT_EQ(verify_backend(Transform(0.25), kProblem, shapes_of(kProblem)).outcome,
            Outcome::Passed);
  const Verdict off = verify_backend(Transform(1), kProblem, shapes_of(kProblem));
  EXPECT_EQ(off.outcome, Outcome::Vacuous);
  EXPECT_THAT(off.reason, HasSubstr("not the definition's"));
}

TEST(VerifyBackend, NothingIsKnownOfAnEmptyResult) {
  ConvProblem problem = kProblem;
  problem.batch = 0;
  EXPECT_EQ(verify_backend(*right_backend(), problem, shapes_of(problem)).outcome,
            Outcome::Vacuous);
}

TEST(VerifyBackend, MemoryThatCannotBeHadIsBroken) {
  Operands operands = shapes_of(kProblem);
  operands.x.strides[0] = std::int64_t{1} << 55;
  EXPECT_EQ(verify_backend(*right_backend(), kProblem, operands).outcome, Outcome::Broken);
  operands.x.strides[0] = INT64_MAX;
  operands.x.extents[0] = 2;
  EXPECT_NE(verify_backend(*right_backend(), kProblem, operands).outcome, Outcome::Passed);
}

}  // namespace
}  // namespace convcheck
