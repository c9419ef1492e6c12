#include "checker/covering_array.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include "checker/random_bits.h"

namespace convcheck {
namespace {

constexpr int kAttempts = 5;  // at each row; more make the array a few per cent smaller
constexpr std::size_t kOpen = SIZE_MAX;

using Row = std::vector<std::size_t>;  // kOpen: not chosen yet

// Some factors, and where their combinations of values stand among those of all such groups.
struct Group {
  std::vector<std::size_t> factors;
  std::size_t first = 0, combinations = 1;
};

class Random {
 public:
  explicit Random(std::uint64_t seed) : key_(mixed(seed)) {}

  std::size_t below(std::size_t end) { return bits_of(key_, number_++) % end; }

  void shuffle(std::vector<std::size_t>& numbers) {
    for (std::size_t i = numbers.size(); i > 1; --i) std::swap(numbers[i - 1], numbers[below(i)]);
  }

 private:
  std::uint64_t key_;
  std::int64_t number_ = 0;
};

// Which values may be together.
class Rules {
 public:
  Rules(const std::vector<Factor>& factors, const std::vector<Exclusion>& exclusions)
      : factors_(factors), of_factor_(factors.size()) {
    for (const Exclusion& exclusion : exclusions) {
      for (const Choice& choice : exclusion.choices)
        of_factor_[choice.factor].push_back(&exclusion);
    }
  }

  // What is chosen breaks no rule of `factor`.
  bool allows(const Row& row, std::size_t factor) const {
    return std::none_of(of_factor_[factor].begin(), of_factor_[factor].end(),
                        [&](const Exclusion* one) { return holds(*one, row); });
  }

  // A row without exclusions has what is chosen. Only factors that have exclusions need a value for
  // that.
  bool completes(Row& row, std::size_t from = 0) const {
    while (from < row.size() && (row[from] != kOpen || of_factor_[from].empty())) ++from;
    if (from == row.size()) return true;
    bool found = false;
    for (std::size_t value = 0; value < factors_[from].values.size() && !found; ++value) {
      row[from] = value;
      found = allows(row, from) && completes(row, from + 1);
    }
    row[from] = kOpen;
    return found;
  }

  // Chooses a value if a row without exclusions has it, too.
  bool choose(Row& row, const Choice& choice) const {
    row[choice.factor] = choice.value;
    if (of_factor_[choice.factor].empty() || (allows(row, choice.factor) && completes(row)))
      return true;
    row[choice.factor] = kOpen;
    return false;
  }

 private:
  static bool holds(const Exclusion& exclusion, const Row& row) {
    return std::all_of(exclusion.choices.begin(), exclusion.choices.end(),
                       [&](const Choice& one) { return row[one.factor] == one.value; });
  }

  const std::vector<Factor>& factors_;
  std::vector<std::vector<const Exclusion*>> of_factor_;
};

class Builder {
 public:
  Builder(const std::vector<Factor>& factors, const std::vector<Exclusion>& exclusions,
          std::size_t strength, std::uint64_t seed)
      : factors_(factors), rules_(factors, exclusions), random_(seed), of_factor_(factors.size()) {
    std::vector<std::size_t> chosen;
    add_groups(chosen, strength);
    covered_.resize(groups_.back().first + groups_.back().combinations);
    for (std::size_t number = 0; number < groups_.size(); ++number) {
      for (const std::size_t factor : groups_[number].factors) of_factor_[factor].push_back(number);
    }
  }

  CoveringArray build() {
    for (const Group& group : groups_) {
      for (std::size_t number = 0; number < group.combinations; ++number) {
        if (!covered_[group.first + number]) cover(combination(group, number));
      }
    }
    return std::move(array_);
  }

