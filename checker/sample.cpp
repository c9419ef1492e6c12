#include "checker/sample.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>

namespace convcheck {
namespace {

constexpr std::int64_t kGroups = 16, kFilterCoordinates = 64, kScannedTaps = 1 << 16;

using Coordinates = std::vector<std::int64_t>;

// Which filter taps meet data at output `at` (or, for the gradient with respect to the inputs,
// reach an output).
std::vector<bool> tap_set(const Window& window, bool of_input, std::int64_t at) {
  std::vector<bool> taps(static_cast<std::size_t>(window.filter));
  for (std::int64_t f = 0; f < window.filter; ++f) {
    bool met = false;
    if (of_input) {
      const std::int64_t start = at + window.pad_before - f * window.dilation;
      met = start >= 0 && start % window.stride == 0 && start / window.stride < window.output();
    } else {
      const std::int64_t i = at * window.stride + f * window.dilation - window.pad_before;
      met = i >= 0 && i < window.input;
    }
    taps[static_cast<std::size_t>(f)] = met;
  }
  return taps;
}

// All coordinates, or of a long axis as many from both ends.
Coordinates ends(std::int64_t extent, std::int64_t most) {
  Coordinates coordinates;
  for (std::int64_t i = 0; i < extent; ++i) {
    if (i < (most + 1) / 2 || i >= extent - most / 2)
      coordinates.push_back(i);
    else
      i = extent - most / 2 - 1;
  }
  return coordinates;
}

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : engine_(seed) {}

  // Below `bound`; the bias of the remainder does not matter here. Not
  // std::uniform_int_distribution, whose numbers differ between standard libraries.
  std::int64_t below(std::int64_t bound) {
    return static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(bound));
  }

  void shuffle(Coordinates& list) {
    for (std::size_t i = list.size(); i > 1; --i) {
      std::swap(list[i - 1], list[static_cast<std::size_t>(below(static_cast<std::int64_t>(i)))]);
    }
  }

 private:
  std::mt19937_64 engine_;
};

// First and last channel of each group, or of some groups when there are many.
Coordinates group_edges(std::int64_t channels, std::int64_t groups, Generator& random) {
  std::set<std::int64_t> chosen;
  const std::int64_t size = channels / groups;
  for (std::int64_t i = 0; i < std::min(groups, kGroups); ++i) {
    const std::int64_t g = groups <= kGroups ? i
                           : i == 0          ? 0
                           : i == 1          ? groups - 1
                                             : random.below(groups);
    chosen.insert(g * size);
    chosen.insert((g + 1) * size - 1);
  }
  return {chosen.begin(), chosen.end()};
}

// The list of every axis of the result.
std::vector<Coordinates> representatives(const ConvProblem& problem, Generator& random) {
  const auto outermost = [](std::int64_t extent) {
    return extent > 1 ? Coordinates{0, extent - 1} : Coordinates{0};
  };
  std::vector<Coordinates> lists;
  const auto add_spatial = [&] {
    for (std::size_t axis = 0; axis < problem.rank; ++axis)
      lists.push_back(border_classes(problem, axis));
  };
  if (problem.direction == Direction::GradWeights) {
    lists.push_back(group_edges(problem.filters, problem.groups, random));
    if (problem.unshared) add_spatial();
    lists.push_back(outermost(problem.group_channels()));
    for (const Window& window : problem.axes())
      lists.push_back(ends(window.filter, kFilterCoordinates));
  } else {
    const bool forward = problem.direction == Direction::Forward;
    lists.push_back(outermost(problem.batch));
    lists.push_back(
        group_edges(forward ? problem.filters : problem.channels, problem.groups, random));
    add_spatial();
  }
  return lists;
}

// Draws elements of a non-empty result without repetition.
class Stratified {
 public:
  Stratified(const ConvProblem& problem, std::uint64_t seed)
      : random_(seed), shape_(problem.result_shape()), lists_(representatives(problem, random_)) {}

