#include "tools/fixtures_coverage.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <set>

#include "tools/fixtures_factors.h"

namespace convcheck {
namespace {

constexpr std::size_t kMostMissing = 20;  // shown of each function

using Pair = std::vector<std::size_t>;  // factor, value, factor, value: factors ascending

std::set<Pair> impossible_pairs(const FunctionModel& model) {
  std::set<Pair> pairs;
  for (const std::vector<Choice>& both :
       covering_array(model.factors, model.exclusions, 2, 1).impossible) {
    pairs.insert({both[0].factor, both[0].value, both[1].factor, both[1].value});
  }
  return pairs;
}

// The numbers of the case's values; one that is not of the model has none.
std::vector<std::size_t> numbers_of(const FunctionModel& model, const Case& c) {
  const std::vector<std::string> values = values_of(c);
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::vector<std::string>& known = model.factors[i].values;
    const auto at = std::find(known.begin(), known.end(), values[i]);
    numbers.push_back(static_cast<std::size_t>(at - known.begin()));
  }
  return numbers;
}

class Counting {
 public:
  explicit Counting(const FunctionModel& model) : model_(model) {
    result_.function = model.name;
    for (const Factor& factor : model.factors) result_.counts.emplace_back(factor.values.size());
  }

  void add(const Case& c) {
    ++result_.cases;
    const std::vector<std::size_t> values = numbers_of(model_, c);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] < result_.counts[i].size()) ++result_.counts[i][values[i]];
      for (std::size_t j = i + 1; j < values.size(); ++j)
        seen_.insert({i, values[i], j, values[j]});
    }
  }

  FunctionCoverage take() {
    const std::set<Pair> impossible = impossible_pairs(model_);
    const std::vector<Factor>& factors = model_.factors;
    for (std::size_t i = 0; i < factors.size(); ++i) {
      for (std::size_t j = i + 1; j < factors.size(); ++j) {
        for (std::size_t a = 0; a < factors[i].values.size(); ++a) {
          for (std::size_t b = 0; b < factors[j].values.size(); ++b) {
            if (impossible.count({i, a, j, b}) == 0) count({i, a, j, b});
          }
        }
      }
    }
    return std::move(result_);
  }

 private:
  void count(const Pair& pair) {
    ++result_.possible;
    if (seen_.count(pair) != 0) {
      ++result_.covered;
      return;
    }
    const Factor &first = model_.factors[pair[0]], &second = model_.factors[pair[2]];
    result_.missing.push_back(fmt::format("{}={} with {}={}", first.name, first.values[pair[1]],
                                          second.name, second.values[pair[3]]));
  }

  const FunctionModel& model_;
  FunctionCoverage result_;
  std::set<Pair> seen_;
};

}  // namespace

std::vector<FunctionCoverage> coverage_of(const std::vector<Case>& cases) {
  std::vector<FunctionCoverage> all;
  for (const FunctionModel& model : function_models()) {
    Counting counting(model);
    for (const Case& c : cases) {
      if (&model_of(c) == &model) counting.add(c);
    }
    all.push_back(counting.take());
  }
  return all;
}

bool print_coverage(const GoldenFile& file, std::ostream& out) {
  std::vector<Case> cases;
  for (const GoldenCase& c : file.cases) cases.push_back(c.subject);
  std::size_t covered = 0, possible = 0;
  for (const FunctionCoverage& one : coverage_of(cases)) {
    covered += one.covered;
    possible += one.possible;
    out << fmt::format("{}: {} cases, {} of {} pairs\n", one.function, one.cases, one.covered,
                       one.possible);
    const auto& models = function_models();
    const FunctionModel& model = *std::find_if(
        models.begin(), models.end(), [&](const auto& m) { return m.name == one.function; });
    for (std::size_t i = 0; i < model.factors.size(); ++i) {
      out << fmt::format("  {:<9}", model.factors[i].name);
      for (std::size_t value = 0; value < one.counts[i].size(); ++value) {
        out << fmt::format("{} {} {}", value == 0 ? "" : ",", model.factors[i].values[value],
                           one.counts[i][value]);
      }
      out << "\n";
    }
    for (std::size_t i = 0; i < one.missing.size() && i < kMostMissing; ++i) {
      out << "  missing   " << one.missing[i] << "\n";
    }
  }
  out << fmt::format("pairs of values of two factors: {} of {}\n", covered, possible);
  for (const auto& [helper, rows] : file.shapes) {
    out << fmt::format("shapes/{}: {} rows\n", helper, rows.size());
  }
  return covered == possible;
}

}  // namespace convcheck
