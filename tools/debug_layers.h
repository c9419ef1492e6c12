// The layers on which it is measured what DebugMode costs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reference/problem.h"

namespace convcheck {

// A layer in one direction.
struct DebugLayer {
  std::string name;
  ConvProblem problem;
};

// The distinct layers of a shipped network whose names contain `match`, at that batch, each in the
// three directions. Throws UsageError where the corpus is not to be found.
std::vector<DebugLayer> distinct_layers(const std::string& network, std::int64_t batch,
                                        const std::string& match = "");

}  // namespace convcheck
