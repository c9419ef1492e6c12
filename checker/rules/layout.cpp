#include "checker/rules/layout.h"

#include <algorithm>
#include <vector>

#include "checker/random_bits.h"
#include "checker/rules/answers.h"
#include "checker/run_case.h"
#include "reference/flops.h"

namespace convcheck {
namespace {

constexpr std::int64_t kManyFlops = std::int64_t{1} << 21;
constexpr int kBytes = 64;

using Order = OperandLayout::Order;
using Spread = OperandLayout::Spread;

Layout of_the_result(Direction direction, const OperandLayout& one) {
  Layout layout;
  (direction == Direction::Forward      ? layout.y
   : direction == Direction::GradInputs ? layout.x
                                        : layout.w) = one;
  return layout;
}

// An operand that begins `step` elements behind a 64-byte boundary, modulo 64 bytes.
OperandLayout shifted(DataType type, int step) {
  OperandLayout one;
  one.offset = step * static_cast<int>(size_of(type)) % kBytes;
  return one;
}

// Odd factors, so that each operand takes every offset once while the three differ.
void add_offsets(const Trial& trial, std::vector<Layout>& layouts) {
  const CallTypes& types = trial.ready.types();
  const int shortest =
      static_cast<int>(std::min({size_of(types.x), size_of(types.w), size_of(types.y)}));
  const int steps = kBytes / shortest;
  const bool all = flops(trial.ready.problem()) <= kManyFlops;
  const int first = static_cast<int>(mixed(trial.ready.subject().seed) % steps);
  for (int i = 1; i < (all ? steps : 3); ++i) {
    const int step = all ? i : (first + i) % steps;
    layouts.push_back(
        {shifted(types.x, step), shifted(types.w, 3 * step + 1), shifted(types.y, 5 * step + 2)});
  }
}

std::vector<Layout> variants(const Trial& trial) {
  const Direction direction = trial.ready.problem().direction;
  std::vector<Layout> layouts{
      Layout::all({.order = Order::ChannelsLast}),
      Layout::all({.order = Order::Permuted}),
      of_the_result(direction, {.order = Order::ChannelsLast}),
      of_the_result(direction, {.order = Order::Permuted}),
      Layout::all({.spread = Spread::Subview}),
      Layout::all({.spread = Spread::Gaps}),
      of_the_result(direction, {.spread = Spread::Gaps}),
      Layout::all({.reversed = true}),
      Layout::all({.loose = true}),
      Layout::all({.order = Order::ChannelsLast, .spread = Spread::Subview}),
      Layout::all(
          {.order = Order::Permuted, .spread = Spread::Gaps, .reversed = true, .loose = true}),
  };
  add_offsets(trial, layouts);
  return layouts;
}

// Of one layout: right, refused, or what is wrong.
Verdict call_in(const Trial& trial, const Layout& layout) {
  HostileCall call(trial, {.layout = layout, .end = End::First});
  call.write_inputs(trial.ready.data());
  if (const auto verdict = call.run(trial.context)) return *verdict;
  return judge_answer(trial, call);
}

Verdict judge(const Trial& trial) {
  int right = 0, refused = 0;
  std::string reason;
  if (element_count(trial.ready.problem().result_shape()) == 0) {
    return Verdict::vacuous("the result is empty");
  }
  for (const Layout& layout : variants(trial)) {
    const Verdict verdict = call_in(trial, layout);
    if (verdict.outcome == Outcome::Skipped) {
      if (refused++ == 0) reason = "layout=" + to_string(layout) + ": " + verdict.reason;
    } else if (verdict.outcome != Outcome::Passed) {
      return prefixed("layout=" + to_string(layout), verdict);
    } else {
      ++right;
    }
  }
  if (right == 0) return Verdict::skipped(reason);
  Verdict passed = Verdict::passed();
  passed.note = std::to_string(right) + " layouts right";
  if (refused > 0) passed.note += ", " + std::to_string(refused) + " refused: " + reason;
  return passed;
}

}  // namespace

const Rule& layout_rule() {
  static const Rule rule{"layout",
                         "every legal layout gives the right answer, or a refusal with a reason",
                         [](const Trial& trial) { return decided([&] { return judge(trial); }); }};
  return rule;
}

}  // namespace convcheck
