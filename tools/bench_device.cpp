#include "tools/bench_device.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <map>
#include <span>
#include <stdexcept>
#include <string>

#include "checker/run_case.h"
#include "fast/dispatch.h"
#include "reference/flops.h"
#include "tools/operands_on_device.h"
#ifdef CONVCHECK_HAVE_CUDA
#include "fast/cuda/device_measurement.h"
#endif

namespace convcheck {
namespace {

constexpr int kPlanRounds = 3;  // to choose the fastest plan, which is then measured as all are

class DeviceBench {
 public:
  DeviceBench(const Case& original, const Case& real, const BenchDevice& with)
      : original_(original),
        case_(real),
        with_(with),
        ready_(real, usual_types(real), {}),
        there_(with.device, ready_.problem(), ready_.types(), ready_.data(),
               parse_layout(real.layout)),
        context_{.stream = with.device->stream()} {}

  void add(const BackendPtr& backend, BenchRole role, const std::string& name,
           const std::string& note = "") {
    results_.push_back(named(name.empty() ? backend->name() : name, role));
    results_.back().note = note;
    try {
      const Support support = backend->supports(ready_.problem(), there_.operands());
      results_.back().refused = support.reason;
      if (!support) return;
      const std::function<void()> call = call_of(backend);
      call();  // what fails, fails here
      with_.device->synchronise(context_.stream);
      calls_.push_back({results_.size() - 1, backend, call});
    } catch (const std::exception& error) {
      results_.back().refused = std::string("threw: ") + error.what();
    }
  }

  void add_peers() {
    if (ready_.problem().unshared) return add_copy();
    std::map<std::string, std::vector<BackendPtr>> kinds;  // by the claims that they break
    if (!with_.plans) return;
    try {
      for (const CudnnPlan& one : with_.plans(ready_.problem(), there_.operands())) {
        kinds[one.broken].push_back(one.backend);
      }
    } catch (const std::exception& error) {
      return add_failed("dnn", BenchRole::Peer, error);
    }
    for (const auto& [broken, plans] : kinds) add_fastest(broken, plans);
  }

  std::vector<BenchResult> results(int rounds) {
    std::vector<std::function<void()>> calls;
    for (const Entry& entry : calls_) calls.push_back(entry.call);
    const auto seconds = seconds_in_turn(*with_.moments, calls, rounds);
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      BenchResult& result = results_[calls_[i].result];
      result.seconds = median(seconds[i]);
      if (calls_[i].backend == nullptr) continue;  // the copy
      result.gigaflops = static_cast<double>(flops(ready_.problem())) / result.seconds * 1e-9;
      result.error_in_bounds = error_of(calls_[i]);
    }
    set_ratios(results_);
    return results_;
  }

 private:
  struct Entry {
    std::size_t result;
    BackendPtr backend;
    std::function<void()> call;
  };

  BenchResult named(const std::string& backend, BenchRole role) const {
    return {.problem = to_string(original_),
            .direction = to_string(ready_.problem().direction),
            .backend = backend,
            .role = role};
  }

  void add_failed(const std::string& name, BenchRole role, const std::exception& error) {
    results_.push_back(named(name, role));
    results_.back().refused = std::string("threw: ") + error.what();
  }

  void add_fastest(const std::string& broken, const std::vector<BackendPtr>& plans) {
    const BenchRole role = broken.empty() ? BenchRole::Peer : BenchRole::Beyond;
    try {
      const BackendPtr best = fastest(plans);
      add(best, role, "dnn" + broken,
          "the best of " + std::to_string(plans.size()) + " plans: " + best->name());
    } catch (const std::exception& error) {
      add_failed("dnn" + broken, role, error);
    }
  }

  // As many bytes are read and written as the operands have.
  void add_copy() {
    if (!with_.copy) return;
    const Operands& operands = there_.operands();
    std::size_t bytes = 0;
    for (const TensorView* view : {&operands.x, &operands.w, &operands.y}) {
      bytes += static_cast<std::size_t>(view->size()) * size_of(view->type);
    }
    try {
      workspaces_.emplace_back(with_.device, bytes / 2);
      workspaces_.emplace_back(with_.device, bytes / 2);
    } catch (const std::exception& error) {
      return add_failed("copy", BenchRole::Peer, error);
    }
    std::byte *const to = workspaces_.back().data(), *const from = (workspaces_.end() - 2)->data();
    calls_.push_back({results_.size(), nullptr, [=, this] { with_.copy(to, from, bytes / 2); }});
    results_.push_back(named("copy", BenchRole::Peer));
  }

