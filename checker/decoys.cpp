#include "checker/decoys.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace convcheck {
namespace {

constexpr std::size_t kElements = 256;
constexpr std::int64_t kTaps = std::int64_t{1} << 15;  // visited one by one, for one decoy

// `value` with its significand rounded to `bits`, ties to even.
double rounded_to_bits(double value, int bits) {
  if (value == 0 || !std::isfinite(value)) return value;
  const int exponent = std::ilogb(value);
  return std::ldexp(std::nearbyint(std::ldexp(value, bits - 1 - exponent)), exponent - bits + 1);
}

// The next shorter arithmetic than the accumulator's; 0 bits where there is none.
int shorter_inputs(const CallTypes& types) {
  if (types.input_bits > 0) return 0;
  return types.accumulator == DataType::F64 ? 24 : types.accumulator == DataType::F32 ? 11 : 0;
}
// No longer than the result's, which would hide it.
std::optional<DataType> shorter_sums(const CallTypes& types, DataType result) {
  if (types.accumulator == DataType::F64) return DataType::F32;
  if (types.accumulator != DataType::F32) return std::nullopt;
  return result == DataType::BF16 ? DataType::BF16 : DataType::F16;
}

// The operands that the direction reads, in the order x, w, y.
struct ReadOperands {
  const TensorView *first, *second;
};
ReadOperands read_operands(const Judged& run) {
  const Operands& of = run.operands;
  switch (run.problem.direction) {
    case Direction::GradInputs:
      return {&of.w, &of.y};
    case Direction::GradWeights:
      return {&of.x, &of.y};
    default:
      return {&of.x, &of.w};
  }
}

struct Factors {
  double first, second;
};
Factors factors_of(const Judged& run, const Tap& tap) {
  switch (run.problem.direction) {
    case Direction::GradInputs:
      return {run.operands.w.at(tap.w), run.operands.y.at(tap.y)};
    case Direction::GradWeights:
      return {run.operands.x.at(tap.x), run.operands.y.at(tap.y)};
    default:
      return {run.operands.x.at(tap.x), run.operands.w.at(tap.w)};
  }
}

// The elements begin .. begin + count - 1 of one axis.
TensorView part(TensorView view, std::size_t axis, std::int64_t begin, std::int64_t count) {
  Index first(view.rank(), 0);
  first[axis] = begin;
  view.data = view.address(first);
  view.extents[axis] = count;
  return view;
}

// The part of a problem in which an element sums only two channels (filters, images), the first two
// of its group, and the operands of it; `swapped` exchanges the two in one operand.
struct TwoChannels {
  ConvProblem problem;
  Operands operands;
  Index at;

  TwoChannels(const Judged& run, const Index& element, bool swapped)
      : problem(run.problem), operands(run.operands), at(element) {
    const std::size_t c_of_w = problem.unshared ? 1 + problem.rank : 1;
    const std::int64_t gc = problem.group_channels(), gk = problem.group_filters();
    const bool inputs = problem.direction == Direction::GradInputs;
    const std::int64_t g = inputs                                    ? element[1] / gc
                           : problem.direction == Direction::Forward ? element[1] / gk
                                                                     : element[0] / gk;
    operands.x = part(operands.x, 1, g * gc, gc);
    operands.y = part(operands.y, 1, g * gk, gk);
    operands.w = part(operands.w, 0, g * gk, gk);
    problem.channels = gc;
    problem.filters = gk;
    problem.groups = 1;
    (problem.direction == Direction::GradWeights ? at[0] : at[1]) -= g * (inputs ? gc : gk);
    if (problem.direction == Direction::Forward) {
      operands.x = part(operands.x, 1, 0, 2);
      operands.w = part(operands.w, c_of_w, 0, 2);
      problem.channels = 2;
      if (swapped) operands.x = reversed(operands.x, 1);
    } else if (inputs) {
      operands.y = part(operands.y, 1, 0, 2);
      operands.w = part(operands.w, 0, 0, 2);
      problem.filters = 2;
      if (swapped) operands.y = reversed(operands.y, 1);
    } else {
      operands.x = part(operands.x, 0, 0, 2);
      operands.y = part(operands.y, 0, 0, 2);
      problem.batch = 2;
      if (swapped) operands.x = reversed(operands.x, 0);
    }
  }

  Sum sum() const { return result_at(problem, operands, at); }
};

bool has_two_channels(const ConvProblem& problem) {
  switch (problem.direction) {
    case Direction::GradInputs:
      return problem.group_filters() >= 2;
    case Direction::GradWeights:
      return problem.batch >= 2;
    default:
      return problem.group_channels() >= 2;
  }
}

// What a decoy has in place of one element; nothing where no data could show it there.
class Decoys {
 public:
  Decoys(const Judged& run, const Judge& judge) : run_(run), judge_(judge) {}

