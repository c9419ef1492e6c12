#include "fast/cudnn/graph.h"

#include <cuda_runtime_api.h>

#include <algorithm>
#include <map>
#include <mutex>

namespace convcheck::cudnn {
namespace {

constexpr std::int64_t kX = 'x', kW = 'w', kY = 'y';  // unique identities of tensors
// Releases of cuDNN 9 before 9.15 need it, and later ones call its name deprecated.
constexpr auto kPlanHandle = static_cast<cudnnBackendAttributeName_t>(400);
constexpr auto kGraphHandle = static_cast<cudnnBackendAttributeName_t>(800);
// Of a device's description, which releases before 9.8 do not have.
constexpr auto kPlanDevice = static_cast<cudnnBackendAttributeName_t>(407);
constexpr auto kHeuristicsDevice = static_cast<cudnnBackendAttributeName_t>(204);
// Of a kind of heuristics: most configurations of f32 may be of TF32, and to ask for them is cheap.
constexpr std::int64_t kMostConfigurations = 128;
// Of these that hold the claims, and that break the same ones.
constexpr std::size_t kMostPlans = 24, kMostBroken = 8;
constexpr std::int64_t kAlignment = 16;  // aligned.h

cudnnDataType_t data_type(DataType type) {
  switch (type) {
    case DataType::F64:
      return CUDNN_DATA_DOUBLE;
    case DataType::F32:
      return CUDNN_DATA_FLOAT;
    case DataType::F16:
      return CUDNN_DATA_HALF;
    default:
      return CUDNN_DATA_BFLOAT16;
  }
}

std::vector<std::int64_t> list(const Dims& dims) { return {dims.begin(), dims.end()}; }

Descriptor tensor(const Passed& passed, DataType type, std::int64_t identity) {
  Descriptor made(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  made.set(CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, data_type(type));
  made.set(CUDNN_ATTR_TENSOR_DIMENSIONS, list(passed.extents));
  made.set(CUDNN_ATTR_TENSOR_STRIDES, list(passed.strides));
  made.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, std::vector<std::int64_t>{identity});
  made.set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, std::vector<std::int64_t>{kAlignment});
  made.finalize();
  return made;
}

Descriptor convolution(const ConvProblem& problem, DataType arithmetic) {
  std::vector<std::int64_t> pads, strides, dilations;
  for (const Window& window : problem.axes()) {
    pads.push_back(window.pad_before);
    strides.push_back(window.stride);
    dilations.push_back(window.dilation);
  }
  Descriptor made(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
  made.set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, data_type(arithmetic));
  made.set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE,
           problem.flip ? CUDNN_CONVOLUTION : CUDNN_CROSS_CORRELATION);
  made.set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS,
           std::vector<std::int64_t>{static_cast<std::int64_t>(problem.rank)});
  made.set(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, pads);
  made.set(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, pads);
  made.set(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, strides);
  made.set(CUDNN_ATTR_CONVOLUTION_DILATIONS, dilations);
  made.finalize();
  return made;
}

// The names of a direction's attributes.
struct Names {
  cudnnBackendDescriptorType_t operation;
  cudnnBackendAttributeName_t x, w, y, convolution, alpha, beta;
};

Names names_of(Direction direction) {
  switch (direction) {
    case Direction::GradInputs:
      return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA};
    case Direction::GradWeights:
      return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA};
    default:
      return {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA};
  }
}

PlanFacts facts_of(const Descriptor& engine) {
  cudnnBackendNumericalNote_t notes[CUDNN_NUMERICAL_NOTE_TYPE_COUNT] = {};
  const std::int64_t count = engine.get(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE,
                                        CUDNN_NUMERICAL_NOTE_TYPE_COUNT, notes);
  const auto has = [&](cudnnBackendNumericalNote_t note) {
    return std::find(notes, notes + count, note) != notes + count;
  };
  return {.tensor_core = has(CUDNN_NUMERICAL_NOTE_TENSOR_CORE),
          .rounds_inputs = has(CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS),
          .short_sums = has(CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION),
          .transform = has(CUDNN_NUMERICAL_NOTE_FFT) || has(CUDNN_NUMERICAL_NOTE_WINOGRAD),
          .deterministic = !has(CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC)};
}

