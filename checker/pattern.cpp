#include "checker/pattern.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

namespace convcheck {
namespace {

// "batch item", "output channel", "output column" ... for every axis of an operand.
std::vector<std::string> axis_words(const ConvProblem& problem, OperandName operand) {
  static const char* const kSpatial[] = {"depth", "row", "column"};
  std::vector<std::string> words;
  const auto spatial = [&](const std::string& what) {
    for (std::size_t axis = 0; axis < problem.rank; ++axis) {
      words.push_back(what + " " + kSpatial[3 - problem.rank + axis]);
    }
  };
  if (operand == OperandName::W) {
    words.push_back("output channel");
    if (problem.unshared) spatial("region");
    words.push_back("input channel");
    spatial("filter");
  } else {
    words.push_back("batch item");
    words.push_back(operand == OperandName::X ? "input channel" : "output channel");
    spatial(operand == OperandName::X ? "input" : "output");
  }
  return words;
}

// The coordinates of one axis, of the wrong and of the right elements.
struct Split {
  std::set<std::int64_t> wrong, right;
};

Split split(const Judged& run, const std::vector<bool>& wrong, std::size_t axis) {
  Split parts;
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    (wrong[i] ? parts.wrong : parts.right).insert(run.expectation.elements[i].at[axis]);
  }
  return parts;
}

std::string place(std::int64_t at, std::int64_t extent, const std::string& axis) {
  if (at == extent - 1) return "the last " + axis;
  if (at == 0) return "the first " + axis;
  return axis + " " + std::to_string(at);
}

bool disjoint(const std::set<std::int64_t>& a, const std::set<std::int64_t>& b) {
  return std::none_of(a.begin(), a.end(), [&](std::int64_t value) { return b.count(value) > 0; });
}

std::string along_axis(const Split& parts, std::int64_t extent, const std::string& axis) {
  if (extent < 2 || parts.right.empty()) return "";
  if (parts.wrong.size() == 1 &&
      (parts.right.size() > 1 || parts.right.count(*parts.wrong.begin()) == 0)) {
    return "every error is in " + place(*parts.wrong.begin(), extent, axis);
  }
  if (disjoint(parts.wrong, parts.right)) {
    if (parts.right.size() == 1)
      return "all but " + place(*parts.right.begin(), extent, axis) + " is wrong";
    if (*parts.wrong.begin() > *parts.right.rbegin()) {
      return "every error is from " + axis + " " + std::to_string(*parts.wrong.begin()) + " on";
    }
  }
  const std::int64_t first = *parts.wrong.begin();
  std::int64_t modulus = 0;  // the largest that all wrong coordinates agree in
  for (const std::int64_t at : parts.wrong) modulus = std::gcd(modulus, at - first);
  const auto same = [&](std::int64_t at) { return at % modulus == first % modulus; };
  if (parts.wrong.size() > 2 && modulus > 1 &&
      !std::all_of(parts.right.begin(), parts.right.end(), same)) {
    return "every error has " + axis + " = " + std::to_string(first % modulus) + " mod " +
           std::to_string(modulus);
  }
  return "";
}

// Do errors and missing taps (padding, for gradients outputs that do not exist) coincide?
std::string along_border(const Judged& run, const std::vector<bool>& wrong) {
  std::int64_t most = 0, wrong_inside = 0, right_inside = 0;
  for (const Expected& expected : run.expectation.elements)
    most = std::max(most, expected.sum.terms);
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    if (run.expectation.elements[i].sum.terms == most) ++(wrong[i] ? wrong_inside : right_inside);
  }
  if (wrong_inside > 0 || right_inside == 0) return "";
  return "every error is where the window is cut by a border; none where it is whole";
}

// Which way the wrong elements are off, if they all go the same way.
std::string direction_of_difference(const Judged& run, const std::vector<bool>& wrong) {
  const TensorView& result = run.operands.result(run.problem.direction);
  std::int64_t count = 0, zeros = 0, negated = 0, smaller = 0, larger = 0;
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    if (!wrong[i]) continue;
    const Expected& one = run.expectation.elements[i];
    const double got = result.at(one.at), expected = rounded(result.type, one.sum.value);
    ++count;
    zeros += got == 0;
    negated += got == -expected;
    smaller += std::abs(got) < std::abs(expected);
    larger += std::abs(got) > std::abs(expected);
  }
  if (count < 2) return "";
  if (zeros == count) return "every wrong element is 0";
  if (negated == count) return "every wrong element has the other sign";
  if (smaller == count) return "every wrong element is too small in magnitude";
  return larger == count ? "every wrong element is too large in magnitude" : "";
}

std::string unwritten(const Judged& run, const std::vector<bool>& wrong) {
  const TensorView& result = run.operands.result(run.problem.direction);
  std::int64_t count = 0, wrongs = 0;
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    wrongs += wrong[i];
    count += wrong[i] && std::isnan(result.at(run.expectation.elements[i].at));
  }
  if (count == 0) return "";
  return (count == wrongs ? "all" : std::to_string(count)) +
         std::string(" of the wrong elements are NaN, as the buffer was before the call");
}

}  // namespace

std::string describe_pattern(const Judged& run, const std::vector<bool>& wrong) {
  std::vector<std::string> said;
  const OperandName operand = result_operand(run.problem.direction);
  const std::vector<std::string> words = axis_words(run.problem, operand);
  const Shape shape = run.problem.result_shape();
  if (std::all_of(wrong.begin(), wrong.end(), [](bool one) { return one; })) {
    said.push_back("every judged element is wrong");
  }
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    said.push_back(along_axis(split(run, wrong, axis), shape[axis], words[axis]));
  }
  said.push_back(along_border(run, wrong));
  said.push_back(direction_of_difference(run, wrong));
  said.push_back(unwritten(run, wrong));
  std::string text;
  for (const std::string& one : said) {
    if (!one.empty()) text += (text.empty() ? "" : "; ") + one;
  }
  return text;
}

OperandName result_operand(Direction direction) {
  return direction == Direction::Forward      ? OperandName::Y
         : direction == Direction::GradInputs ? OperandName::X
                                              : OperandName::W;
}

std::string element_name(const ConvProblem& problem, OperandName operand, const Index& at) {
  const auto spatial = [&](const char* letter, std::size_t first) {
    std::string text = std::string(letter) + "=";
    if (problem.rank > 1) text += "(";
    for (std::size_t axis = 0; axis < problem.rank; ++axis) {
      text += (axis == 0 ? "" : ",") + std::to_string(at[first + axis]);
    }
    return problem.rank > 1 ? text + ")" : text;
  };
  if (operand == OperandName::W) {
    const std::size_t regions = problem.unshared ? problem.rank : 0;
    return "w[k=" + std::to_string(at[0]) + ", " +
           (problem.unshared ? spatial("o", 1) + ", " : "") +
           "c=" + std::to_string(at[1 + regions]) + ", " + spatial("f", 2 + regions) + "]";
  }
  const bool x = operand == OperandName::X;
  return std::string(x ? "x[n=" : "y[n=") + std::to_string(at[0]) + (x ? ", c=" : ", k=") +
         std::to_string(at[1]) + ", " + spatial(x ? "i" : "o", 2) + "]";
}

}  // namespace convcheck
