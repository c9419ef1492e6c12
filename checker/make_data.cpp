// What the values of a case are: ranges and densities from the problem's size.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "checker/fill.h"
#include "checker/random_bits.h"

namespace convcheck {
namespace {

// More would not see more, and small numbers are easier to read in a report.
constexpr double kLargestRange = 99;
// One round of the exact projection suffices up to here, see projection.h.
constexpr double kOneRound = 0x1p17 - 1;

// Most taps of one axis that contribute to one element.
std::int64_t max_taps(const Window& window, Direction direction) {
  const std::int64_t output = window.output();
  switch (direction) {
    case Direction::GradWeights:
      return output;
    case Direction::GradInputs: {
      // Taps that reach the same input are stride / gcd apart.
      const std::int64_t step = window.stride / std::gcd(window.stride, window.dilation);
      return std::min((window.filter - 1) / step + 1, output);
    }
    default: {
      const std::int64_t reachable = (window.input + window.dilation - 1) / window.dilation;
      return std::min(window.filter, reachable);
    }
  }
}

std::int64_t number_of(const Index& at, const Shape& extents) {
  std::int64_t number = 0;
  for (std::size_t axis = 0; axis < at.size(); ++axis) number = number * extents[axis] + at[axis];
  return number;
}

Index index_of(std::int64_t element, const Shape& extents) {
  Index at(extents.size(), 0);
  for (std::size_t axis = extents.size(); axis-- > 0; element /= extents[axis]) {
    at[axis] = element % extents[axis];
  }
  return at;
}

double smallest_subnormal(DataType type) {
  switch (type) {
    case DataType::F64:
      return 0x1p-1074;
    case DataType::F32:
      return 0x1p-149;
    case DataType::F16:
      return 0x1p-24;
    case DataType::BF16:
      return 0x1p-133;
  }
  return 0;
}

// The two operands that a direction reads.
struct Pair {
  OperandFill *first, *second;
};

Pair read_operands(Data& data, Direction direction) {
  switch (direction) {
    case Direction::GradInputs:
      return {&data.w, &data.y};
    case Direction::GradWeights:
      return {&data.x, &data.y};
    default:
      return {&data.x, &data.w};
  }
}

// The room that sums have: a product of ranges times terms, and the number of terms.
struct Room {
  double product, terms;
};

// The bits of the result's type limit a sum that is stored in fewer bits than it is formed in. The
// error of a transform, amplification * u * terms * a * b, stays below one half.
Room room_for(double terms, const CallTypes& types, DataType result) {
  const DataType accumulator = types.accumulator;
  const double exact = std::ldexp(1.0, significand_bits(accumulator)) /
                       (types.amplification > 0 ? 2.1 * types.amplification : 1);
  Room room{exact / terms, exact - 8 * std::sqrt(exact)};
  if (terms <= kOneRound) room.product = std::min(room.product, kOneRound / terms);
  if (significand_bits(result) < significand_bits(accumulator)) {
    const double storable = std::ldexp(1.0, significand_bits(result)) / 6;
    room.product = std::min(room.product, storable / std::sqrt(terms));
    room.terms = std::min(room.terms, storable * storable);
  }
  room.terms = std::max(room.terms, 1.0);
  return room;
}

// Inputs that are rounded to fewer bits hold smaller integers.
double largest_range(const CallTypes& types) {
  return types.input_bits > 0 ? std::min(kLargestRange, std::ldexp(1.0, types.input_bits))
                              : kLargestRange;
}

void set_narrow(const Room& room, double terms, double largest, const Pair& operands) {
  const double a = std::clamp(std::floor(std::sqrt(room.product)), 1.0, largest);
  const double b = std::clamp(std::floor(room.product / a), 1.0, largest);
  operands.first->range = static_cast<std::int64_t>(b);
  operands.second->range = static_cast<std::int64_t>(a);
  if (room.product < 1) operands.first->density = std::min(room.terms / terms, 1.0);
}

// Returns the most non-zero products that a sum may have.
double set_wide(const CallTypes& types, Direction direction, double terms, bool swapped,
                const Pair& operands) {
  OperandFill& odd = swapped ? *operands.second : *operands.first;
  OperandFill& thin = swapped ? *operands.first : *operands.second;
  const int accumulator = significand_bits(types.accumulator);
  odd.kind = OperandFill::Kind::Odd;
  odd.bits = odd.type == DataType::F64   ? 26
             : odd.type == DataType::F32 ? 13
                                         : significand_bits(odd.type);
  odd.bits = std::min(odd.bits, accumulator - 3);
  if (types.input_bits > 0) odd.bits = std::min(odd.bits, types.input_bits);
  double most = std::ldexp(1.0, accumulator - odd.bits);
  // 65504 is the largest f16.
  if (types.result(direction) == DataType::F16) most = std::min(most, 65504 / odd.largest());
  // The mean from which `most` is eight standard deviations away.
  const double deviation = std::sqrt(16 + most) - 4;
  if (terms > most) thin.density = std::min(deviation * deviation / terms, 1.0);
  return std::min(most, terms);
}

struct ReachedTap {
  Index at;
  Tap tap;
};

// A random product of a random element of the result; nothing where no element was found that has
// one.
std::optional<ReachedTap> some_tap(const ConvProblem& problem, std::uint64_t seed) {
  const Shape shape = problem.result_shape();
  const std::int64_t size = element_count(shape);
  std::optional<ReachedTap> found;
  for (int attempt = 0; attempt < 64 && size > 0 && !found; ++attempt) {
    const std::uint64_t bits = bits_of(seed, attempt);
    const Index at =
        index_of(static_cast<std::int64_t>(bits % static_cast<std::uint64_t>(size)), shape);
    std::uint64_t taps = 0;
    for_each_tap(problem, at, [&](const Tap& tap) {
      // Each replaces the one before with probability 1 / (number of taps so far).
      if (mixed(bits + taps) % (taps + 1) == 0) found = ReachedTap{at, tap};
      ++taps;
    });
  }
  return found;
}

void place(const ConvProblem& problem, const Tap& tap, Data& data) {
  data.x.hot = number_of(tap.x, problem.x_shape());
  data.w.hot = number_of(tap.w, problem.w_shape());
  data.y.hot = number_of(tap.y, problem.y_shape());
}

void set_impulse(const ConvProblem& problem, std::uint64_t seed, Data& data) {
  const Pair operands = read_operands(data, problem.direction);
  operands.first->kind = operands.second->kind = OperandFill::Kind::OneHot;
  operands.first->hot_value = 3;
  operands.second->hot_value = 2;
  const auto reached = some_tap(problem, seed);
  if (!reached) return;
  place(problem, reached->tap, data);
  data.reached = reached->at;
}

void set_special(const ConvProblem& problem, const CallTypes& types, std::uint64_t seed,
                 Data& data) {
  const auto reached = some_tap(problem, seed);
  if (!reached) return;
  place(problem, reached->tap, data);
  data.reached = reached->at;
  const Pair operands = read_operands(data, problem.direction);
  OperandFill& hot = seed & 1 ? *operands.second : *operands.first;
  OperandFill& plain = seed & 1 ? *operands.first : *operands.second;
  plain.hot = -1;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  // A subnormal that an input as it is used, the sum and the result can hold, too.
  const int lost = types.input_bits > 0 ? significand_bits(hot.type) - types.input_bits : 0;
  const double tiny = std::max({std::ldexp(smallest_subnormal(hot.type), std::max(lost, 0)),
                                smallest_subnormal(types.accumulator),
                                smallest_subnormal(types.result(problem.direction))});
  const double values[] = {std::numeric_limits<double>::quiet_NaN(), kInfinity, -kInfinity, tiny};
  hot.hot_value = values[(seed >> 1) % 4];
  // A subnormal shows only where nothing larger is added to it.
  if (std::abs(hot.hot_value) < 1) hot.kind = OperandFill::Kind::OneHot;
}

double largest_result(const Data& data, Direction direction, double terms) {
  if (data.fill == Fill::Impulse) return 6;
  Data copy = data;
  const Pair operands = read_operands(copy, direction);
  const double most = operands.first->largest() * operands.second->largest();
  const double all = most * terms;
  return data.exact() ? std::min(all, data.exact_up_to) : all;
}

Data start(const ConvProblem& problem, const CallTypes& types, Fill fill, std::uint64_t seed) {
  Data data;
  data.fill = fill;
  data.terms = max_terms(problem);
  data.exact_up_to = fill == Fill::Real ? 0 : std::ldexp(1.0, significand_bits(types.accumulator));
  const auto key = [&](std::uint64_t number) { return mixed(mixed(seed) + number); };
  data.x.key = key(1);
  data.w.key = key(2);
  data.y.key = key(3);
  data.x.type = types.x;
  data.w.type = types.w;
  data.y.type = types.y;
  return data;
}

}  // namespace

std::int64_t max_terms(const ConvProblem& problem) {
  std::int64_t terms = problem.direction == Direction::Forward      ? problem.group_channels()
                       : problem.direction == Direction::GradInputs ? problem.group_filters()
                                                                    : problem.batch;
  if (problem.direction == Direction::GradWeights && problem.unshared) return terms;
  for (const Window& window : problem.axes()) terms *= max_taps(window, problem.direction);
  return terms;
}

Data make_data(const ConvProblem& problem, const CallTypes& types, Fill fill, std::uint64_t seed) {
  Data data = start(problem, types, fill, seed);
  const Pair operands = read_operands(data, problem.direction);
  const auto terms = static_cast<double>(std::max<std::int64_t>(data.terms, 1));
  double most_terms = terms;
  switch (fill) {
    case Fill::Narrow:
    case Fill::Special:
      set_narrow(room_for(terms, types, types.result(problem.direction)), terms,
                 largest_range(types), operands);
      if (fill == Fill::Special) set_special(problem, types, seed, data);
      break;
    case Fill::Wide:
      most_terms = set_wide(types, problem.direction, terms, seed & 1, operands);
      break;
    case Fill::Real:
      operands.first->kind = operands.second->kind = OperandFill::Kind::Real;
      break;
    case Fill::Impulse:
      set_impulse(problem, seed, data);
      break;
  }
  data.largest = largest_result(data, problem.direction, most_terms);
  return data;
}

Data make_adjoint_data(const ConvProblem& problem, const CallTypes& types, std::uint64_t seed) {
  Data data = start(problem, types, Fill::Narrow, seed);
  data.x.range = data.w.range = data.y.range = static_cast<std::int64_t>(largest_range(types));
  for (const Direction direction : kAllDirections) {
    ConvProblem one = problem;
    one.direction = direction;
    const auto terms = static_cast<double>(std::max<std::int64_t>(max_terms(one), 1));
    const Room room = room_for(terms, types, types.result(direction));
    const double most = std::clamp(std::floor(std::sqrt(room.product)), 1.0, kLargestRange);
    for (OperandFill* operand : {&data.x, &data.w, &data.y}) {
      operand->range = std::min(operand->range, static_cast<std::int64_t>(most));
    }
    // Thinning x and y thins one operand of every direction.
    if (room.product < 1) {
      data.x.density = data.y.density = std::min(data.x.density, room.terms / terms);
    }
    data.terms = std::max(data.terms, max_terms(one));
  }
  data.largest = largest_result(data, problem.direction, static_cast<double>(data.terms));
  return data;
}

}  // namespace convcheck
