// The projections decide as the full loops do, on random problems.

#include "checker/projection/exact_projection.h"
#include "checker/projection/real_projection.h"
#include "tests/property/problem_gen.h"

namespace convcheck {
namespace {

constexpr Direction kDirections[] = {Direction::Forward, Direction::GradInputs,
                                     Direction::GradWeights};

struct Finished {
  ConvProblem problem;
  Operands operands;
  Tensor result;
  double largest = 0;
};

Finished finished(const Call& call, Direction direction) {
  Finished of{call.problem, {call.x, call.w, call.y}, answer(direction, call), 0};
  of.problem.direction = direction;
  for (const double value : of.result.values()) of.largest = std::max(of.largest, std::abs(value));
  return of;
}

Index index_of(const Shape& shape, std::int64_t element) {
  Index at(shape.size(), 0);
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    at[axis] = element % shape[axis];
    element /= shape[axis];
  }
  return at;
}

RC_GTEST_PROP(ExactProjection, MatchesEveryRightResult, (const Call& call, std::uint32_t seed)) {
  for (const Direction direction : kDirections) {
    const Finished of = finished(call, direction);
    const ExactProjection projection(of.problem, of.operands, of.largest, seed);
    const ProjectionCheck check = projection.check(of.result);
    RC_ASSERT(check.representable);
    RC_ASSERT(check.mismatching == 0);
    RC_ASSERT(check.miss_probability < 0x1p-40);
    const Located located = projection.locate(of.result);
    RC_ASSERT(located.complete && located.wrong.empty());
  }
}

RC_GTEST_PROP(ExactProjection, FindsExactlyTheElementsThatDiffer,
              (const Call& call, std::uint32_t seed)) {
  for (const Direction direction : kDirections) {
    Finished of = finished(call, direction);
    const Tensor right = of.result;
    const int errors = *rc::gen::inRange(1, 5);
    for (int error = 0; error < errors; ++error) {
      const auto element = *rc::gen::inRange<std::int64_t>(0, of.result.size());
      of.result.data<double>()[element] += *rc::gen::inRange(-2, 3);
    }
    std::vector<Index> wrong;
    for (std::int64_t element = 0; element < right.size(); ++element) {
      if (right.data<double>()[element] != of.result.data<double>()[element]) {
        wrong.push_back(index_of(right.shape(), element));
      }
    }
    const ExactProjection projection(of.problem, of.operands, of.largest + 10, seed);
    RC_ASSERT(projection.check(of.result).matches() == wrong.empty());
    const Located located = projection.locate(of.result);
    RC_ASSERT(located.complete);
    RC_ASSERT(located.wrong.size() == wrong.size());
    for (std::size_t i = 0; i < wrong.size(); ++i) {
      RC_ASSERT(located.wrong[i].at == wrong[i]);
      RC_ASSERT(located.wrong[i].expected == right.at(wrong[i]));
      RC_ASSERT(located.wrong[i].got == of.result.at(wrong[i]));
    }
  }
}

// The answers are exact, so only the judge's own rounding is left; f64 results, f64 sums.
RC_GTEST_PROP(RealProjection, PassesRightResultsAndSeesItsElementLimit,
              (const Call& call, std::uint32_t seed)) {
  for (const Direction direction : kDirections) {
    Finished of = finished(call, direction);
    const TensorView& written = direction == Direction::Forward      ? of.operands.y
                                : direction == Direction::GradInputs ? of.operands.x
                                                                     : of.operands.w;
    RC_ASSERT(written.extents == of.result.shape());
    const RealProjection projection(of.problem, of.operands, DataType::F64, seed);
    const RealCheck check = projection.check(of.result);
    RC_ASSERT(!check.violated);
    RC_ASSERT(check.worst_ratio < 1);
    if (of.result.size() == 0) continue;
    const auto element = *rc::gen::inRange<std::int64_t>(0, of.result.size());
    of.result.data<double>()[element] += check.element_limit * 1.001 + 1e-300;
    RC_ASSERT(projection.check(of.result).violated);
  }
}

}  // namespace
}  // namespace convcheck
