#include "checker/error_map.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "checker/judged.h"

namespace convcheck {
namespace {

constexpr std::int64_t kResidues = 16;

void count(ErrorShare& share, bool wrong) {
  ++share.judged;
  share.wrong += wrong;
}

// Shares in the order in which their names were met first.
class Bars {
 public:
  void add(const std::string& name, bool wrong) {
    const auto [found, is_new] = places_.emplace(name, bars_.size());
    if (is_new) bars_.push_back({name, {}});
    count(bars_[found->second].share, wrong);
  }
  std::vector<NamedErrorShare> take() { return std::move(bars_); }

 private:
  std::map<std::string, std::size_t> places_;
  std::vector<NamedErrorShare> bars_;
};

struct Cells {
  std::int64_t extent = 1;  // of the axis
  std::int64_t count() const { return std::min(extent, kErrorMapSide); }
  std::int64_t of(std::int64_t at) const { return at * count() / extent; }
};

double distance(double got, double expected) {
  const double error = std::abs(got - expected);
  return std::isnan(error) ? std::numeric_limits<double>::infinity() : error;
}

// "first row", "last row", "inside": of every spatial axis that has an inside or two ends.
void add_places(Bars& bars, const Index& at, const Shape& shape, std::size_t spatial, bool wrong) {
  static const char* const kAxes[] = {"slice", "row", "column"};
  bool inside = true;
  for (std::size_t axis = shape.size() - spatial; axis < shape.size(); ++axis) {
    if (shape[axis] < 2) continue;
    const std::string name = kAxes[axis + 3 - shape.size()];
    if (at[axis] == 0) bars.add("first " + name, wrong);
    if (at[axis] == shape[axis] - 1) bars.add("last " + name, wrong);
    inside &= at[axis] != 0 && at[axis] != shape[axis] - 1;
  }
  if (inside) bars.add("inside", wrong);
}

}  // namespace

ErrorMap error_map(const Judged& run, const std::vector<bool>& wrong) {
  const TensorView& result = run.operands.result(run.problem.direction);
  const Shape shape = run.problem.result_shape();
  const std::size_t spatial = run.problem.rank, axes = shape.size();
  const bool filters = run.problem.direction == Direction::GradWeights;
  const Cells rows{spatial > 1 ? shape[axes - 2] : 1}, columns{shape[axes - 1]};
  ErrorMap map;
  map.rows = static_cast<std::size_t>(rows.count());
  map.columns = static_cast<std::size_t>(columns.count());
  map.plane_rows = rows.extent;
  map.plane_columns = columns.extent;
  map.cells.resize(map.rows * map.columns);
  map.worst.resize(map.cells.size());
  std::int64_t most = 0;  // products of a whole window
  for (const Expected& one : run.expectation.elements) most = std::max(most, one.sum.terms);
  Bars border, channel, batch;
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    const Expected& one = run.expectation.elements[i];
    const std::int64_t row = spatial > 1 ? rows.of(one.at[axes - 2]) : 0;
    const auto cell = static_cast<std::size_t>(row) * map.columns +
                      static_cast<std::size_t>(columns.of(one.at[axes - 1]));
    count(map.cells[cell], wrong[i]);
    if (wrong[i])
      map.worst[cell] = std::max(map.worst[cell], distance(result.at(one.at), one.sum.value));
    border.add(one.sum.terms == most ? "window whole" : "window cut by a border", wrong[i]);
    add_places(border, one.at, shape, spatial, wrong[i]);
    channel.add(std::to_string(one.at[filters ? 0 : 1] % kResidues), wrong[i]);
    if (!filters && one.at[0] < kErrorMapSide) batch.add(std::to_string(one.at[0]), wrong[i]);
  }
  map.by_border = border.take();
  map.by_channel = channel.take();
  map.by_batch = batch.take();
  return map;
}

}  // namespace convcheck
