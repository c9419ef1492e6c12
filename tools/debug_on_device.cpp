#include "tools/debug_on_device.h"

#include <deque>

#include "checker/run_case.h"
#include "reference/case.h"
#include "tools/operands_on_device.h"
#ifdef CONVCHECK_HAVE_CUDA
#include "fast/cuda/device_measurement.h"
#endif

namespace convcheck {
namespace {

// One layer's operands, and the backend's workspace for them.
class Call {
 public:
  Call(const ConvProblem& problem, const DebugDevice& with)
      : problem_(problem),
        there_(with.device, problem, types(problem),
               make_data(problem, types(problem), Fill::Real, 1)),
        context_{.stream = with.device->stream()},
        bytes_(with.backend->workspace_bytes(problem, there_.operands(), context_)),
        workspace_(with.device, bytes_) {}

  void run(const Backend& backend) const {
    backend.run(problem_, there_.operands(), {workspace_.data(), bytes_}, context_);
  }
  double bytes() const { return there_.bytes(); }

 private:
  static CallTypes types(const ConvProblem& problem) {
    return usual_types(make_case(problem, DataType::F32));
  }

  const ConvProblem& problem_;
  OperandsOnDevice there_;
  RunContext context_;
  std::size_t bytes_;
  device::Memory workspace_;
};

BackendPtr checked(const DebugDevice& with, DebugSession& session, const std::string& budget) {
  DebugOptions options;
  options.settings.report = false;
  options.settings.action = DebugAction::Callback;
  options.callback = [](const DebugViolation&) {};  // counted
  options.session = &session;
  if (!budget.empty()) set_debug_option(options.settings, "budget", budget);
  return debug_mode(with.backend, options);
}

}  // namespace

std::optional<DebugDevice> debug_device(const BackendPtr& backend) {
  const DevicePtr device = device_in_use();
  if (device == nullptr) return std::nullopt;
#ifdef CONVCHECK_HAVE_CUDA
  constexpr std::size_t kBytes = std::size_t{1} << 30;
  return DebugDevice{device, gpu::device_moments(device->stream()), backend,
                     gpu::copy_bandwidth(kBytes, device->stream())};
#else
  static_cast<void>(backend);
  return std::nullopt;
#endif
}

DebugCost debug_cost(const ConvProblem& problem, const DebugDevice& with, int rounds) {
  const Call call(problem, with);
  DebugSession session;
  const BackendPtr check = checked(with, session, "");
  const auto seconds = seconds_in_turn(
      *with.moments, {[&] { call.run(*with.backend); }, [&] { call.run(*check); }}, rounds);
  session.finish();
  return {.convolution = median(seconds[0]),
          .checked = median(seconds[1]),
          .floor = call.bytes() / with.bandwidth,
          .totals = session.totals()};
}

BudgetCost budget_cost(const std::vector<DebugLayer>& layers, const DebugDevice& with,
                       const std::string& budget, int passes) {
  std::deque<Call> calls;
  for (const DebugLayer& layer : layers) calls.emplace_back(layer.problem, with);
  const auto pass = [&](const Backend& backend) {
    for (const Call& call : calls) call.run(backend);
  };
  DebugSession warm_up, session;
  pass(*checked(with, warm_up, ""));
  warm_up.finish();
  const BackendPtr check = checked(with, session, budget);
  with.moments->record();
  for (int i = 0; i < passes; ++i) pass(*with.backend);
  with.moments->record();
  for (int i = 0; i < passes; ++i) pass(*check);
  with.moments->record();
  const std::vector<double> seconds = with.moments->intervals();
  session.finish();
  return {seconds[0], seconds[1], session.totals()};
}

}  // namespace convcheck