  // At least one element to which the decoy applies, and none that the judge refuses.
  bool is_accepted(Decoy decoy) {
    taps_ = 0;
    bool applies = false;
    const std::vector<Expected>& elements = run_.expectation.elements;
    const std::size_t step = std::max<std::size_t>(1, elements.size() / kElements);
    for (std::size_t i = 0; i < elements.size() && taps_ < kTaps; ++i) {
      const Expected& expected = elements[i];
      const bool chosen = i % step == 0 || (run_.data.reached && expected.at == *run_.data.reached);
      if (!chosen || expected.sum.terms == 0) continue;
      const std::optional<double> value = instead(decoy, expected);
      if (!value) continue;
      applies = true;
      const double stored = rounded(judge_.result_type(), *value);
      if (!judge_.is_right(stored, expected.sum)) return false;
    }
    return applies;
  }

 private:
  std::optional<double> instead(Decoy decoy, const Expected& expected) {
    switch (decoy) {
      case Decoy::Zeros:
        return 0.0;
      case Decoy::Negated:
        return -expected.sum.value;
      case Decoy::Shifted:
        return neighbour(expected.at);
      case Decoy::DroppedTap:
        return without_one_tap(expected);
      case Decoy::SwappedChannels:
        return with_swapped_channels(expected);
      case Decoy::RoundedInputs:
        return with_rounded_inputs(expected.at);
      case Decoy::ShortAccumulator:
        return in_short_sums(expected.at);
    }
    return std::nullopt;
  }

  std::optional<double> neighbour(const Index& at) {
    const Shape shape = run_.problem.result_shape();
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      if (shape[axis] < 2) continue;
      Index next = at;
      next[axis] = at[axis] + 1 < shape[axis] ? at[axis] + 1 : at[axis] - 1;
      const Sum sum = result_at(run_.problem, run_.operands, next);
      taps_ += sum.terms / 8;
      return sum.value;
    }
    return std::nullopt;
  }

  // The middle product that is not 0 or, where all before it are, the next; how many are 0 is for
  // visible_share to say.
  std::optional<double> without_one_tap(const Expected& expected) {
    double product = 0;
    std::int64_t left = std::min<std::int64_t>(expected.sum.terms, kTaps) / 2;
    for_each_tap(run_.problem, expected.at, [&](const Tap& tap) {
      if (left-- < 0 && product != 0) return;
      const Factors factors = factors_of(run_, tap);
      if (factors.first * factors.second != 0) product = factors.first * factors.second;
    });
    taps_ += expected.sum.terms;
    return expected.sum.value - product;
  }

  std::optional<double> with_swapped_channels(const Expected& expected) {
    if (!has_two_channels(run_.problem)) return std::nullopt;
    const Sum right = TwoChannels(run_, expected.at, false).sum();
    taps_ += right.terms / 4;
    if (right.terms == 0) return std::nullopt;
    return expected.sum.value - right.value + TwoChannels(run_, expected.at, true).sum().value;
  }

  std::optional<double> with_rounded_inputs(const Index& at) {
    const int bits = shorter_inputs(run_.types);
    const ReadOperands read = read_operands(run_);
    if (bits == 0 || significand_bits(read.first->type) <= bits ||
        significand_bits(read.second->type) <= bits) {
      return std::nullopt;
    }
    double sum = 0;
    for_each_tap(run_.problem, at, [&](const Tap& tap) {
      const Factors factors = factors_of(run_, tap);
      sum += rounded_to_bits(factors.first, bits) * rounded_to_bits(factors.second, bits);
      ++taps_;
    });
    return sum;
  }

  std::optional<double> in_short_sums(const Index& at) {
    const std::optional<DataType> type = shorter_sums(run_.types, judge_.result_type());
    if (!type) return std::nullopt;
    double sum = 0;
    std::int64_t terms = 0;
    for_each_tap(run_.problem, at, [&](const Tap& tap) {
      const Factors factors = factors_of(run_, tap);
      sum = rounded(*type, sum + factors.first * factors.second);
      ++terms;
    });
    taps_ += terms;
    // A sum of few products need not be rounded in any arithmetic.
    return terms < 8 ? std::nullopt : std::optional<double>(sum);
  }

  const Judged& run_;
  const Judge& judge_;
  std::int64_t taps_ = 0;
};

}  // namespace

std::vector<Decoy> accepted_decoys(const Judged& run, const Judge& judge) {
  std::vector<Decoy> accepted;
  Decoys decoys(run, judge);
  for (const Decoy decoy : claims_of(run.data.fill)) {
    if (decoys.is_accepted(decoy)) accepted.push_back(decoy);
  }
  return accepted;
}

double visible_share(const Judged& run, const Judge& judge) {
  std::int64_t seen = 0, all = 0;
  for (const Expected& expected : run.expectation.elements) {
    if (all > kTaps) break;
    for_each_tap(run.problem, expected.at, [&](const Tap& tap) {
      const Factors factors = factors_of(run, tap);
      const double without = expected.sum.value - factors.first * factors.second;
      seen += !judge.is_right(rounded(judge.result_type(), without), expected.sum);
      ++all;
    });
  }
  return all == 0 ? 1 : static_cast<double>(seen) / static_cast<double>(all);
}

}  // namespace convcheck
