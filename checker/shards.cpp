#include "checker/shards.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <queue>
#include <utility>

namespace convcheck {

std::vector<std::size_t> divided(const std::vector<double>& costs, std::size_t parts) {
  std::vector<std::size_t> order(costs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return costs[a] > costs[b]; });
  using Load = std::pair<double, std::size_t>;  // of a part; the least, and of equal ones the first
  std::priority_queue<Load, std::vector<Load>, std::greater<>> loads;
  for (std::size_t part = 0; part < parts; ++part) loads.emplace(0, part);
  std::vector<std::size_t> part_of(costs.size());
  for (const std::size_t one : order) {
    const auto [load, part] = loads.top();
    loads.pop();
    part_of[one] = part;
    loads.emplace(load + costs[one], part);
  }
  return part_of;
}

}  // namespace convcheck
