#include "checker/debug_mode.h"

#include <utility>

#include "checker/debug/checked_call.h"

namespace convcheck {
namespace {

class Debugged final : public Backend {
 public:
  Debugged(BackendPtr backend, DebugOptions options)
      : backend_(std::move(backend)), options_(std::move(options)) {}

  std::string name() const override { return backend_->name(); }
  DataType accumulator(DataType type) const override { return backend_->accumulator(type); }
  Claims claims() const override { return backend_->claims(); }
  Support supports(const ConvProblem& problem, const Operands& operands) const override {
    Support support = backend_->supports(problem, operands);
    if (!support) debug::check_refusal(problem, operands, kernel({}), options_);
    return support;
  }
  std::size_t workspace_bytes(const ConvProblem& problem, const Operands& operands,
                              const RunContext& context) const override {
    return backend_->workspace_bytes(problem, operands, context);
  }
  void run(const ConvProblem& problem, const Operands& operands, std::span<std::byte> workspace,
           const RunContext& context) const override {
    debug::Kernel own = kernel(context);
    own.call = [&] { backend_->run(problem, operands, workspace, context); };
    debug::checked_call(problem, operands, own, options_);
  }

 private:
  debug::Kernel kernel(const RunContext& context) const {
    return {.name = backend_->name(),
            .claims = backend_->claims(),
            .accumulator = [this](DataType type) { return accumulator(type); },
            .backend = backend_.get(),
            .context = context};
  }

  BackendPtr backend_;
  DebugOptions options_;
};

void check_settings(const DebugSettings& settings) {
  const auto require = [](bool good, const char* name, double value, const char* expected) {
    if (!good) {
      throw ConvError(ErrorKind::Flag, std::string("DebugMode.") + name, std::to_string(value),
                      expected);
    }
  };
  const DebugBudget& budget = settings.budget;
  require(budget.share >= 0 && budget.share <= 1e6, "budget", budget.share, "a share, 0 or more");
  require(budget.every >= 1, "budget every", static_cast<double>(budget.every), "1 or more");
  require(budget.first >= 0, "budget first", static_cast<double>(budget.first), "0 or more");
  require(budget.seconds >= 0, "budget seconds", budget.seconds, "0 or more");
  require(settings.check_strides >= 0 && settings.check_strides <= 2, "check_strides",
          settings.check_strides, "0, 1 or 2");
  require(settings.patience >= 1, "patience", settings.patience, "1 or more");
  require(settings.samples >= 1, "samples", static_cast<double>(settings.samples), "1 or more");
  require(settings.threads >= 0, "threads", settings.threads, "0 or more");
}

Violation violation_of(const ConvError& error) {
  const bool overlap =
      error.kind() == ErrorKind::Memory &&
      (error.value() == "overlapping the result" || error.argument() == "the result's strides");
  return overlap ? Violation::BadAlias : Violation::ShapeMismatch;
}

// Operands that do not fit are a violation, too.
DebugResult checked(const ConvProblem& problem, const Operands& operands,
                    const debug::Kernel& kernel, const DebugOptions& options) {
  check_settings(options.settings);
  if (options.settings.level == DebugLevel::Off) {
    if (kernel.call) kernel.call();
    return {};
  }
  try {
    check_call(problem, operands);
  } catch (const ConvError& error) {
    DebugSession& session = options.session == nullptr ? DebugSession::process() : *options.session;
    const debug::Subject subject{problem, {}, kernel.name, kernel.context.threads};
    DebugResult result;
    result.checked = true;
    result.violations.push_back(
        debug::told(subject, violation_of(error), Verdict::failed(error.what())));
    debug::act(result.violations.back(), subject, options, session.state());
    return result;
  }
  return debug::checked_call(problem, operands, kernel, options);
}

}  // namespace

BackendPtr debug_mode(const BackendPtr& backend, const DebugOptions& options) {
  if (backend == nullptr) throw ConvError(ErrorKind::Unsupported, "backend", "null", "a backend");
  check_settings(options.settings);
  if (options.settings.level == DebugLevel::Off) return backend;
  return std::make_shared<Debugged>(backend, options);
}

DebugResult check_call(const ConvProblem& problem, const Operands& operands,
                       const std::function<void()>& kernel, const DebugOptions& options) {
  return checked(problem, operands,
                 {.name = options.name,
                  .claims = options.claims,
                  .accumulator = options.accumulator,
                  .call = kernel,
                  .context = {.threads = options.settings.threads, .stream = options.stream}},
                 options);
}

DebugResult verify(const ConvProblem& problem, const Operands& operands,
                   const DebugOptions& options) {
  return checked(problem, operands,
                 {.name = options.name,
                  .claims = options.claims,
                  .accumulator = options.accumulator,
                  .context = {.threads = options.settings.threads, .stream = options.stream}},
                 options);
}

}  // namespace convcheck
