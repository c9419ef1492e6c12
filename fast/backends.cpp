// The list of backends: one line each, fastest first of each kind of memory.
#include <utility>

#include "fast/dispatch.h"
#include "reference/reference_backend.h"
#ifdef CONVCHECK_HAVE_OPENBLAS
#include "fast/cpu/corrmm.h"
#endif
#ifdef CONVCHECK_HAVE_HIGHWAY
#include "fast/cpu/direct/direct.h"
#include "fast/cpu/winograd/winograd.h"
#endif
#ifdef CONVCHECK_HAVE_ONEDNN
#include "fast/onednn/onednn.h"
#endif

#ifdef CONVCHECK_HAVE_CUDA
#include "fast/cuda/gpu_corrmm.h"
#include "fast/cuda/gpu_direct.h"
#endif
#ifdef CONVCHECK_HAVE_CUDNN
#include "fast/cudnn/dnn_conv.h"
#endif

namespace convcheck {
namespace {

// The rule by which automatic() chooses. Costs are times, as multiples of what the fastest needs,
// measured on two Zen 3 cores (f32 and f64, the layers of `convcheck bench`): corrmm takes 1.1 to 4
// times as long as direct but for the two kinds of gradient where a product of direct's has too few
// rows or columns to fill its registers.
constexpr double kCorrmmCost = 1.2, kStarvedCost = 1.4;

// Few channels of a group but many filters: each panel of the gradient has few rows.
bool has_few_channels(const ConvProblem& problem) {
  return problem.direction == Direction::GradInputs && problem.group_channels() <= 4 &&
         problem.group_filters() >= 16;
}

// Deep layers behind whose small images there are only few columns.
bool has_few_positions(const ConvProblem& problem) {
  return problem.direction == Direction::GradWeights && problem.group_channels() >= 64 &&
         element_count(problem.output_extents()) <= 64;
}

[[maybe_unused]] double direct_cost(const ConvProblem& problem) {
  const bool starved = has_few_channels(problem) || has_few_positions(problem);
  return starved && !problem.unshared ? kStarvedCost : 1;
}

[[maybe_unused]] double corrmm_cost(const ConvProblem&) { return kCorrmmCost; }

// The last resort.
double reference_cost(const ConvProblem&) { return 1e9; }

BackendEntry direct() {
#ifdef CONVCHECK_HAVE_HIGHWAY
  return {
      .name = "direct", .backend = direct_backend(), .tags = {"conv_gemm"}, .cost = direct_cost};
#else
  return {.name = "direct",
          .backend = nullptr,
          .reason = "Highway was not found (Debian package libhwy-dev)",
          .tags = {"conv_gemm"}};
#endif
}

// After all others: its larger errors are for the caller to choose, by name.
BackendEntry winograd() {
#ifdef CONVCHECK_HAVE_HIGHWAY
  return {.name = "winograd",
          .backend = winograd_backend(),
          .tags = {"conv_winograd"},
          .by_name_only = true};
#else
  return {.name = "winograd",
          .backend = nullptr,
          .reason = "Highway was not found (Debian package libhwy-dev)",
          .tags = {"conv_winograd"},
          .by_name_only = true};
#endif
}

BackendEntry corrmm() {
#ifdef CONVCHECK_HAVE_OPENBLAS
  return {
      .name = "corrmm", .backend = corrmm_backend(), .tags = {"conv_gemm"}, .cost = corrmm_cost};
#else
  return {.name = "corrmm",
          .backend = nullptr,
          .reason = "OpenBLAS was not found (Debian package libopenblas-dev)",
          .tags = {"conv_gemm"}};
#endif
}

// A released library to judge and to compare with: not what a program gets that did not ask for it.
BackendEntry onednn() {
#ifdef CONVCHECK_HAVE_ONEDNN
  return {
      .name = "onednn", .backend = onednn_backend(), .tags = {"conv_onednn"}, .by_name_only = true};
#else
  return {.name = "onednn",
          .backend = nullptr,
          .reason = "oneDNN 2 was not found (Debian package libdnnl-dev)",
          .tags = {"conv_onednn"},
          .by_name_only = true};
#endif
}

[[maybe_unused]] BackendEntry without_cuda(std::string name, std::vector<std::string> tags,
                                           bool by_name_only = false) {
  return {.name = std::move(name),
          .backend = nullptr,
          .reason = "nvcc was not found, or CONVCHECK_CUDA is OFF (NVIDIA's CUDA toolkit)",
          .tags = std::move(tags),
          .by_name_only = by_name_only,
          .memory = MemoryKind::Cuda};
}

BackendEntry gpu_direct() {
#ifdef CONVCHECK_HAVE_CUDA
  return {.name = "gpu_direct",
          .backend = gpu_direct_backend(),
          .tags = {"conv_gemm"},
          .memory = MemoryKind::Cuda};
#else
  return without_cuda("gpu_direct", {"conv_gemm"});
#endif
}

BackendEntry gpu_corrmm() {
#ifdef CONVCHECK_HAVE_CUDA
  return {.name = "gpu_corrmm",
          .backend = gpu_corrmm_backend(),
          .tags = {"conv_gemm"},
          .memory = MemoryKind::Cuda,
          .cost = corrmm_cost};
#else
  return without_cuda("gpu_corrmm", {"conv_gemm"});
#endif
}

BackendEntry dnn_conv() {
#ifdef CONVCHECK_HAVE_CUDNN
  return {.name = "dnn_conv",
          .backend = dnn_conv_backend(),
          .tags = {"conv_dnn"},
          .memory = MemoryKind::Cuda};
#else
  return {.name = "dnn_conv",
          .backend = nullptr,
          .reason = "cuDNN 9's headers or nvcc were not found (NVIDIA's cuDNN and CUDA toolkit)",
          .tags = {"conv_dnn"},
          .memory = MemoryKind::Cuda};
#endif
}

// Rounds its inputs: for the caller to choose, by name.
BackendEntry gpu_direct_tf32() {
#ifdef CONVCHECK_HAVE_CUDA
  return {.name = "gpu_direct_tf32",
          .backend = gpu_direct_tf32_backend(),
          .tags = {"conv_tf32"},
          .by_name_only = true,
          .memory = MemoryKind::Cuda};
#else
  return without_cuda("gpu_direct_tf32", {"conv_tf32"}, true);
#endif
}

BackendEntry reference() {
  return {.name = "reference", .backend = reference_backend(), .cost = reference_cost};
}

}  // namespace

const std::vector<BackendEntry>& backends() {
  static const std::vector<BackendEntry> entries{
      direct(),     corrmm(),     winograd(),        onednn(),    dnn_conv(),
      gpu_direct(), gpu_corrmm(), gpu_direct_tf32(), reference(),
  };
  return entries;
}

}  // namespace convcheck