  std::vector<Index> draw(std::int64_t count) {
    add(corner(~0u));
    add(corner(0));
    const auto missing = [&] { return static_cast<std::int64_t>(elements_.size()) < count; };
    for (std::int64_t turn = 0; missing() && turn < 3 * count; ++turn) {
      add(row());
      const unsigned corners = 1u << std::min<std::size_t>(shape_.size(), 5);
      if (missing() && turn < corners) add(corner(static_cast<unsigned>(turn)));
      if (missing()) add(random_element());
    }
    return std::move(elements_);
  }

 private:
  // Bit `axis` (of five, which later axes share) says last or first.
  Index corner(unsigned bits) const {
    Index index;
    for (std::size_t axis = 0; axis < shape_.size(); ++axis) {
      index.push_back((bits >> (axis % 5)) & 1 ? shape_[axis] - 1 : 0);
    }
    return index;
  }

  Index row() {
    Index index;
    for (std::size_t axis = 0; axis < lists_.size(); ++axis) {
      const std::size_t entry = rows_ % lists_[axis].size();
      if (entry == 0) random_.shuffle(lists_[axis]);
      index.push_back(lists_[axis][entry]);
    }
    ++rows_;
    return index;
  }

  Index random_element() {
    Index index;
    for (const std::int64_t extent : shape_) index.push_back(random_.below(extent));
    return index;
  }

  void add(const Index& index) {
    if (seen_.insert({index.begin(), index.end()}).second) elements_.push_back(index);
  }

  Generator random_;
  Shape shape_;
  std::vector<Coordinates> lists_;
  std::size_t rows_ = 0;
  std::set<std::vector<std::int64_t>> seen_;
  std::vector<Index> elements_;
};

std::vector<Index> every_element(const Shape& shape) {
  std::vector<Index> elements;
  elements.reserve(static_cast<std::size_t>(element_count(shape)));
  Index index(shape.size(), 0);
  do elements.push_back(index);
  while (advance(index, shape));
  return elements;
}

}  // namespace

std::vector<std::int64_t> border_classes(const ConvProblem& problem, std::size_t axis) {
  const Window& window = problem.windows[axis];
  const bool of_input = problem.direction == Direction::GradInputs;
  const std::int64_t extent = of_input ? window.input : window.output();
  std::map<std::vector<bool>, std::pair<std::int64_t, std::int64_t>> classes;
  for (const std::int64_t at :
       ends(extent, std::max<std::int64_t>(kScannedTaps / window.filter, 8))) {
    const auto [found, added] = classes.try_emplace(tap_set(window, of_input, at), at, at);
    found->second.second = at;
  }
  std::set<std::int64_t> chosen;
  for (const auto& [taps, range] : classes) {
    chosen.insert(range.first);
    chosen.insert(range.second);
  }
  return {chosen.begin(), chosen.end()};
}

std::int64_t oracle_steps(const ConvProblem& problem) {
  const bool of_weights = problem.direction == Direction::GradWeights;
  std::int64_t steps = of_weights                                   ? problem.batch
                       : problem.direction == Direction::GradInputs ? problem.group_filters()
                                                                    : problem.group_channels();
  if (of_weights && problem.unshared) return steps;
  for (const Window& window : problem.axes()) steps *= of_weights ? window.output() : window.filter;
  return steps;
}

std::int64_t sample_size(const ConvProblem& problem, const SampleLimits& limits) {
  const std::int64_t size = element_count(problem.result_shape());
  const std::int64_t steps = std::max<std::int64_t>(oracle_steps(problem), 1);
  if (size <= limits.taps / steps) return size;
  const std::int64_t two = std::min<std::int64_t>(2, limits.least);
  const std::int64_t least = std::clamp(4 * limits.taps / steps, two, limits.least);
  return std::min(size, std::max(std::min(limits.taps / steps, limits.elements), least));
}

Sample sample(const ConvProblem& problem, const SampleLimits& limits, std::uint64_t seed) {
  const std::int64_t size = element_count(problem.result_shape()),
                     count = sample_size(problem, limits);
  if (count == 0) return {{}, size == 0};
  if (count == size) return {every_element(problem.result_shape()), true};
  return {Stratified(problem, seed).draw(count), false};
}

}  // namespace convcheck
