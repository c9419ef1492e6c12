#include "tools/fixtures_golden.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "checker/rules/special_reach.h"
#include "checker/run_case.h"
#include "fast/evaluate.h"
#include "fixtures/python_values.h"
#include "tools/fixtures_expected.h"
#include "tools/fixtures_reference.h"
#include "tools/fixtures_rows.h"

namespace convcheck {
namespace {

RowOutcome failed(std::string text) { return {.fate = Fate::Failed, .text = std::move(text)}; }

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

bool has_subnormals(const NamedTensors& operands) {
  for (const auto& entry : operands) {
    for (const double v : entry.second.values()) {
      if (v != 0 && std::abs(v) < static_cast<double>(std::numeric_limits<float>::min())) {
        return true;
      }
    }
  }
  return false;
}

bool all_finite(const NamedTensors& operands) {
  for (const auto& entry : operands) {
    for (const double v : entry.second.values()) {
      if (!std::isfinite(v)) return false;
    }
  }
  return true;
}

// The norm-wise bound of a declared transform.
double transform_bound(const GoldenCase& c, const Backend& backend) {
  const double u = unit_roundoff(backend.accumulator(compute_type(c.subject)));
  return backend.claims().amplification * u * largest_sum(c);
}

// The element of the checker's special fill that is not finite, if the case has one.
std::optional<HotElement> special_element(const Case& c) {
  if (c.fill != "special" || !is_one_convolution(c)) return {};
  const ConvProblem problem = conv_problem(c);
  return hot_element(problem, make_data(problem, usual_types(c), Fill::Special, c.seed));
}

// Decides on single elements of one backend's result.
class Right {
 public:
  Right(const GoldenCase& c, const Backend& backend)
      : case_(c), hot_(special_element(c.subject)), type_(result_type(c.subject)) {
    const Claims claims = backend.claims();
    if (claims.algorithm == Claims::Algorithm::Transform) transform_ = transform_bound(c, backend);
    types_ = usual_types(c.subject);
    types_.multiplies_padding = claims.multiplies_padding;
    types_.amplification = claims.amplification;
  }

  // The largest difference; negative when the numbers have to be equal.
  double allowed(const Index& at) const {
    if (transform_ < 0) return case_.exact ? -1 : case_.bound.at(at);
    const double rounding = unit_roundoff(type_) * (std::abs(case_.expected.at(at)) + transform_);
    return transform_ + rounding + (case_.exact ? 0 : case_.bound.at(at));
  }

  bool operator()(const Index& at, double got) const {
    const double expected = case_.expected.at(at), most = allowed(at);
    const bool right = most < 0 ? same(got, rounded(type_, expected))
                                : std::abs(got - expected) <= most || same(got, expected);
    return right || (hot_ && claims_allow(conv_problem(case_.subject), *hot_, types_, at, got));
  }