 private:
  void add_groups(std::vector<std::size_t>& chosen, std::size_t strength) {
    if (chosen.size() == strength) {
      Group group{chosen};
      for (const std::size_t factor : chosen) group.combinations *= factors_[factor].values.size();
      if (!groups_.empty()) group.first = groups_.back().first + groups_.back().combinations;
      groups_.push_back(group);
      return;
    }
    for (std::size_t factor = chosen.empty() ? 0 : chosen.back() + 1; factor < factors_.size();
         ++factor) {
      chosen.push_back(factor);
      add_groups(chosen, strength);
      chosen.pop_back();
    }
  }

  std::vector<Choice> combination(const Group& group, std::size_t number) const {
    std::vector<Choice> choices;
    for (auto factor = group.factors.rbegin(); factor != group.factors.rend(); ++factor) {
      choices.push_back({*factor, number % factors_[*factor].values.size()});
      number /= factors_[*factor].values.size();
    }
    std::reverse(choices.begin(), choices.end());
    return choices;
  }

  // Where the combination that the row has stands; nothing when a value of it is open.
  std::optional<std::size_t> place(const Group& group, const Row& row) const {
    std::size_t number = 0;
    for (const std::size_t factor : group.factors) {
      if (row[factor] == kOpen) return std::nullopt;
      number = number * factors_[factor].values.size() + row[factor];
    }
    return group.first + number;
  }

  // New combinations that the value of `factor` makes with what else is chosen.
  std::size_t gain(const Row& row, std::size_t factor) const {
    std::size_t count = 0;
    for (const std::size_t number : of_factor_[factor]) {
      const auto at = place(groups_[number], row);
      count += at && !covered_[*at];
    }
    return count;
  }

  // Adds the best row of several that have the combination, or finds that it is impossible.
  void cover(const std::vector<Choice>& choices) {
    Row start(factors_.size(), kOpen);
    for (const Choice& choice : choices) {
      if (!rules_.choose(start, choice)) {
        array_.impossible.push_back(choices);
        return;
      }
    }
    Row best;
    std::size_t most = 0;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      Row row = start;
      const std::size_t gained = complete(row);
      if (best.empty() || gained > most) {
        best = row;
        most = gained;
      }
    }
    for (const Group& group : groups_) covered_[*place(group, best)] = true;
    array_.rows.push_back(best);
  }

  // Chooses what is open, in random order and each as good as possible; returns what that gained.
  std::size_t complete(Row& row) {
    std::vector<std::size_t> open;
    for (std::size_t factor = 0; factor < row.size(); ++factor) {
      if (row[factor] == kOpen) open.push_back(factor);
    }
    random_.shuffle(open);
    std::size_t gained = 0;
    for (const std::size_t factor : open) gained += choose_best(row, factor);
    return gained;
  }

  std::size_t choose_best(Row& row, std::size_t factor) {
    const std::size_t count = factors_[factor].values.size();
    std::vector<std::size_t> values(count), gains(count);
    std::iota(values.begin(), values.end(), std::size_t{0});
    random_.shuffle(values);
    for (const std::size_t value : values) {
      row[factor] = value;
      gains[value] = gain(row, factor);
    }
    std::stable_sort(values.begin(), values.end(),
                     [&](std::size_t a, std::size_t b) { return gains[a] > gains[b]; });
    row[factor] = kOpen;
    // What is chosen can always be completed, so that one of the values is possible.
    const auto best = std::find_if(values.begin(), values.end(), [&](std::size_t value) {
      return rules_.choose(row, {factor, value});
    });
    return gains[*best];
  }

  const std::vector<Factor>& factors_;
  Rules rules_;
  Random random_;
  std::vector<Group> groups_;
  std::vector<std::vector<std::size_t>> of_factor_;  // the groups that it is in
  std::vector<char> covered_;                        // by place
  CoveringArray array_;
};

}  // namespace

CoveringArray covering_array(const std::vector<Factor>& factors,
                             const std::vector<Exclusion>& exclusions, std::size_t strength,
                             std::uint64_t seed) {
  return Builder(factors, exclusions, strength, seed).build();
}

}  // namespace convcheck
