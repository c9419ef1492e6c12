#include "checker/explain.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "checker/accounting.h"
#include "checker/benchdnn.h"
#include "checker/pattern.h"
#include "checker/rules/all_rules.h"

namespace convcheck {
namespace {

std::string list_text(const Index& at) {
  std::string text;
  for (std::size_t axis = 0; axis < at.size(); ++axis)
    text += (axis == 0 ? "" : ",") + std::to_string(at[axis]);
  return text;
}

std::string short_name(const char* operand, const Index& at) {
  return std::string(operand) + "[" + list_text(at) + "]";
}

// Three significant digits are enough for an error.
std::string rounded_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

std::string tap_text(const TapValue& tap, Direction direction) {
  const std::string first =
      direction == Direction::GradInputs ? short_name("w", tap.tap.w) : short_name("x", tap.tap.x);
  const std::string second =
      direction == Direction::Forward ? short_name("w", tap.tap.w) : short_name("y", tap.tap.y);
  return first + " * " + second + " = " + number_text(tap.first) + " * " + number_text(tap.second);
}

// The products that padding leaves out of a forward sum.
std::int64_t padded_taps(const ConvProblem& problem, std::int64_t terms) {
  if (problem.direction != Direction::Forward) return 0;
  std::int64_t taps = problem.group_channels();
  for (const Window& window : problem.axes()) taps *= window.filter;
  return taps - terms;
}

std::string taps_text(const ConvProblem& problem, const Mismatch& worst) {
  std::string text;
  for (const TapValue& tap : worst.taps) {
    text += (text.empty() ? "" : "\n           ") + tap_text(tap, problem.direction);
  }
  const std::int64_t more = worst.terms - static_cast<std::int64_t>(worst.taps.size());
  if (more > 0) text += "\n           and " + with_separators(more) + " more";
  if (text.empty()) text = "none: the sum is empty";
  const std::int64_t padding = padded_taps(problem, worst.terms);
  if (padding > 0)
    text += "; " + with_separators(padding) + (padding == 1 ? " is" : " are") + " padding";
  return text;
}

std::string line(std::string label, const std::string& text) {
  label.resize(std::max<std::size_t>(label.size() + 2, 9), ' ');
  return "  " + label + text + "\n";
}

// "error 3.2 times the bound 1.5e-05, 4.1 ulps"
std::string error_text(const Mismatch& worst) {
  if (worst.bound == 0) return "exact integers, compared with ==";
  return "error " + rounded_text(worst.in_bounds) + " times the bound " + rounded_text(worst.bound);
}

std::string first_text(const std::vector<WrongElement>& first) {
  std::string text;
  for (const WrongElement& one : first) {
    text += (text.empty() ? "[" : ", [") + list_text(one.at) + "] " + number_text(one.expected) +
            " got " + number_text(one.got);
  }
  return text;
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

// As it is, or between quotes where a shell would see more in it than a word.
std::string shell_word(const std::string& text) {
  constexpr const char* kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.,:/+-=@%";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

std::string number_text(double value) {
  char text[32];
  const auto end = std::to_chars(std::begin(text), std::end(text), value).ptr;
  return {std::begin(text), end};
}

std::string mismatch_text(const ConvProblem& problem, const Mismatch& worst, bool sum_known) {
  std::string text = line("at", element_name(problem, result_operand(problem.direction), worst.at) +
                                    "   expected " + number_text(worst.expected) + "   got " +
                                    number_text(worst.got));
  if (sum_known) {
    text += line("error",
                 error_text(worst) +
                     (std::isfinite(worst.ulps) ? ", " + rounded_text(worst.ulps) + " ulps" : ""));
    text += line("taps", taps_text(problem, worst));
  }
  text += line("wrong", with_separators(worst.wrong) + " of " + with_separators(worst.judged) +
                            " judged elements");
  if (worst.first.size() > 1) text += line("first", first_text(worst.first));
  return text + (worst.pattern.empty() ? "" : line("pattern", worst.pattern));
}

std::string reproducer(const Finding& finding) {
  const std::string& judged = finding.under.empty() ? finding.rule : finding.under;
  const std::string rule = judged == "value" ? "" : " --rule " + judged;
  const std::string threads =
      finding.threads == 1 ? "" : " --threads " + std::to_string(finding.threads);
  const std::string backend = finding.plugin.empty() ? " --backend " + finding.backend
                                                     : " --plugin " + shell_word(finding.plugin);
  return "convcheck run '" + to_string(finding.subject) + "'" + backend + rule + threads;
}

std::string explain(const Finding& finding) {
  const Verdict& verdict = finding.verdict;
  std::string text = upper(to_string(verdict.outcome)) + "  " + finding.rule + "  " +
                     finding.backend + "  " + to_string(finding.subject);
  if (!finding.shrunk_from.empty()) text += "      shrunk from " + finding.shrunk_from;
  text += "\n";
  if (verdict.outcome == Outcome::Passed && !verdict.note.empty())
    text += line("note", verdict.note);
  if (verdict.outcome == Outcome::Passed) return text;
  if (verdict.outcome == Outcome::Failed) text += line("claim", rule_named(finding.rule).claim);
  if (!verdict.worst || finding.rule != "value") text += line("reason", verdict.reason);
  if (verdict.worst) {
    // Only `value` always looks at the sum. Where another rule has no products, it has not: two
    // runs that differ, a NaN where there should be none.
    const bool sum_known = finding.rule == "value" || verdict.worst->terms > 0;
    text += mismatch_text(conv_problem(finding.subject), *verdict.worst, sum_known);
  }
  if (!verdict.note.empty()) text += line("note", verdict.note);
  if (verdict.outcome == Outcome::Failed) {
    const std::string elsewhere = to_benchdnn(finding.subject).text;
    if (!elsewhere.empty()) text += line("benchdnn", elsewhere);
  }
  return text + line("reproduce", reproducer(finding));
}

}  // namespace convcheck
