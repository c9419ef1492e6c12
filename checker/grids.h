// The built-in cases: small problems, systematically.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reference/case.h"

namespace convcheck {

struct Grid {
  std::string name, what;
  std::vector<Case> cases;
  std::int64_t illegal =
      0;  // combinations that are no problem, and left out: each names its reason if parsed
};

// conv1d with one image, channel and filter: input 1..9 x filter 1..5 x stride and dilation 1..3 x
// pads 0..3 before and after independently x flip, all three directions, f32.
Grid one_axis_grid();

// Theano's value tests (test_abstract_conv.py, test_corr.py, test_corr3d.py) and what they leave
// out; every case in all three directions, f32 and f64.
std::vector<Grid> value_grids();

// Some cases of the value grids on every fill, and in the types f16 and bf16 too.
Grid data_grid();

// All of them, the one-axis grid first and the covering grid (covering_grid.h) last.
std::vector<Grid> all_grids();

}  // namespace convcheck
