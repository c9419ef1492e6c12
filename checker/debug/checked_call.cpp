#include "checker/debug/checked_call.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>

#include "checker/debug/deferred.h"
#include "checker/parallel.h"
#include "checker/random_bits.h"
#include "checker/rules/all_rules.h"

namespace convcheck::debug {
namespace {

constexpr std::int64_t kFingerprint = 64;  // elements of an input that every level compares

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::uint64_t element_bits(const TensorView& view, const Index& at) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, view.address(at), size_of(view.type));
  return bits;
}

// The bytes of some elements of a host view, or a hash of all of them.
std::vector<std::uint64_t> fingerprint(const TensorView& view, bool all, std::uint64_t seed) {
  std::vector<std::uint64_t> bits;
  if (view.empty()) return bits;
  Index at(view.rank(), 0);
  if (all) {
    std::uint64_t hash = 0;
    do hash = (hash ^ element_bits(view, at)) * 0x9e3779b97f4a7c15u + 1;
    while (advance(at, view.extents));
    return {hash};
  }
  for (std::int64_t i = 0; i < kFingerprint; ++i) {
    for (std::size_t axis = 0; axis < view.rank(); ++axis) {
      seed = seed * 0x5851f42d4c957f2du + 0x14057b7ef767814fu;
      at[axis] =
          static_cast<std::int64_t>((seed >> 33) % static_cast<std::uint64_t>(view.extents[axis]));
    }
    bits.push_back(element_bits(view, at));
  }
  return bits;
}

// Of both inputs, before and after a call. Device memory is not looked at.
class InputsKept {
 public:
  InputsKept(const ConvProblem& problem, const Operands& operands, bool all, std::uint64_t seed)
      : all_(all), seed_(seed) {
    if (operands.x.memory != MemoryKind::Host) return;
    const TensorView* const result = &operands.result(problem.direction);
    for (const auto& [name, view] :
         {std::pair("x", &operands.x), std::pair("w", &operands.w), std::pair("y", &operands.y)}) {
      if (view == result) continue;
      inputs_.push_back({name, view, fingerprint(*view, all, seed)});
    }
  }

  std::optional<Finding> changed() const {
    for (const Input& input : inputs_) {
      if (fingerprint(*input.view, all_, seed_) == input.before) continue;
      return Finding{Violation::BadInputMutation,
                     Verdict::failed(std::string("the call wrote to its input ") + input.name)};
    }
    return std::nullopt;
  }

 private:
  struct Input {
    const char* name;
    const TensorView* view;
    std::vector<std::uint64_t> before;
  };
  bool all_;
  std::uint64_t seed_;
  std::vector<Input> inputs_;
};

DebugSession::State& state_of(const DebugOptions& options) {
  return (options.session == nullptr ? DebugSession::process() : *options.session).state();
}

class Checked {
 public:
  Checked(const ConvProblem& problem, const Operands& operands, const Kernel& kernel,
          const DebugOptions& options)
      : problem_(problem),
        operands_(operands),
        kernel_(kernel),
        options_(options),
        state_(state_of(options)),
        key_(key_of(problem, operands)),
        threads_(thread_count(options.settings.threads > 0 ? options.settings.threads
                                                           : kernel.context.threads)) {}

  DebugResult run() {
    const bool in_stream = is_for_device();
    const Plan plan = state_.plan(key_, options_.settings, threads_, in_stream);
    done_.elements = element_count(problem_.result_shape());
    if (plan.level == DebugLevel::Off) {
      call();
      state_.record(key_, done_);
      collect(state_, false);
      return {};
    }
    const double before = now();
    // Before the call: a backend that fails here may be one that the program's call does not
    // survive.
    if (plan.rules) result_ = rules_applied(problem_, operands_, kernel_, options_);
    const InputsKept inputs(problem_, operands_, plan.level >= DebugLevel::Full, plan.number);
    done_.check_seconds = now() - before;
    done_.in_stream = in_stream;
    Around around;
    if (in_stream) around.before = mark_in(kernel_.context.stream);
    call();
    if (in_stream) around.after = mark_in(kernel_.context.stream);
    if (in_stream) return defer(plan, around);
    const double after = now();
    check(plan, inputs);
    done_.check_seconds += now() - after;
    done_.violations = static_cast<int>(findings_.size());
    state_.record(key_, done_);
    tell();
    return std::move(result_);
  }

 private:
  // Then the plan's level is that of the settings, or Off.
  bool is_for_device() const {
    return operands_.x.memory == MemoryKind::Cuda &&
           can_defer(problem_, operands_, types_of(kernel_, problem_, operands_),
                     options_.settings.level);
  }

  void call() {
    if (!kernel_.call) return;
    const double start = now();
    try {
      kernel_.call();
    } catch (...) {
      done_.threw = true;
      done_.call_seconds = now() - start;
      state_.record(key_, done_);
      throw;
    }
    done_.call_seconds = now() - start;
  }

