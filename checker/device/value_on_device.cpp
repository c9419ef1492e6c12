#include "checker/device/value_on_device.h"

#include <cmath>
#include <cstdio>
#include <exception>

#include "checker/accounting.h"
#include "checker/device/device.h"
#include "checker/device/on_device.h"
#include "checker/judge.h"
#include "checker/projection/exact_projection.h"
#include "checker/rules/value.h"
#include "checker/run_case.h"

namespace convcheck {
namespace {

// Row-major operands of a case in the device's memory; the result holds NaN.
class There {
 public:
  There(DevicePtr device, const PreparedCase& ready) : device_(std::move(device)) {
    const ConvProblem& problem = ready.problem();
    const CallTypes& types = ready.types();
    operands_.x = filled(problem.x_shape(), types.x, ready.data().x);
    operands_.w = filled(problem.w_shape(), types.w, ready.data().w);
    operands_.y = filled(problem.y_shape(), types.y, ready.data().y);
    const TensorView& result = operands_.result(problem.direction);
    device_->fill_bytes(result.data, std::byte{0xff},
                        static_cast<std::size_t>(result.size()) * size_of(result.type),
                        device_->stream());
  }
  const Operands& operands() const { return operands_; }

  double element(const TensorView& view, const Index& at) const {
    double storage = 0;
    device_->copy_to_host(&storage, view.address(at), size_of(view.type), device_->stream());
    return load(view.type, &storage);
  }

 private:
  TensorView filled(const Shape& shape, DataType type, const OperandFill& values) {
    TensorView view{nullptr, type, shape, contiguous_strides(shape), MemoryKind::Cuda};
    memory_.emplace_back(device_, static_cast<std::size_t>(view.size()) * size_of(type));
    view.data = memory_.back().data();
    device_->launch(device::FillWork{values, device::view_of(view)}, view.size(),
                    device_->stream());
    return view;
  }

  DevicePtr device_;
  std::vector<device::Memory> memory_;
  Operands operands_;
};

bool sample_is_right(const Judged& run, const There& there) {
  const Judge judge(run.problem, run.types, run.data);
  const TensorView& result = there.operands().result(run.problem.direction);
  for (const Expected& one : run.expectation.elements) {
    if (!judge.is_right(there.element(result, one.at), one.sum)) return false;
  }
  return true;
}

std::string note_of(const Judged& run, const ProjectionCheck& check, const Device& device) {
  char missed[32];
  std::snprintf(missed, sizeof missed, "2^%.1f", std::log2(check.miss_probability));
  return "every element by exact projection on " + device.name() + ", " +
         with_separators(check.positions) + " places; miss probability " +
         (check.miss_probability > 0 ? missed : "0") + "; " +
         std::to_string(run.expectation.elements.size()) + " elements by the definition";
}

Verdict judged(const Trial& trial, const There& there, const Device& device) {
  const Judged run = trial.ready.judged();
  const TensorView& result = there.operands().result(run.problem.direction);
  const ProjectionCheck check = run.exact_projection->check(result);
  const bool right = check.matches() && sample_is_right(run, there);
  Verdict verdict = Verdict::passed();
  verdict.note = note_of(run, check, device);
  if (right) return verdict;
  const TensorView& here = run.operands.result(run.problem.direction);
  device.copy_to_host(here.data, result.data,
                      static_cast<std::size_t>(result.size()) * size_of(result.type),
                      device.stream());
  verdict = judge_value(run);
  if (verdict.outcome != Outcome::Passed) return verdict;
  return Verdict::broken("the device says that the result is wrong, the host that it is right: " +
                         note_of(run, check, device));
}

Verdict answer(const Trial& trial, const Backend& backend, const DevicePtr& device) {
  const There there(device, trial.ready);
  const ConvProblem& problem = trial.ready.problem();
  RunContext context = trial.context;
  if (context.stream == nullptr) context.stream = device->stream();
  const std::size_t bytes = backend.workspace_bytes(problem, there.operands(), context);
  const device::Memory workspace(device, bytes);
  device->synchronise(device->stream());
  backend.run(problem, there.operands(), {workspace.data(), bytes}, context);
  device->synchronise(context.stream);
  return judged(trial, there, *device);
}

}  // namespace

std::optional<Verdict> value_on_device(const Trial& trial) {
  PreparedCase& ready = trial.ready;
  const bool projected =
      ready.coverage().coverage == Coverage::ExactProjection && !(ready.types().amplification > 0);
  if (!projected || !ready.subject().layout.empty()) return std::nullopt;
  const Backend* const backend =
      backend_on_device(trial.backend, ready.problem(), ready.operands());
  const DevicePtr device = backend == nullptr ? nullptr : device_in_use();
  if (device == nullptr) return std::nullopt;
  try {
    return answer(trial, *backend, device);
  } catch (const std::exception&) {  // the same call on copies says what is wrong
    return std::nullopt;
  }
}

}  // namespace convcheck
