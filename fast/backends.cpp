// The list of backends: one line each, fastest first.
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

namespace convcheck {
namespace {

BackendEntry direct() {
#ifdef CONVCHECK_HAVE_HIGHWAY
  return {.name = "direct", .backend = direct_backend(), .tags = {"conv_gemm"}};
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
  return {.name = "corrmm", .backend = corrmm_backend(), .tags = {"conv_gemm"}};
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

BackendEntry reference() { return {.name = "reference", .backend = reference_backend()}; }

}  // namespace

const std::vector<BackendEntry>& backends() {
  static const std::vector<BackendEntry> entries{
      direct(), corrmm(), winograd(), onednn(), reference(),
  };
  return entries;
}

}  // namespace convcheck
