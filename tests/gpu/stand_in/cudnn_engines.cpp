#include "tests/gpu/stand_in/cudnn_engines.h"

#include <algorithm>

namespace convcheck::cudnn_stand_in {
namespace {

constexpr std::int64_t kHungryImages = 7, kLiarsImages = 11;
constexpr std::size_t kHungryBytes = (std::size_t{64} << 20) + 4096;

std::size_t count_of(const TensorForm& tensor) {
  std::size_t count = 1;
  for (const std::int64_t extent : tensor.extents) count *= static_cast<std::size_t>(extent);
  return count;
}

bool any_above(const std::vector<std::int64_t>& numbers, std::int64_t bound) {
  return std::any_of(numbers.begin(), numbers.end(),
                     [bound](std::int64_t one) { return one > bound; });
}

// Sums that cuDNN has for operands: as long as they are, f32 of f16 and bf16, f16 of forward f16.
bool has_sums(const Operation& op) {
  switch (op.x.type) {
    case DataType::F64:
    case DataType::F32:
      return op.sums == op.x.type;
    case DataType::F16:
      return op.sums == DataType::F32 || (op.sums == DataType::F16 && op.wanted == Wanted::Y);
    default:
      return op.sums == DataType::F32;
  }
}

bool is_for(Engine engine, const Operation& op) {
  switch (engine) {
    case Engine::Hungry:
      return op.x.extents[0] == kHungryImages;
    case Engine::Liar:
      return op.x.extents[0] == kLiarsImages;
    case Engine::TensorCores:
      return op.x.type != DataType::F64 && op.sums == DataType::F32;
    case Engine::DownConverts:
      return op.x.type == DataType::F64 || op.x.type == DataType::F32;
    case Engine::ShortSums:
      return op.x.type == DataType::F16 || op.x.type == DataType::BF16;
    default:
      return true;
  }
}

void check_engine(Engine engine, const Operation& op) {
  demand(is_for(engine, op), CUDNN_STATUS_NOT_SUPPORTED, "an engine for this operation");
  demand(has_sums(op), CUDNN_STATUS_NOT_SUPPORTED_DATA_TYPE, "sums in a type that there is");
  demand(engine != Engine::Refusing, CUDNN_STATUS_NOT_SUPPORTED_SHARED_MEMORY_INSUFFICIENT,
         "more shared memory than the device has");
  demand(op.pads == op.pads_after, CUDNN_STATUS_NOT_SUPPORTED_PADDING, "the same pads behind");
  demand(!op.reverses || op.x.is_packed(), CUDNN_STATUS_NOT_SUPPORTED_LAYOUT,
         "a convolution has an input without gaps");
  demand(op.axes() < 3 || !any_above(op.pads, 0) || !any_above(op.dilations, 1),
         CUDNN_STATUS_NOT_SUPPORTED_PADDING, "padded volumes are not dilated");
  if (engine == Engine::Winograd) {
    demand(op.axes() == 2 && op.w.extents[2] == 3 && op.w.extents[3] == 3 &&
               !any_above(op.strides, 1) && !any_above(op.dilations, 1),
           CUDNN_STATUS_NOT_SUPPORTED_SHAPE, "filters of 3x3 taps in steps of 1");
  }
}

}  // namespace

std::vector<cudnnBackendNumericalNote_t> notes_of(Engine engine, const Operation& op) {
  switch (engine) {
    case Engine::Exact:
      return {CUDNN_NUMERICAL_NOTE_STRICT_NAN_PROP};
    case Engine::Fft:
      return {CUDNN_NUMERICAL_NOTE_FFT};
    case Engine::Winograd:
      return {CUDNN_NUMERICAL_NOTE_WINOGRAD, CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_4x4};
    case Engine::Atomics:
      return {CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC};
    case Engine::ShortSums:
      return {CUDNN_NUMERICAL_NOTE_TENSOR_CORE, CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION};
    case Engine::TensorCores:
      return {CUDNN_NUMERICAL_NOTE_TENSOR_CORE};
    case Engine::DownConverts:
      if (op.x.type == DataType::F64) return {CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS};
      return {CUDNN_NUMERICAL_NOTE_TENSOR_CORE, CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS};
    default:
      return {};
  }
}

std::size_t workspace_of(Engine engine, const Operation& op) {
  constexpr std::size_t kOddTail = 13;
  if (engine == Engine::Hungry) return kHungryBytes;
  return engine == Engine::Staged ? count_of(op.result()) * sizeof(double) + kOddTail : 0;
}

std::vector<Engine> engines_for(cudnnBackendHeurMode_t mode, const Operation& op) {
  if (!has_sums(op)) return {};
  std::vector<Engine> all;
  if (mode == CUDNN_HEUR_MODE_FALLBACK) {
    all = {Engine::Atomics, Engine::Refusing, Engine::Exact};
  } else {
    all = {Engine::Liar,        Engine::DownConverts, Engine::TensorCores, Engine::Winograd,
           Engine::Fft,         Engine::Atomics,      Engine::ShortSums,   Engine::Refusing,
           Engine::TensorCores, Engine::Hungry};
    // Nothing but what is wrong to choose for depthwise filters.
    if (op.groups() == 1 || op.groups() != op.x.extents[1]) {
      all.insert(all.end(), {Engine::Staged, Engine::Exact});
    }
  }
  all.erase(std::remove_if(all.begin(), all.end(), [&](Engine one) { return !is_for(one, op); }),
            all.end());
  return all;
}

void check_heuristics(const Object& heuristics) {
  const auto mode = heuristics.one<cudnnBackendHeurMode_t>(CUDNN_ATTR_ENGINEHEUR_MODE);
  demand(mode == CUDNN_HEUR_MODE_A || mode == CUDNN_HEUR_MODE_B ||
             mode == CUDNN_HEUR_MODE_INSTANT || mode == CUDNN_HEUR_MODE_FALLBACK,
         CUDNN_STATUS_BAD_PARAM, "a mode of heuristics");
  const Operation op = operation_in(heuristics.object(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH));
  demand(mode == CUDNN_HEUR_MODE_FALLBACK || op.axes() < 3 || op.x.type != DataType::F64,
         CUDNN_STATUS_NOT_SUPPORTED, "heuristics for f64 volumes");
}

Engine engine_of(const Object& plan) {
  return static_cast<Engine>(plan.object(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG)
                                 .object(CUDNN_ATTR_ENGINECFG_ENGINE)
                                 .one<std::int64_t>(CUDNN_ATTR_ENGINE_GLOBAL_INDEX));
}

Operation operation_of_plan(const Object& plan) {
  return operation_in(plan.object(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG)
                          .object(CUDNN_ATTR_ENGINECFG_ENGINE)
                          .object(CUDNN_ATTR_ENGINE_OPERATION_GRAPH));
}

void check_plan(const Object& plan) { check_engine(engine_of(plan), operation_of_plan(plan)); }

}  // namespace convcheck::cudnn_stand_in
