#include "checker/shrink.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace convcheck {
namespace {

constexpr std::uint64_t kImpulseSeeds = 8;

bool is_legal(const ConvProblem& problem) {
  try {
    validate(problem);
    return true;
  } catch (const ConvError&) {
    return false;
  }
}

// Values below `from` and not below `least`, the smallest first, then half way, then one less.
std::vector<std::int64_t> steps_down(std::int64_t from, std::int64_t least) {
  std::vector<std::int64_t> steps;
  for (const std::int64_t to : {least, least + (from - least) / 2, from - 1}) {
    if (to < from && to >= least && (steps.empty() || steps.back() != to)) steps.push_back(to);
  }
  return steps;
}

class Candidates {
 public:
  explicit Candidates(const ConvProblem& problem) : problem_(problem) {}

  std::vector<ConvProblem> all() {
    drop_axes();
    shrink_counts();
    for (std::size_t axis = 0; axis < problem_.rank; ++axis) shrink_extents(axis);
    share_filters();
    for (std::size_t axis = 0; axis < problem_.rank; ++axis) shrink_steps(axis);
    return std::move(found_);
  }

 private:
  void add(const ConvProblem& candidate) {
    if (is_legal(candidate)) found_.push_back(candidate);
  }

  void drop_axes() {
    for (std::size_t axis = 0; problem_.rank > 1 && axis < problem_.rank; ++axis) {
      ConvProblem candidate = problem_;
      for (std::size_t i = axis; i + 1 < problem_.rank; ++i) {
        candidate.windows[i] = problem_.windows[i + 1];
      }
      candidate.windows[--candidate.rank] = Window{};
      add(candidate);
    }
  }

  // `groups` groups of so many channels and filters.
  void add_counts(std::int64_t groups, std::int64_t channels, std::int64_t filters) {
    ConvProblem candidate = problem_;
    candidate.groups = groups;
    candidate.channels = groups * channels;
    candidate.filters = groups * filters;
    add(candidate);
  }

  void shrink_counts() {
    const std::int64_t groups = problem_.groups, channels = problem_.group_channels(),
                       filters = problem_.group_filters();
    for (const std::int64_t batch : steps_down(problem_.batch, 1)) {
      ConvProblem candidate = problem_;
      candidate.batch = batch;
      add(candidate);
    }
    for (const std::int64_t less : steps_down(groups, 1)) add_counts(less, channels, filters);
    for (const std::int64_t less : steps_down(channels, 1)) add_counts(groups, less, filters);
    for (const std::int64_t less : steps_down(filters, 1)) add_counts(groups, channels, less);
  }

  void shrink_axis(std::size_t axis, std::int64_t Window::*entry, std::int64_t least) {
    for (const std::int64_t less : steps_down(problem_.windows[axis].*entry, least)) {
      ConvProblem candidate = problem_;
      candidate.windows[axis].*entry = less;
      add(candidate);
    }
  }

  void shrink_extents(std::size_t axis) {
    const Window& window = problem_.windows[axis];
    // The smallest input on which the filter still fits.
    const std::int64_t least =
        std::max<std::int64_t>(1, window.dilated_filter() - window.pad_before - window.pad_after);
    shrink_axis(axis, &Window::input, std::min(least, window.input));
    shrink_axis(axis, &Window::filter, 1);
  }

  void shrink_steps(std::size_t axis) {
    shrink_axis(axis, &Window::pad_before, 0);
    shrink_axis(axis, &Window::pad_after, 0);
    shrink_axis(axis, &Window::stride, 1);
    shrink_axis(axis, &Window::dilation, 1);
  }

  void share_filters() {
    if (!problem_.unshared) return;
    ConvProblem candidate = problem_;
    candidate.unshared = false;
    add(candidate);
  }

  const ConvProblem& problem_;
  std::vector<ConvProblem> found_;
};

// The case of another problem, with everything else as `c` has it.
Case with_problem(const Case& c, const ConvProblem& problem) {
  Case made = make_case(problem, c.x_type);
  made.w_type = c.w_type;
  made.y_type = c.y_type;
  made.accumulator = c.accumulator;
  made.layout = c.layout;
  made.fill = c.fill;
  made.seed = c.seed;
  return made;
}

// A transposed or causal convolution as the convolution that it is: its own line, for the same
// operands.
Case as_convolution(const Case& c) {
  Case made = with_problem(c, conv_problem(c));
  if (c.function == Function::ConvTranspose) std::swap(made.x_type, made.y_type);
  return made;
}

std::optional<Case> convolution_of(const Case& c) {
  try {
    return as_convolution(c);
  } catch (const ConvError&) {
    return std::nullopt;
  }
}

bool is_closer_to_an_impulse(const Case& c) { return c.fill == "impulse"; }

}  // namespace

std::vector<ConvProblem> smaller_problems(const ConvProblem& problem) {
  return Candidates(problem).all();
}

std::vector<Case> smaller_cases(const Case& c) {
  const std::optional<Case> whole = convolution_of(c);
  if (!whole) return {};
  std::vector<Case> cases;
  if (c.function != Function::Conv) cases.push_back(*whole);
  for (const ConvProblem& problem : smaller_problems(conv_problem(*whole))) {
    cases.push_back(with_problem(*whole, problem));
  }
  if (!c.layout.empty()) {
    cases.push_back(*whole);
    cases.back().layout.clear();
  }
  if (!is_closer_to_an_impulse(c)) {
    for (std::uint64_t seed = 1; seed <= kImpulseSeeds; ++seed) {
      cases.push_back(*whole);
      cases.back().fill = "impulse";
      cases.back().seed = seed;
    }
  }
  return cases;
}

Case shrink(const Case& c, const std::function<bool(const Case&)>& fails,
            const ShrinkLimits& limits) {
  const auto start = std::chrono::steady_clock::now();
  const auto in_time = [&] {
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
    return spent.count() < limits.seconds;
  };
  Case smallest = c;
  int tries = 0;
  for (bool again = true; again;) {
    again = false;
    for (const Case& candidate : smaller_cases(smallest)) {
      if (tries++ >= limits.tries || !in_time()) return smallest;
      if (!fails(candidate)) continue;
      smallest = candidate;
      again = true;
      break;
    }
  }
  return smallest;
}

}  // namespace convcheck