 private:
  const GoldenCase& case_;
  std::optional<HotElement> hot_;
  DataType type_;
  CallTypes types_;
  double transform_ = -1;
};

}  // namespace

std::string reason_not_to_run(const GoldenCase& c, const Backend& backend) {
  const Claims claims = backend.claims();
  const DataType sums = backend.accumulator(compute_type(c.subject));
  if (unit_roundoff(sums) > sum_roundoff(c.subject)) {
    return fmt::format("adds up in {}, which the bound is not for", to_string(sums));
  }
  if (claims.input_bits > 0) return "rounds its inputs, which the bound is not for";
  // Where it does is known of the one element of the checker's special fill.
  if (claims.multiplies_padding && !special_element(c.subject) && !all_finite(c.operands)) {
    return "multiplies padding, and so spreads what is not finite";
  }
  if (claims.algorithm != Claims::Algorithm::Transform) return "";
  if (!is_one_convolution(c.subject)) {
    return "a transform, whose bound is for one convolution";
  }
  if (!std::isfinite(largest_sum(c))) return "a transform, which spreads what is not finite";
  if (has_subnormals(c.operands)) {
    return "a transform, whose bound does not know underflow";
  }
  return "";
}

std::string wrong_element(const GoldenCase& c, const Tensor& got, const Backend& backend) {
  if (!(got.shape() == c.expected.shape())) {
    return fmt::format("the result is {}, expected {}", to_string(got.shape()),
                       to_string(c.expected.shape()));
  }
  if (got.size() == 0) return "";
  const Right right(c, backend);
  Index at(got.shape().size(), 0);
  do {
    if (right(at, got.at(at))) continue;
    const double allowed = right.allowed(at);
    return fmt::format("at [{}] expected {} got {}, {}", to_string(at),
                       allowed < 0 ? rounded(got.type(), c.expected.at(at)) : c.expected.at(at),
                       got.at(at),
                       allowed < 0 ? "compared with ==" : fmt::format("allowed {}", allowed));
  } while (advance(at, got.shape()));
  return "";
}

RowOutcome GoldenRunner::against_reference(const GoldenCase& c) {
  const bool project = can_be_projected(c);
  ++(project ? by_projection_ : by_loops_);
  RowOutcome outcome = project ? expected_by_projection(c) : expected_by_loops(c);
  if (outcome.fate == Fate::Failed) outcome.text = to_string(c.subject) + "  " + outcome.text;
  return outcome;
}

std::string GoldenRunner::reason_to_leave_out(const GoldenCase& c, const Backend& backend) const {
  if (by_name_.count(backend.name()) != 0 && has_subnormals(c.operands)) {
    return "subnormals, to which a backend that is chosen by name only is not held";
  }
  return reason_not_to_run(c, backend);
}

void GoldenRunner::run_all(const GoldenCase& c, Tally& tally) {
  const std::string where = "cases/" + c.id;
  tally.add("expected against the reference", where, against_reference(c));
  for (const BackendPtr& backend : backends_) {
    BackendRuns& runs = runs_[backend->name()];
    const auto fail = [&](const std::string& text) {
      tally.add(backend->name(), where,
                failed(fmt::format("{}  {}  {}", backend->name(), to_string(c.subject), text)));
    };
    try {
      const Tensor got = evaluate(c.subject, c.operands, backend);
      const std::string reason = reason_to_leave_out(c, *backend);
      if (!reason.empty()) {
        ++runs.declined[reason];
        continue;
      }
      const std::string wrong = wrong_element(c, got, *backend);
      ++runs.done;
      if (!wrong.empty()) {
        fail(wrong);
      } else {
        tally.add(backend->name(), where, {});
      }
    } catch (const ConvError& error) {
      if (error.kind() == ErrorKind::Unsupported) {
        // "one that does this problem: the reason"
        const std::string& text = error.expected();
        ++runs.declined[text.substr(text.find(": ") == text.npos ? 0 : text.find(": ") + 2)];
      } else {
        fail(error.what());
      }
    }
  }
}

Tally GoldenRunner::verify(const GoldenFile& file, FixturesProgress& progress) {
  Tally tally;
  for (const GoldenCase& c : file.cases) {
    progress.next(to_string(c.subject));
    require_consistent(c, "cases/" + c.id);
    run_all(c, tally);
  }
  for (const auto& [helper, rows] : file.shapes) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const Json ours = result_of_helper(helper, rows[i].args);
      const bool right = ours.dump() == rows[i].result.dump();  // 3 is not 3.0
      tally.add("shapes/" + helper, fmt::format("shapes/{}[{}]", helper, i),
                right ? RowOutcome{}
                      : failed(fmt::format("{}: expected {}, got {}", rows[i].args.dump(),
                                           rows[i].result.dump(), ours.dump())));
    }
  }
  return tally;
}

Json result_of_helper(const std::string& helper, const Json& args) {
  const TheanoRow row{.where = "shapes/" + helper, .function = helper, .args = args};
  const auto fail = [&](const std::exception& error) {
    return FileError(row.where + " " + args.dump() + ": " + error.what());
  };
  try {
    const Answer answer = answer_of_helper(row);
    if (!answer.error) return answer.value;
    return std::string("error:") + to_string(answer.kinds.at(0));
  } catch (const NotExpressible& error) {
    throw fail(error);
  } catch (const std::logic_error& error) {  // ConvError, and a missing member of a map
    throw fail(error);
  } catch (const nlohmann::json::exception& error) {
    throw fail(error);
  }
}

}  // namespace convcheck
