// A descriptor of benchdnn and the problem that it says. The grammar is in checker/benchdnn.h.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "reference/case.h"

namespace convcheck::benchdnn {

// One axis with all that was left out worked out; the pads are those that the output needs.
struct Axis {
  std::int64_t input = 0, output = 0, kernel = 0, stride = 1, dilation = 1;
  std::int64_t before = 0, after = 0;
};

struct Descriptor {
  bool has_groups = false;  // whether it says how many: filters then have an axis of groups
  std::int64_t groups = 1, batch = 2, in_channels = 0, out_channels = 0;
  std::size_t rank = 2;
  std::array<Axis, 3> axes{};  // the first `rank` are used
  std::string name;
};

// Throws ConvError{Syntax} that names the key, its value and what was expected.
Descriptor parse_descriptor(std::string_view text, bool transposed);

// The case, on f32 and forward; a conv_transpose if `transposed`. Throws ConvError{Unsupported},
// whose expected() is the reason, for what convcheck does not have, and {Syntax} for what is no
// convolution.
Case to_case(const Descriptor& descriptor, bool transposed);

}  // namespace convcheck::benchdnn
