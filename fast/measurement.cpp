#include "fast/measurement.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <numeric>
#include <random>

namespace convcheck {
namespace {

// In a race of each call so many; then of those that take at most kHopeless times as long as the
// best as many as take kEnough seconds.
constexpr int kFirstCalls = 2, kCalls = 9;
constexpr double kHopeless = 2, kEnough = 0.5;

void call_unless_failed(const std::function<void()>& call, std::string& failure) {
  if (!failure.empty()) return;
  try {
    call();
  } catch (const std::exception& error) {
    failure = std::string("threw: ") + error.what();
  }
}

}  // namespace

double Moments::typical(const std::vector<double>& seconds) const { return median(seconds); }

std::vector<double> WallMoments::intervals() {
  std::vector<double> seconds;
  for (std::size_t i = 1; i < recorded_.size(); ++i) {
    seconds.push_back(std::chrono::duration<double>(recorded_[i] - recorded_[i - 1]).count());
  }
  recorded_.clear();
  return seconds;
}

double WallMoments::typical(const std::vector<double>& seconds) const {
  return *std::min_element(seconds.begin(), seconds.end());
}

std::vector<std::vector<double>> seconds_in_turn(Moments& moments,
                                                 const std::vector<std::function<void()>>& calls,
                                                 int rounds) {
  std::vector<std::vector<double>> seconds(calls.size());
  std::vector<std::size_t> order(calls.size()), turns;
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (const std::function<void()>& call : calls) {
    moments.record();
    call();
  }
  moments.record();
  moments.intervals();
  moments.pause(calls.size() * static_cast<std::size_t>(rounds));
  std::minstd_rand random(1);
  for (int round = 0; round < rounds; ++round) {
    std::shuffle(order.begin(), order.end(), random);
    for (const std::size_t number : order) {
      moments.record();
      calls[number]();
      turns.push_back(number);
    }
  }
  moments.record();
  const std::vector<double> intervals = moments.intervals();
  for (std::size_t i = 0; i < turns.size(); ++i) seconds[turns[i]].push_back(intervals[i]);
  return seconds;
}

std::vector<Raced> race(Moments& moments, const std::vector<std::function<void()>>& calls) {
  std::vector<Raced> raced(calls.size());
  std::vector<std::vector<double>> all(calls.size());
  const auto measure = [&](const std::vector<std::size_t>& numbers, int rounds) {
    std::vector<std::function<void()>> some;
    for (const std::size_t i : numbers) {
      some.emplace_back([&, i] { call_unless_failed(calls[i], raced[i].failure); });
    }
    const auto seconds = seconds_in_turn(moments, some, rounds);
    for (std::size_t turn = 0; turn < numbers.size(); ++turn) {
      const std::size_t i = numbers[turn];
      all[i].insert(all[i].end(), seconds[turn].begin(), seconds[turn].end());
      raced[i].seconds = raced[i].failure.empty() ? std::max(moments.typical(all[i]), 1e-9) : 0;
    }
  };
  std::vector<std::size_t> numbers(calls.size());
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  measure(numbers, kFirstCalls);
  double best = HUGE_VAL, round = 0;
  for (const Raced& one : raced) {
    if (one.failure.empty()) best = std::min(best, one.seconds);
  }
  std::erase_if(numbers, [&](std::size_t i) {
    return !raced[i].failure.empty() || raced[i].seconds > kHopeless * best;
  });
  for (const std::size_t i : numbers) round += raced[i].seconds;
  // The first round of them does not count.
  const double rounds = std::min<double>(kCalls, kEnough / round - 1);
  if (rounds >= 1) measure(numbers, static_cast<int>(rounds));
  return raced;
}

double median(std::vector<double> numbers) {
  if (numbers.empty()) return 0;
  const auto middle = numbers.begin() + static_cast<std::ptrdiff_t>(numbers.size() / 2);
  std::nth_element(numbers.begin(), middle, numbers.end());
  return *middle;
}

}  // namespace convcheck
