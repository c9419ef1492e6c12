// How the grids are written down: lists of shapes and parameters, multiplied out.
#pragma once

#include <functional>
#include <vector>

#include "checker/grids.h"

namespace convcheck {

// What a grid varies besides shapes.
struct GridParameters {
  std::vector<BorderMode> borders{valid};
  std::vector<Dims> strides{{}}, dilations{{}};  // empty: ones
  std::vector<bool> flips{true, false};
};

// Input and filter shapes as the user's call has them. Of unshared filters the regions are filled
// in for each case.
struct GridShapes {
  Shape x, w;
  std::int64_t groups = 1;
  bool unshared = false;
};

// The filters of the case with its regions, the output's extents, after k. They are those of the
// formula where the output is impossible, which is then refused like any other problem.
Shape with_regions(const Case& c);

class GridBuilder {
 public:
  GridBuilder(std::string name, std::string what, std::vector<DataType> types)
      : grid_{std::move(name), std::move(what), {}, 0}, types_(std::move(types)) {}

  // The product of all parameters, in every direction and type.
  void add(const GridShapes& shapes, const GridParameters& parameters);
  // One case in every direction and type.
  void add(const Case& prototype);

  Grid take() { return std::move(grid_); }

 private:
  Grid grid_;
  std::vector<DataType> types_;
};

}  // namespace convcheck