// Configurations of engines, best first.
std::vector<Descriptor> configurations(const Graph& graph, cudnnBackendHeurMode_t mode) {
  Descriptor heuristics(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  heuristics.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph.operations());
  heuristics.set(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, mode);
  const Descriptor* const description = graph.target().description;
  if (description != nullptr) heuristics.set(kHeuristicsDevice, *description);
  heuristics.finalize();
  std::vector<Descriptor> all;
  std::vector<cudnnBackendDescriptor_t> own;
  for (std::int64_t i = 0; i < kMostConfigurations; ++i) {
    all.emplace_back(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
    own.push_back(all.back().get());
  }
  const std::int64_t count =
      heuristics.get(CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR,
                     kMostConfigurations, own.data());
  all.erase(all.begin() + static_cast<std::ptrdiff_t>(count), all.end());
  return all;
}

Descriptor engine_of(const Descriptor& configuration) {
  Descriptor engine(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  cudnnBackendDescriptor_t own = engine.get();
  configuration.get(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &own);
  return engine;
}

// Throws CudnnError where the engine does not do the problem after all.
GraphPlan plan_of(const Descriptor& configuration, const Descriptor& engine, const PlanFacts& facts,
                  const Target& target) {
  std::int64_t index = 0, workspace = 0;
  engine.get(CUDNN_ATTR_ENGINE_GLOBAL_INDEX, CUDNN_TYPE_INT64, 1, &index);
  GraphPlan made{.name = "engine " + std::to_string(index),
                 .facts = facts,
                 .plan = Descriptor(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR)};
  if (target.handle != nullptr) made.plan.set(kPlanHandle, CUDNN_TYPE_HANDLE, target.handle);
  if (target.description != nullptr) made.plan.set(kPlanDevice, *target.description);
  made.plan.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, configuration);
  made.plan.finalize();
  made.plan.get(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, 1, &workspace);
  made.facts.workspace = static_cast<std::size_t>(workspace);
  return made;
}

struct Wanted {
  const Arithmetic& arithmetic;
  std::string_view algorithm;
  bool broken = false;  // those that break claims, too
};

// Returns whether they are enough.
bool add_plans(const Graph& graph, cudnnBackendHeurMode_t mode, const Wanted& wanted,
               GraphPlans& to) {
  std::map<std::string, std::size_t> counts;  // by the claims that they break
  for (const Descriptor& configuration : configurations(graph, mode)) {
    try {
      // Asked first, for to build a plan may be to compile a kernel.
      const Descriptor engine = engine_of(configuration);
      const PlanFacts facts = facts_of(engine);
      const std::string broken = broken_claims(facts, wanted.arithmetic);
      if (!broken.empty() && !wanted.broken) continue;
      if (counts[broken] == (broken.empty() ? kMostPlans : kMostBroken)) continue;
      to.plans.push_back(plan_of(configuration, engine, facts, graph.target()));
      to.plans.back().broken = broken;
      ++counts[broken];
      if (is_enough(to.plans.back().facts, wanted.algorithm)) return true;
    } catch (const CudnnError& error) {
      // It does not do the problem after all, or cannot be compiled here: others may.
      if (to.failure.empty()) to.failure = error.what();
    }
  }
  return false;
}

// A handle is used by one thread at a time.
std::mutex& handle_in_use() {
  static auto* const mutex = new std::mutex;
  return *mutex;
}

GraphPlans plans_of(const Graph& graph, const Wanted& wanted) {
  GraphPlans made;
  const std::lock_guard lock(handle_in_use());
  for (const cudnnBackendHeurMode_t mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) {
    try {
      if (add_plans(graph, mode, wanted, made)) break;
    } catch (const CudnnError& error) {
      if (!error.is_refusal()) throw;
    }
  }
  return made;
}

}  // namespace

cudnnHandle_t current_handle() {
  static auto* const mutex = new std::mutex;
  static auto* const handles = new std::map<int, cudnnHandle_t>;
  const std::lock_guard lock(*mutex);
  int device = 0;
  if (cudaGetDevice(&device) != cudaSuccess) cudaGetLastError();
  cudnnHandle_t& handle = (*handles)[device];
  if (handle == nullptr) library().check(library().create(&handle), "cudnnCreate");
  return handle;
}

Graph::Graph(const Arrangement& arrangement, const Arithmetic& arithmetic, const Target& target)
    : target_(target),
      x_(tensor(arrangement.x, arithmetic.operands, kX)),
      w_(tensor(arrangement.w, arithmetic.operands, kW)),
      y_(tensor(arrangement.y, arithmetic.operands, kY)),
      convolution_(convolution(arrangement.problem, arithmetic.sums)),
      operation_(names_of(arrangement.problem.direction).operation),
      operations_(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR) {
  const Names names = names_of(arrangement.problem.direction);
  operation_.set(names.convolution, convolution_);
  operation_.set(names.x, x_);
  operation_.set(names.w, w_);
  operation_.set(names.y, y_);
  if (arithmetic.sums == DataType::F64) {
    operation_.set(names.alpha, CUDNN_TYPE_DOUBLE, 1.0);
    operation_.set(names.beta, CUDNN_TYPE_DOUBLE, 0.0);
  } else {
    operation_.set(names.alpha, CUDNN_TYPE_FLOAT, 1.0f);
    operation_.set(names.beta, CUDNN_TYPE_FLOAT, 0.0f);
  }
  operation_.finalize();
  const std::lock_guard lock(handle_in_use());
  if (target.handle != nullptr) operations_.set(kGraphHandle, CUDNN_TYPE_HANDLE, target.handle);
  operations_.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, operation_);
  operations_.finalize();
}

GraphPlans plans_of(const Graph& graph, const Arithmetic& arithmetic, std::string_view algorithm) {
  return plans_of(graph, Wanted{arithmetic, algorithm});
}

std::vector<GraphPlan> plans_with_broken_claims(const Graph& graph, const Arithmetic& arithmetic) {
  // Of time_once none is left out.
  return plans_of(graph, Wanted{arithmetic, "time_once", true}).plans;
}

Descriptor variant_pack(const Pointers& pointers) {
  Descriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  void* const data[] = {pointers.x, pointers.w, pointers.y};
  const std::int64_t identities[] = {kX, kW, kY};
  pack.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, 3, data);
  pack.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, 3, identities);
  pack.set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, pointers.workspace);
  pack.finalize();
  return pack;
}

void execute(const GraphPlan& plan, const Descriptor& variant_pack, void* stream) {
  const cudnnHandle_t handle = current_handle();
  const std::lock_guard lock(handle_in_use());  // the stream is the handle's, too
  library().check(library().set_stream(handle, static_cast<cudaStream_t>(stream)),
                  "cudnnSetStream");
  library().check(library().execute(handle, plan.plan.get(), variant_pack.get()),
                  "cudnnBackendExecute");
}

}  // namespace convcheck::cudnn