  // What has happened already is judged at once, as the program waits for the answer.
  DebugResult defer(const Plan& plan, const Around& around) {
    std::shared_ptr<Deferred> put;
    const double start = now();
    try {
      put = put_off({problem_, operands_, kernel_, options_, types_of(kernel_, problem_, operands_),
                     how(plan), done_, around});
    } catch (const std::exception& error) {
      done_.broken = true;
      done_.check_seconds += now() - start;
      result_.note = std::string("not checked: ") + error.what();
      state_.record(key_, done_);
      return std::move(result_);
    }
    if (!kernel_.call) return judge_now(*put, state_);
    keep(std::move(put), state_);
    collect(state_, false);
    result_.deferred = true;
    result_.note = "on device memory: judged with a later call, or by DebugSession::finish()";
    return std::move(result_);
  }

  How how(const Plan& plan) const {
    return {.level = plan.level,
            .check_isfinite = options_.settings.check_isfinite,
            .threads = threads_,
            .seed = options_.settings.seed + plan.number,
            .sample = plan.sample.get(),
            .samples = options_.settings.samples,
            .fresh = plan.fresh};
  }

  // Trouble of our own or the machine's is told, and the program goes on.
  void check(const Plan& plan, const InputsKept& inputs) {
    try {
      judge(plan, inputs);
      done_.level = plan.level;
      result_.checked = true;
    } catch (const std::exception& error) {
      findings_.clear();
      done_.broken = true;
      result_.note = std::string("not checked: ") + error.what();
    }
  }

  void judge(const Plan& plan, const InputsKept& inputs) {
    host_.emplace(operands_, kernel_.context.stream);
    const CallTypes types = types_of(kernel_, problem_, operands_);
    const How how = this->how(plan);
    if (auto changed = inputs.changed()) findings_.push_back(std::move(*changed));
    Examined examined = examine(problem_, host_->operands(), types, how);
    done_.covered = examined.covered;
    done_.by_definition = examined.by_definition;
    done_.worst_in_bounds = examined.worst_in_bounds;
    done_.projection = examined.projection;
    done_.graded = examined.graded;
    result_.note = examined.verdict.note;
    if (examined.violation) {
      findings_.push_back({*examined.violation, std::move(examined.verdict)});
    }
    if (findings_.empty()) run_again(how);
    if (plan.level == DebugLevel::Paranoid && kernel_.backend == nullptr) list_rules();
  }

  void run_again(How how) {
    if (operands_.x.memory != MemoryKind::Host) return;
    how.sample = nullptr;
    Rerun rerun{problem_, operands_, kernel_, options_.settings, how};
    rerun.run();
    findings_.insert(findings_.end(), rerun.findings.begin(), rerun.findings.end());
    result_.not_run.insert(result_.not_run.end(), rerun.not_run.begin(), rerun.not_run.end());
  }

  void list_rules() {
    for (const Rule& rule : all_rules()) {
      if (std::string(rule.name) == "value") continue;
      result_.not_run.push_back(std::string(rule.name) + ": needs buffers of our own");
    }
  }

  void tell() {
    if (findings_.empty()) return;
    const Subject subject{problem_, host_->operands(), kernel_.name, threads_};
    tell_all(findings_, subject, options_, state_, result_);
  }

  const ConvProblem& problem_;
  const Operands& operands_;
  const Kernel& kernel_;
  const DebugOptions& options_;
  DebugSession::State& state_;
  Key key_;
  int threads_;
  Done done_;
  std::optional<OnHost> host_;
  std::vector<Finding> findings_;
  DebugResult result_;
};

}  // namespace

DebugResult rules_applied(const ConvProblem& problem, const Operands& operands,
                          const Kernel& kernel, const DebugOptions& options) {
  DebugResult result;
  if (kernel.backend == nullptr) return result;
  std::vector<Finding> findings;
  try {
    findings = apply_rules(problem, operands, *kernel.backend, kernel.context, result.not_run);
  } catch (const std::exception& error) {
    result.not_run.push_back(std::string("the rules: ") + error.what());
  }
  if (findings.empty()) return result;
  DebugSession::State& state = state_of(options);
  state.count_violations(static_cast<int>(findings.size()));
  // The program's own result is not there yet.
  Operands inputs = operands;
  for (TensorView* view : {&inputs.x, &inputs.w, &inputs.y}) view->data = nullptr;
  const Subject subject{problem, inputs, kernel.name, kernel.context.threads};
  tell_all(findings, subject, options, state, result);
  return result;
}

void check_refusal(const ConvProblem& problem, const Operands& operands, const Kernel& kernel,
                   const DebugOptions& options) {
  if (options.settings.level != DebugLevel::Paranoid) return;
  if (state_of(options).takes_rules(key_of(problem, operands))) {
    rules_applied(problem, operands, kernel, options);
  }
}

DebugResult checked_call(const ConvProblem& problem, const Operands& operands, const Kernel& kernel,
                         const DebugOptions& options) {
  return Checked(problem, operands, kernel, options).run();
}

}  // namespace convcheck::debug
