// The problems that `convcheck bench` measures.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reference/case.h"

namespace convcheck {

struct BenchSet {
  const char* name;
  const char* what;
};

//   imagenet  twelve layers of networks for images: dense 3x3, a strided first layer, 1x1, dilated,
//             grouped, depthwise, few channels
//   layers    the shipped layers of networks
//   volume    3-D
//   f64       imagenet in f64
//   f16       imagenet in f16
//   unshared  filters of their own for every position
//   sequence  1-D, dilated, padded on the left alone
const std::vector<BenchSet>& bench_sets();

// Forward. Of `layers` so many, evenly spaced (0: all), with batches of at most `batch_cap`. Throws
// UsageError for a name that there is not, naming those there are.
std::vector<Case> bench_cases(const std::string& set, std::int64_t sample, std::int64_t batch_cap);

}  // namespace convcheck
