#include "tools/bundle_run.h"

#include "checker/device/on_device.h"
#include "fast/dispatch.h"
#include "tools/selection.h"
#ifdef CONVCHECK_HAVE_HDF5_BUNDLES
#include "fixtures/bundle.h"
#endif

namespace convcheck {
namespace {

DebugOptions options_of(DebugSession& session, std::optional<DebugViolation>& found) {
  DebugOptions options;
  options.settings.level = DebugLevel::Full;
  options.settings.report = false;
  options.settings.check_isfinite = false;
  options.settings.action = DebugAction::Callback;
  options.session = &session;
  options.callback = [&found](const DebugViolation& one) {
    if (!found) found = one;
  };
  return options;
}

void require_operands(const Bundle& bundle) {
  if (!bundle.has_operands) {
    throw BundleError("the bundle has no operands: they were larger than its limit");
  }
}

}  // namespace

Bundle open_bundle(const std::string& path) {
#ifdef CONVCHECK_HAVE_HDF5_BUNDLES
  return read_bundle(path);
#else
  return read_plain_bundle(path);
#endif
}

BackendPtr bundle_backend(const Bundle& bundle, const std::string& name) {
  if (!name.empty()) return name == "automatic" ? automatic() : select_backends({{name}, {}}).front();
  if (bundle.text("backend") == "automatic") return automatic();
  for (const BackendEntry& entry : backends()) {
    if (entry.name == bundle.text("backend") && entry.backend != nullptr) return entry.backend;
  }
  return nullptr;
}

std::optional<DebugViolation> judge_stored(const Bundle& bundle) {
  require_operands(bundle);
  std::optional<DebugViolation> found;
  DebugSession session;
  DebugOptions options = options_of(session, found);
  options.name = bundle.text("backend");
  verify(conv_problem(bundle_case(bundle)), bundle.operands(), options);
  return found;
}

std::optional<DebugViolation> judge_again(const Bundle& bundle, const BackendPtr& backend,
                                          int threads) {
  require_operands(bundle);
  const ConvProblem problem = conv_problem(bundle_case(bundle));
  Operands operands = bundle.operands();
  const Tensor result(problem.result_shape(), operands.result(problem.direction).type);
  (problem.direction == Direction::Forward      ? operands.y
   : problem.direction == Direction::GradInputs ? operands.x
                                                : operands.w) = result;
  std::optional<DebugViolation> found;
  DebugSession session;
  run(*debug_mode(on_device(backend), options_of(session, found)), problem, operands, {.threads = threads});
  return found;
}

}  // namespace convcheck
