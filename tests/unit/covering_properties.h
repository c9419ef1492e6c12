// Which values of the covering grid's factors a problem has, read off anew.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "reference/case.h"
#include "reference/problem.h"

namespace convcheck {

// A factor's values that hold for a case: several may.
using Properties = std::map<std::string, std::set<std::string>>;

inline bool all(const ConvProblem& problem, const std::function<bool(const Window&)>& holds) {
  return std::all_of(problem.axes().begin(), problem.axes().end(), holds);
}

template <class Entry>
inline bool same(const ConvProblem& problem, const Entry& entry) {
  return all(problem, [&](const Window& one) { return entry(one) == entry(problem.windows[0]); });
}

inline std::set<std::string> counts(std::int64_t count) {
  if (count == 1) return {"1"};
  if (count < 8 && count % 2 == 1) return {"few"};
  switch (count % 16) {
    case 15:
      return {"16n-1"};
    case 0:
      return {"16n"};
    case 1:
      return {"16n+1"};
    default:
      return count % 4 == 0 ? std::set<std::string>{"4n"} : std::set<std::string>{};
  }
}

inline std::set<std::string> batches(std::int64_t batch) {
  std::set<std::string> kinds;
  if (batch == 1) kinds.insert("1");
  for (std::int64_t power = 2; power <= 64; power *= 2) {
    if (batch == power) kinds.insert("power of two");
    if (batch == power - 1 && power > 2) kinds.insert("one below");
    if (batch == power + 1) kinds.insert("one above");
  }
  return kinds;
}

inline std::set<std::string> borders(const ConvProblem& problem, const BorderMode& mode) {
  std::set<std::string> kinds;
  const auto symmetric = [](const Window& one) { return one.pad_before == one.pad_after; };
  const auto before = [](const Window& one) { return one.pad_before; };
  if (mode == BorderMode(half)) return {"half"};
  if (mode == BorderMode(full)) return {"full"};
  if (all(problem, [](const Window& one) { return one.pad_before + one.pad_after == 0; })) {
    return {"valid"};
  }
  if (!all(problem, symmetric)) kinds.insert("asymmetric");
  if (all(problem, symmetric)) kinds.insert(same(problem, before) ? "integer" : "tuple");
  if (all(problem, [](const Window& one) {
        return std::min(one.pad_before, one.pad_after) >= one.dilated_filter();
      })) {
    kinds.insert("beyond");
  }
  return kinds;
}

inline std::set<std::string> strides(const ConvProblem& problem) {
  const auto stride = [](const Window& one) { return one.stride; };
  std::set<std::string> kinds{!same(problem, stride)           ? "unequal"
                              : problem.windows[0].stride == 1 ? "1"
                                                               : "equal"};
  if (all(problem, [](const Window& one) { return one.stride > one.dilated_filter(); })) {
    kinds.insert("beyond");
  }
  return kinds;
}

inline std::set<std::string> dilations(const ConvProblem& problem) {
  if (!same(problem, [](const Window& one) { return one.dilation; })) return {"unequal"};
  return {problem.windows[0].dilation == 1 ? "1" : "equal"};
}

inline std::set<std::string> filters(const ConvProblem& problem) {
  if (!same(problem, [](const Window& one) { return one.filter; })) return {"non-square"};
  const std::int64_t extent = problem.windows[0].filter;
  return {extent == 1 ? "1" : extent % 2 == 1 ? "odd" : "even"};
}

inline std::set<std::string> inputs(const ConvProblem& problem) {
  const auto compared = [&](int sign) {
    return all(problem, [&](const Window& one) {
      const std::int64_t more = one.input - one.dilated_filter();
      return sign > 0 ? more > 0 : sign < 0 ? more < 0 : more == 0;
    });
  };
  return compared(1)    ? std::set<std::string>{"larger"}
         : compared(0)  ? std::set<std::string>{"equal"}
         : compared(-1) ? std::set<std::string>{"smaller"}
                        : std::set<std::string>{};
}

inline std::string groups(const ConvProblem& problem) {
  if (problem.groups == 1) return "1";
  if (problem.group_channels() > 1) return "several";
  return problem.group_filters() > 1 ? "multiplier" : "depthwise";
}

inline std::string layout(const std::string& words) {
  if (words.empty()) return "row-major";
  if (words.find(',') != std::string::npos) return "mixed";
  return words.substr(0, words.find('-'));
}

inline Properties properties(const ConvProblem& problem, const BorderMode& border) {
  const bool grouped = problem.groups > 1 && problem.group_channels() > 1;
  const std::int64_t channels = grouped ? problem.group_channels() : problem.channels;
  return {{"direction", {to_string(problem.direction)}},
          {"rank", {std::to_string(problem.rank)}},
          {"border", borders(problem, border)},
          {"stride", strides(problem)},
          {"dilation", dilations(problem)},
          {"groups", {groups(problem)}},
          {"flip", {problem.flip ? "yes" : "no"}},
          {"unshared", {problem.unshared ? "yes" : "no"}},
          {"filter", filters(problem)},
          {"input", inputs(problem)},
          {"batch", batches(problem.batch)},
          {"channels", counts(channels)},
          {"filters", counts(problem.group_filters())}};
}

inline Properties properties(const Case& c) {
  Properties all = properties(conv_problem(c), c.border);
  all["type"] = {to_string(c.x_type)};
  all["layout"] = {layout(c.layout)};
  all["fill"] = {c.fill.empty() ? "narrow" : c.fill};
  return all;
}

}  // namespace convcheck
