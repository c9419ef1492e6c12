#include "checker/debug/deferred.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "checker/device/planes.h"
#include "checker/device/samples.h"
#include "checker/judge.h"
#include "checker/projection/random.h"
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
  device::SignedSums sums;
  device::Samples samples;
  Around around;
  std::shared_ptr<Device::Mark> end;  // of the check, in the stream

  bool here() const { return sums.here() && samples.here(); }
};

namespace {

// Of each what was projected is in page-locked memory.
constexpr std::size_t kMostKept = 64;
// To start the samples and to bring them home takes a third of what it takes for the projection,
// which of small calls is all of the time: so one of so many calls takes them for the others, too.
constexpr int kCallsToASample = 8;

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Elements for the oracle on the device.
std::vector<Index> elements_beside(const ConvProblem& problem, const How& how) {
  std::uint64_t state = how.seed ^ 0xfeed;
  if (!how.fresh && projection::next_random(state) % kCallsToASample != 0) return {};
  constexpr std::int64_t kMost = device::SumWork::kMostChosen;
  return sampled(problem, how, std::min(kMost, samples_beside(problem, how, kCallsToASample)));
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
    projection::CallSums sums = of_.sums.get();
    const RealProjection projection(of_.problem, std::move(sums.of_operands), result.type,
                                    {of_.types.accumulator, of_.types.input_bits}, of_.how.seed);
    const RealCheck check = projection.check(sums.of_result);
    done_.projection = check.worst_ratio;
    judge_samples();
    done_.covered = result.size() / std::max<std::int64_t>(1, check.positions) *
                    (check.positions - check.unseen);
    char text[300];
    std::snprintf(
        text, sizeof text,
        "projection with random signs over every element, by %s: worst |Q| is %.3g of its "
        "threshold; an error of %.3g in one element, or %.3g rms, is always seen; %lld elements by "
        "the definition",
        of_.device->name().c_str(), check.worst_ratio, check.element_limit, check.rms_limit,
        static_cast<long long>(done_.by_definition));
    result_.note = text;
    const bool finite = check.unseen == 0 && std::isfinite(check.worst_ratio);
    if (check.violated || !finite || wrong_) look_at(check);
  }

  // What is not finite the projection sees, too.
  void judge_samples() {
    const Judge judge(of_.problem, of_.types, users_data(of_.problem, of_.operands, of_.types));
    for (const auto& [at, sum, got] : of_.samples.elements()) {
      if (!std::isfinite(sum.value) || !std::isfinite(got)) continue;
      const double bound = judge.bound(sum).rigorous, error = std::abs(got - sum.value);
      const double in_bounds = bound > 0 ? error / bound : 0;
      ++done_.by_definition;
      done_.worst_in_bounds = std::max(done_.worst_in_bounds, in_bounds);
      done_.graded |= !judge.is_right(got, sum);
      if (judge.is_possible(got, sum) || (wrong_ && in_bounds <= wrong_->in_bounds)) continue;
      wrong_.emplace();
      wrong_->at = at;
      wrong_->expected = judge.stored(sum);
      wrong_->got = got;
      wrong_->bound = bound;
      wrong_->in_bounds = in_bounds;
      wrong_->terms = sum.terms;
      wrong_->wrong = wrong_->judged = 1;
    }
  }

  // By the definition, as far as the operands are still what they were: there, where a sample is
  // wrong, and otherwise where the projection is.
  void look_at(const RealCheck& check) {
    std::string now_differs = "the operands are by now others";
    try {
      host_.emplace(of_.operands, of_.stream);
      How how = of_.how;
      const std::vector<Index> there = wrong_ ? std::vector{wrong_->at} : std::vector<Index>();
      if (wrong_) how.sample = &there, how.fresh = true;
      Examined examined = examine(of_.problem, host_->operands(), of_.types, how);
      done_.by_definition += examined.by_definition;
      done_.worst_in_bounds = std::max(done_.worst_in_bounds, examined.worst_in_bounds);
      if (examined.violation) {
        findings_.push_back({*examined.violation, std::move(examined.verdict)});
        return;
      }
    } catch (const std::exception& error) {
      host_.reset();
      now_differs = std::string("the operands can no longer be read: ") + error.what();
    }
    done_.graded |= check.violated;
    if (wrong_) {
      host_.reset();
      findings_.push_back({Violation::BadKernelOutput,
                           Verdict::failed("the result was not the definition's; " + now_differs,
                                           std::move(wrong_))});
    } else if (check.impossible && std::isfinite(check.worst_ratio)) {
      host_.reset();
      findings_.push_back(
          {Violation::BadKernelOutput,
           Verdict::failed("the projection is beyond what rounding errors of any kind can give; " +
                           now_differs + ". " + result_.note)});
    }
  }

  const Deferred& of_;
  Done done_;
  std::optional<Mismatch> wrong_;  // the worst sample
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
               device::SignedSums(*device, made.problem, made.operands, made.how.seed, stream),
               device::Samples(*device, made.problem, made.operands,
                               elements_beside(made.problem, made.how), stream),
               made.around, nullptr});
  check->end = mark_in(stream);
  check->how.sample = nullptr;  // the call's own
  check->done.check_seconds += now() - start;
  return check;
}

void keep(std::shared_ptr<Deferred> check, DebugSession::State& state) {
  std::vector<std::shared_ptr<Deferred>> oldest;
  {
    const std::lock_guard lock(state.mutex);
    state.deferred.push_back(std::move(check));
    std::size_t bytes = 0;
    for (const auto& one : state.deferred) bytes += one->sums.bytes();
    while (state.deferred.size() > 1 &&
           (state.deferred.size() > kMostKept || bytes > state.most_deferred_bytes)) {
      bytes -= state.deferred.front()->sums.bytes();
      oldest.push_back(std::move(state.deferred.front()));
      state.deferred.pop_front();
    }
  }
  for (const auto& one : oldest) judge_now(*one, state);
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
        here = wait || state.deferred.front()->here();
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
