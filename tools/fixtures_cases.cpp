#include "tools/fixtures_cases.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "fast/evaluate.h"
#include "fast/legacy_conv.h"
#include "fixtures/python_values.h"
#include "fixtures/theano_case.h"
#include "tools/fixtures_bound.h"

namespace convcheck {
namespace {

// The first element that is wrong, or nothing, also where the shapes differ: the answers say that.
std::optional<std::string> difference(const TheanoCase& from, const Tensor& got,
                                      const ErrorBound* bound) {
  Index index(got.shape().size(), 0);
  if (!(got.shape() == from.expected.shape()) || got.size() == 0) return {};
  const double u = unit_roundoff(got.type()), theirs_u = unit_roundoff(DataType::F64);
  do {
    const double expected = from.expected.at(index);
    const double allowed = bound == nullptr ? 0 : bound->at(index, u) + bound->at(index, theirs_u);
    const bool right = bound == nullptr ? got.at(index) == expected
                                        : std::abs(got.at(index) - expected) <= allowed;
    if (!right) {
      return fmt::format("at [{}] expected {} got {}, allowed difference {}", to_string(index),
                         expected, got.at(index), allowed);
    }
  } while (advance(index, got.shape()));
  return {};
}

// The deprecated conv2d with its logical shapes, which are not in the case line.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
Tensor with_logical_shapes(const TheanoCase& from, const Case& c, const BackendPtr& backend) {
  conv::Options options{.border_mode = c.border, .subsample = c.subsample};
  if (from.has("imshp_logical")) options.imshp_logical = from.dims("imshp_logical");
  if (from.has("kshp_logical")) options.kshp_logical = from.dims("kshp_logical");
  return conv::conv2d(from.tensor("input"), from.tensor("filters"), options, backend);
}
#pragma GCC diagnostic pop

// One run's answer: the result's shape or an error, and where its numbers are wrong.
struct Run {
  Answer answer;
  std::optional<std::string> wrong = {};
};

Tensor result_of(const TheanoCase& from, const Case& c, const BackendPtr& backend) {
  if (has_logical_shapes(from)) return with_logical_shapes(from, c, backend);
  // Nothing is computed, and no memory taken, for a result of another shape than the expected one.
  const Shape shape = operand_shapes(c).at("result");
  if (!(shape == from.expected.shape())) {
    throw FileError(from.where + ": expected is " + to_string(from.expected.shape()) +
                    ", the call's result is " + to_string(shape));
  }
  return evaluate(c, operands_of(from, c.x_type), backend);
}

Run run_on(const BackendPtr& backend, const TheanoCase& from, DataType type) {
  try {
    const Case c = to_case(from, type);
    const Tensor got = result_of(from, c, backend);
    std::optional<ErrorBound> bound;
    if (!from.exact) bound = error_bound(c, operands_of(from, DataType::F64));
    return {Answer::of(to_json(got.shape())), difference(from, got, bound ? &*bound : nullptr)};
  } catch (const ConvError& error) {
    return {Answer::refused({error.kind()}, error.what())};
  }
}

bool declined(const Answer& answer) {
  return answer.error && answer.kinds == std::vector{ErrorKind::Unsupported};
}

}  // namespace

RowOutcome CaseRunner::run(const TheanoCase& from) {
  const std::vector<DataType> types =
      from.exact ? std::vector{DataType::F64, DataType::F32} : std::vector{DataType::F64};
  RowOutcome outcome{.fate = Fate::Failed, .text = from.op + " is supported by no backend"};
  for (const BackendPtr& backend : backends_) {
    for (const DataType type : types) {
      std::optional<RowOutcome> one = run_one(from, backend, type);
      if (!one) continue;
      outcome = *one;
      if (outcome.fate == Fate::Failed) return outcome;
    }
  }
  return outcome;
}

std::optional<RowOutcome> CaseRunner::run_one(const TheanoCase& from, const BackendPtr& backend,
                                              DataType type) {
  const Run run = run_on(backend, from, type);
  RowOutcome outcome = judge(row_of(from), run.answer);
  if (outcome.fate == Fate::Failed && declined(run.answer)) {
    ++runs_[backend->name()].declined[run.answer.text];
    return {};
  }
  ++runs_[backend->name()].done;
  if (run.wrong) outcome = {.fate = Fate::Failed, .text = from.op + " " + *run.wrong};
  if (outcome.fate == Fate::Failed) {
    outcome.text = fmt::format("{} {}  {}", backend->name(), to_string(type), outcome.text);
  }
  return outcome;
}

}  // namespace convcheck
