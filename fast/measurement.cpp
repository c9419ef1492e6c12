#include "fast/measurement.h"

#include <algorithm>
#include <numeric>
#include <random>

namespace convcheck {

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

double median(std::vector<double> numbers) {
  if (numbers.empty()) return 0;
  const auto middle = numbers.begin() + static_cast<std::ptrdiff_t>(numbers.size() / 2);
  std::nth_element(numbers.begin(), middle, numbers.end());
  return *middle;
}

}  // namespace convcheck