  std::size_t workspace_bytes(const BackendPtr& backend) const {
    return backend->workspace_bytes(ready_.problem(), there_.operands(), context_);
  }

  std::function<void()> call_in(const BackendPtr& backend, std::span<std::byte> workspace) {
    return [this, backend, workspace] {
      backend->run(ready_.problem(), there_.operands(), workspace, context_);
    };
  }

  // With a workspace of its own, of the announced size.
  std::function<void()> call_of(const BackendPtr& backend) {
    const std::size_t bytes = workspace_bytes(backend);
    workspaces_.emplace_back(with_.device, bytes);
    return call_in(backend, {workspaces_.back().data(), bytes});
  }

  // Of those that run. They share a workspace: each may want gigabytes.
  BackendPtr fastest(const std::vector<BackendPtr>& plans) {
    std::size_t most = 0;
    for (const BackendPtr& plan : plans) most = std::max(most, workspace_bytes(plan));
    const device::Memory workspace(with_.device, most);
    std::vector<BackendPtr> fit;
    std::vector<std::function<void()>> calls;
    std::string failure;
    for (const BackendPtr& plan : plans) {
      calls.push_back(call_in(plan, {workspace.data(), most}));
      try {
        calls.back()();
        with_.device->synchronise(context_.stream);
        fit.push_back(plan);
      } catch (const std::exception& error) {
        failure = error.what();
        calls.pop_back();
      }
    }
    if (fit.empty()) throw std::runtime_error(failure);
    const auto seconds = seconds_in_turn(*with_.moments, calls, kPlanRounds);
    BackendPtr best;
    double least = HUGE_VAL;
    for (std::size_t i = 0; i < fit.size(); ++i) {
      if (median(seconds[i]) < least) best = fit[i], least = median(seconds[i]);
    }
    return best;
  }

  double error_of(const Entry& entry) {
    const TensorView& result = there_.operands().result(ready_.problem().direction);
    there_.forget(result);
    entry.call();
    const OperandsOnDevice::Copy copy = there_.copy_of(result);
    const Judge judge(ready_.problem(), call_types(case_, *entry.backend), ready_.data());
    return worst_in_bounds(judge, ready_.expectation(), copy.view());
  }

  const Case& original_;
  const Case& case_;
  const BenchDevice& with_;
  PreparedCase ready_;
  OperandsOnDevice there_;
  RunContext context_;
  std::vector<BenchResult> results_;
  std::vector<Entry> calls_;
  std::vector<device::Memory> workspaces_;
};

}  // namespace

std::optional<BenchDevice> bench_device() {
  const DevicePtr device = device_in_use();
  if (device == nullptr) return std::nullopt;
  BenchDevice bench{.device = device, .moments = nullptr, .plans = {}, .copy = {}};
#ifdef CONVCHECK_HAVE_CUDA
  bench.moments = gpu::device_moments(device->stream());
  bench.copy = [stream = device->stream()](void* to, const void* from, std::size_t bytes) {
    gpu::copy_there(to, from, bytes, stream);
  };
#endif
#ifdef CONVCHECK_HAVE_CUDNN
  bench.plans = every_cudnn_plan;
#endif
  return bench.moments == nullptr ? std::nullopt : std::optional(bench);
}

std::vector<Contestant> device_contestants(const std::vector<std::string>& only) {
  for (const std::string& name : only) backend_named(name);  // or refused
  std::vector<Contestant> all;
  if (only.empty()) all.push_back({.backend = automatic(), .role = BenchRole::Ours});
  for (const BackendEntry& entry : backends()) {
    if (entry.backend == nullptr || entry.memory != MemoryKind::Cuda) continue;
    const bool named = std::find(only.begin(), only.end(), entry.name) != only.end();
    if (!only.empty() && !named) continue;
    const bool beside = entry.by_name_only && !named;
    all.push_back({.backend = entry.backend,
                   .role = beside ? BenchRole::Shown : BenchRole::Ours,
                   .name = entry.name});
  }
  return all;
}

std::vector<BenchResult> measure_on_device(const Case& c,
                                           const std::vector<Contestant>& contestants,
                                           const BenchSettings& settings,
                                           const BenchDevice& bench) {
  Case real = c;
  real.fill = "real";
  DeviceBench one(c, real, bench);
  one.add_peers();  // while the plans' workspaces are all there is
  for (const Contestant& each : contestants) one.add(each.backend, each.role, each.name);
  return one.results(settings.rounds);
}

}  // namespace convcheck
