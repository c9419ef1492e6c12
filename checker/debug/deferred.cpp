#include "checker/debug/deferred.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "checker/device/planes.h"
#include "checker/projection/real_projection.h"

namespace convcheck::debug {

struct Deferred {
  ConvProblem problem;
  Operands operands;  // device memory of the program's
  std::string name;
  DebugOptions options;
  CallTypes types;
  How how;
  Done done;
  void* stream;
  DevicePtr device;
  device::SignedPlanes planes;
  Around around;
  std::shared_ptr<Device::Mark> end;  // of the check, in the stream
};

namespace {

// Of each the planes are in page-locked memory.
constexpr std::size_t kMostKept = 64;

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Operands without_data(Operands operands) {
  for (TensorView* view : {&operands.x, &operands.w, &operands.y}) {
    view->data = nullptr;
    view->memory = MemoryKind::Host;
  }
  return operands;
}

class Judgement {
 public:
  explicit Judgement(const Deferred& of) : of_(of), done_(of.done) {}

  DebugResult run(DebugSession::State& state) {
    const double start = now();
    try {
      judge();
      done_.level = DebugLevel::Projection;
      result_.checked = true;
    } catch (const std::exception& error) {
      findings_.clear();
      done_.broken = true;
      result_.note = std::string("not checked: ") + error.what();
    }
    done_.check_seconds += now() - start;
    count_the_streams_time();
    done_.violations = static_cast<int>(findings_.size());
    state.record(key_of(of_.problem, of_.operands), done_);
    const Operands none = without_data(of_.operands);
    const Subject subject{of_.problem, host_ ? host_->operands() : none, of_.name, of_.how.threads};
    tell_all(findings_, subject, of_.options, state, result_);
    return std::move(result_);
  }

 private:
  // Host and stream work side by side: what counts is the longer one.
  void count_the_streams_time() {
    if (of_.around.before == nullptr || of_.around.after == nullptr || of_.end == nullptr) return;
    try {
      done_.stream_seconds = of_.around.after->seconds_since(*of_.around.before);
      done_.check_seconds =
          std::max(done_.check_seconds, of_.end->seconds_since(*of_.around.after));
    } catch (const DeviceError&) {  // the host's time stands
    }
  }

  void judge() {
    const TensorView& result = of_.operands.result(of_.problem.direction);
    const RealProjection projection(of_.problem, of_.planes.sums(), result.type,
                                    {of_.types.accumulator, of_.types.input_bits}, of_.how.seed);
    const RealCheck check = projection.check(of_.planes.result());
    done_.projection = check.worst_ratio;
    done_.covered = result.size() / std::max<std::int64_t>(1, check.positions) *
                    (check.positions - check.unseen);
    char text[300];
    std::snprintf(
        text, sizeof text,
        "projection with random signs over every element, by %s: worst |Q| is %.3g of its "
        "threshold; an error of %.3g in one element, or %.3g rms, is always seen",
        of_.device->name().c_str(), check.worst_ratio, check.element_limit, check.rms_limit);
    result_.note = text;
    if (check.violated || check.unseen > 0 || !std::isfinite(check.worst_ratio)) look_at(check);
  }

  // By the definition, as far as the operands are still what they were.
  void look_at(const RealCheck& check) {
    std::string now_differs = "the operands are by now others";
    try {
      host_.emplace(of_.operands, of_.stream);
      Examined examined = examine(of_.problem, host_->operands(), of_.types, of_.how);
      done_.by_definition = examined.by_definition;
      done_.worst_in_bounds = examined.worst_in_bounds;
      if (examined.violation) {
        findings_.push_back({*examined.violation, std::move(examined.verdict)});
        return;
      }
    } catch (const std::exception& error) {
      host_.reset();
      now_differs = std::string("the operands can no longer be read: ") + error.what();
    }
    done_.graded = check.violated;
    if (check.impossible && std::isfinite(check.worst_ratio)) {
      host_.reset();
      findings_.push_back(
          {Violation::BadKernelOutput,
           Verdict::failed("the projection is beyond what rounding errors of any kind can give; " +
                           now_differs + ". " + result_.note)});
    }
  }

  const Deferred& of_;
  Done done_;
  std::optional<OnHost> host_;
  std::vector<Finding> findings_;
  DebugResult result_;
};

}  // namespace

bool can_defer(const ConvProblem& problem, const Operands& operands, const CallTypes& types,
               DebugLevel level) {
  if (operands.x.memory != MemoryKind::Cuda || level != DebugLevel::Projection) return false;
  const bool transform = types.amplification > 0;
  return !transform && cheapest_way(problem, level, 1, true) != DebugLevel::Sampled &&
         device_in_use() != nullptr;
}

std::shared_ptr<Device::Mark> mark_in(void* stream) {
  try {
    return device_in_use()->mark(stream);
  } catch (const DeviceError&) {
    return nullptr;
  }
}

std::shared_ptr<Deferred> put_off(const Made& made) {
  const double start = now();
  const DevicePtr device = device_in_use();
  void* const stream = made.kernel.context.stream;
  auto check = std::make_shared<Deferred>(
      Deferred{made.problem, made.operands, made.kernel.name, made.options, made.types, made.how,
               made.done, stream, device,
               device::SignedPlanes(*device, made.problem, made.operands, made.how.seed, stream),
               made.around, nullptr});
  check->end = mark_in(stream);
  check->how.sample = nullptr;  // the call's own
  check->done.check_seconds += now() - start;
  return check;
}

void keep(std::shared_ptr<Deferred> check, DebugSession::State& state) {
  std::shared_ptr<Deferred> oldest;
  {
    const std::lock_guard lock(state.mutex);
    state.deferred.push_back(std::move(check));
    if (state.deferred.size() > kMostKept) {
      oldest = std::move(state.deferred.front());
      state.deferred.pop_front();
    }
  }
  if (oldest) judge_now(*oldest, state);
}

DebugResult judge_now(const Deferred& check, DebugSession::State& state) {
  return Judgement(check).run(state);
}

void collect(DebugSession::State& state, bool wait) {
  while (true) {
    std::shared_ptr<Deferred> next;
    {
      const std::lock_guard lock(state.mutex);
      // In the order of the calls: what is behind one that is under way may wait.
      if (state.deferred.empty()) return;
      bool here = true;
      try {
        here = wait || state.deferred.front()->planes.here();
      } catch (const DeviceError&) {  // judging says so
      }
      if (!here) return;
      next = std::move(state.deferred.front());
      state.deferred.pop_front();
    }
    judge_now(*next, state);
  }
}

}  // namespace convcheck::debug
