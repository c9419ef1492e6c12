#include <gtest/gtest.h>

#include "fast/dispatch.h"
#include "reference/case.h"
#include "tools/selection.h"

namespace convcheck {
namespace {

constexpr std::int64_t kBatch = 8;
constexpr std::size_t kMostBytes = std::size_t{64} << 20;

// Operands without data.
Operands operands_of(const ConvProblem& problem) {
  const auto view = [](const Shape& shape) {
    return TensorView{nullptr, DataType::F32, shape, contiguous_strides(shape)};
  };
  return {view(problem.x_shape()), view(problem.w_shape()), view(problem.y_shape())};
}

TEST(Workspace, OfAnyNetworkLayerStaysBelow64MiB) {
  std::int64_t asked = 0;
  for (Case layer : network_layers()) {
    layer.x[0] = kBatch;
    for (const Part part : {Part::Forward, Part::GradInputs, Part::GradWeights}) {
      layer.part = part;
      const ConvProblem problem = conv_problem(layer);
      const Operands operands = operands_of(problem);
      for (const char* name : {"direct", "winograd", "corrmm"}) {
        for (const BackendEntry& entry : backends()) {
          if (entry.name != name || entry.backend == nullptr) continue;
          if (!entry.backend->supports(problem, operands)) continue;
          ++asked;
          for (const int threads : {2, 64}) {
            EXPECT_LE(entry.backend->workspace_bytes(problem, operands, {.threads = threads}),
                      kMostBytes)
                << name << " " << to_string(layer);
          }
        }
      }
    }
  }
  EXPECT_GT(asked, 0);
}

}  // namespace
}  // namespace convcheck
