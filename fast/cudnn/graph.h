// Plans of cuDNN for one convolution. Internal to fast/cudnn.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fast/cudnn/algorithms.h"
#include "fast/cudnn/arrangement.h"
#include "fast/cudnn/cudnn.h"

namespace convcheck::cudnn {

// cuDNN's handle of the device that is current; one for each, never destroyed. Throws CudnnError.
cudnnHandle_t current_handle();

// What plans are made for: the current device, or one that only is described
// (CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR; lives longer), on which nothing can be executed.
struct Target {
  cudnnHandle_t handle = nullptr;
  const Descriptor* description = nullptr;

  static Target current() { return {.handle = current_handle()}; }
};

// A convolution as an operation graph. Its descriptors live as long as plans of it.
class Graph {
 public:
  // Throws CudnnError; is_refusal() where cuDNN does not do the problem.
  Graph(const Arrangement& arrangement, const Arithmetic& arithmetic, const Target& target);

  const Descriptor& operations() const { return operations_; }
  const Target& target() const { return target_; }

 private:
  Target target_;
  Descriptor x_, w_, y_, convolution_, operation_, operations_;
};

struct GraphPlan {
  std::string name;  // "engine 14", for messages and the tuning cache
  PlanFacts facts;
  Descriptor plan;
  std::string broken = {};  // claims, see algorithms.h
};

struct GraphPlans {
  std::vector<GraphPlan> plans;
  std::string failure;  // of the first that held the claims and could not be built
};

// Those that hold the claims and can be built, best first by cuDNN's estimate, up to the first that
// is enough for the algorithm; perhaps none. Throws CudnnError.
GraphPlans plans_of(const Graph& graph, const Arithmetic& arithmetic, std::string_view algorithm);

// All that hold the claims, and some of those that break one or several in the same way.
std::vector<GraphPlan> plans_with_broken_claims(const Graph& graph, const Arithmetic& arithmetic);

struct Pointers {
  void *x = nullptr, *w = nullptr, *y = nullptr, *workspace = nullptr;
};

// What a plan is executed on. Throws CudnnError.
Descriptor variant_pack(const Pointers& pointers);

// Puts it into the stream, a cudaStream_t. Throws CudnnError.
void execute(const GraphPlan& plan, const Descriptor& variant_pack, void* stream);

}  // namespace convcheck::cudnn
