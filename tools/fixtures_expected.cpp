#include "tools/fixtures_expected.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "checker/fill.h"
#include "checker/projection/exact_projection.h"
#include "checker/projection/projection_cost.h"
#include "checker/projection/real_projection.h"
#include "checker/sample.h"
#include "tools/fixtures_reference.h"

namespace convcheck {
namespace {

constexpr std::int64_t kSampled = 64;
// Relative: the sum of up to 2^20 magnitudes in f64, and of a few functions of the C library.
constexpr double kRoundingOfBounds = 0x1p-30;

RowOutcome failed(std::string text) { return {.fate = Fate::Failed, .text = std::move(text)}; }

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

double largest_of(const NamedTensors& operands, const char* name) {
  const auto found = operands.find(name);
  if (found == operands.end()) return 1;
  double largest = 0;
  for (const double v : found->second.values()) {
    if (std::isnan(v)) return v;
    largest = std::max(largest, std::abs(v));
  }
  return largest;
}

std::string disagreement(const Index& at, double in_file, double reference, double allowed) {
  return fmt::format("expected at [{}] is {}, the reference says {}, allowed difference {}",
                     to_string(at), in_file, reference, allowed);
}

Case in_f64(Case c) {
  c.x_type = c.w_type = c.y_type = DataType::F64;
  c.accumulator.reset();
  return c;
}

bool is_bound(double in_file, double model) {
  return std::abs(in_file - model) <= kRoundingOfBounds * model;
}

RowOutcome wrong_bound(const Index& at, double in_file, const std::string& allowed) {
  return failed(
      fmt::format("bound at [{}] is {}, the model says {}", to_string(at), in_file, allowed));
}

// That no bound is above all that the case's operands could need.
RowOutcome bounds_in_range(const GoldenCase& c, const BoundModel& model) {
  const double most =
      model(static_cast<double>(max_terms(conv_problem(c.subject))), largest_sum(c));
  Index at(c.bound.shape().size(), 0);
  do {
    const double in_file = c.bound.at(at);
    if (!(in_file >= 0 && in_file <= most)) {
      return wrong_bound(at, in_file, fmt::format("at most {}", most));
    }
  } while (advance(at, c.bound.shape()));
  return {};
}

RowOutcome by_sample(const GoldenCase& c, const Operands& roles) {
  const ConvProblem problem = conv_problem(c.subject);
  const BoundModel model(c.subject, c.operands);
  const SampleLimits limits{.taps = std::int64_t{1} << 24, .elements = kSampled, .least = kSampled};
  for (const Index& at : sample(problem, limits, c.subject.seed).elements) {
    const Sum sum = result_at(problem, roles, at);
    const double m = static_cast<double>(sum.terms) * 0x1p-53;
    const double allowed = c.exact ? 0 : 2 * m / (1 - m) * sum.magnitude;
    const double in_file = c.expected.at(at);
    if (!(std::abs(in_file - sum.value) <= allowed)) {
      return failed(disagreement(at, in_file, sum.value, allowed));
    }
    const double bound = model(static_cast<double>(sum.terms), sum.magnitude);
    if (!c.exact && !is_bound(c.bound.at(at), bound)) {
      return wrong_bound(at, c.bound.at(at), fmt::format("{}", bound));
    }
  }
  return c.exact ? RowOutcome{} : bounds_in_range(c, model);
}

}  // namespace

double largest_sum(const GoldenCase& c) {
  const double terms = static_cast<double>(max_terms(conv_problem(c.subject)));
  return terms * largest_of(c.operands, "x") * largest_of(c.operands, "w") *
         largest_of(c.operands, "dy");
}

RowOutcome expected_by_loops(const GoldenCase& c) {
  const Answered reference = answer_of_reference(c.subject, c.operands);
  const Answered wide = answer_of_reference(in_f64(c.subject), c.operands);
  if (c.exact && !reference.sums_fit) return failed("sums are not exact in any order");
  if (c.expected.size() == 0) return {};
  Index at(c.expected.shape().size(), 0);
  do {
    const double allowed = c.exact ? 0 : 2 * wide.bound.at(at);
    const double in_file = c.expected.at(at), value = reference.value.at(at);
    const bool right = same(in_file, value) || std::abs(in_file - value) <= allowed;
    if (!right) return failed(disagreement(at, in_file, value, allowed));
    if (!c.exact && !is_bound(c.bound.at(at), reference.bound.at(at))) {
      return wrong_bound(at, c.bound.at(at), fmt::format("{}", reference.bound.at(at)));
    }
  } while (advance(at, c.expected.shape()));
  return {};
}

// Exact cases of integers, and real ones of zero-mean fills.
bool can_be_projected(const GoldenCase& c) {
  if (!is_one_convolution(c.subject) || full_loops_cost(conv_problem(c.subject)) <= kLoopsAtMost) {
    return false;
  }
  const std::string& fill = c.subject.fill;
  if (!c.exact) return fill == "real" || fill == "cancel";
  // The words are the file's: its numbers may be others.
  return all_integers(c.operands) &&
         (fill.empty() || fill == "wide" || fill == "impulse" || fill == "zeros") &&
         largest_sum(c) <= 0x1p53;
}

RowOutcome expected_by_projection(const GoldenCase& c) {
  const ConvProblem problem = conv_problem(c.subject);
  const Operands roles = operands_by_role(c.subject, c.operands, c.expected);
  if (c.exact) {
    const ExactProjection projection(problem, roles, largest_sum(c), c.subject.seed);
    if (!projection.check(c.expected).matches()) {
      return failed("expected is not the reference's: the exact projection differs");
    }
  } else {
    const RealProjection projection(problem, roles, DataType::F64, c.subject.seed);
    const RealCheck check = projection.check(c.expected);
    if (check.violated) {
      return failed(
          fmt::format("expected is not the reference's: the projection with random "
                      "signs is {} thresholds away",
                      check.worst_ratio));
    }
  }
  return by_sample(c, roles);
}

}  // namespace convcheck
