// The layers that bench_conv measures.
#pragma once

#include <string>
#include <vector>

#include "reference/problem.h"

namespace convcheck {

struct Layer {
  std::string name;
  ConvProblem problem;  // forward, not flipped, as networks have it
};

// Twelve layers of networks for images, the usual kinds: dense 3x3, a strided first layer, 1x1,
// dilated, grouped, depthwise, few channels.
std::vector<Layer> imagenet_layers();
// 1-D and 3-D ones.
std::vector<Layer> other_ranks();

}  // namespace convcheck
