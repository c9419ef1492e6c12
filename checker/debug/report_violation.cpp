#include "checker/debug/report_violation.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "checker/bundle.h"
#include "checker/debug/checked_call.h"
#include "checker/explain.h"
#include "reference/case.h"

namespace convcheck::debug {
namespace {

// As in explain().
std::string line(std::string label, const std::string& text) {
  label.resize(std::max<std::size_t>(label.size() + 2, 9), ' ');
  return "  " + label + text + "\n";
}

std::string processor() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string text; std::getline(in, text);) {
    if (text.rfind("model name", 0) == 0) return text.substr(text.find(':') + 2);
  }
  return "unknown";
}

std::string environment(const Subject& subject) {
  const char* flags = std::getenv("CONVCHECK_FLAGS");
  return std::string("convcheck ") + CONVCHECK_VERSION + "\ncompiler " + __VERSION__ +
         "\nprocessor " + processor() + "\nprocessor_threads " +
         std::to_string(std::thread::hardware_concurrency()) + "\ncall_threads " +
         std::to_string(subject.threads) + "\nflags " + (flags == nullptr ? "" : flags) + "\n";
}

std::int64_t bytes_of(const Operands& operands) {
  std::int64_t all = 0;
  for (const TensorView* view : {&operands.x, &operands.w, &operands.y}) {
    all += view->size() * static_cast<std::int64_t>(size_of(view->type));
  }
  return all;
}

Bundle bundle_of(const DebugViolation& violation, const Subject& subject, std::int64_t limit) {
  Bundle bundle;
  bundle.texts = {{"case", violation.case_line},
                  {"violation", to_string(violation.kind)},
                  {"backend", violation.backend},
                  {"report", violation.text},
                  {"environment", environment(subject)}};
  const bool reachable = subject.operands.result(subject.problem.direction).data != nullptr;
  if (!reachable) return bundle;
  CutCall kept{subject.problem, subject.operands};
  if (bytes_of(kept.operands) > limit && violation.verdict.worst) {
    kept = cut_around(subject.problem, subject.operands, violation.verdict.worst->at);
    bundle.texts["cut_from"] = violation.case_line;
    bundle.texts["case"] = to_string(case_of(kept.problem, kept.operands));
  }
  if (bytes_of(kept.operands) > limit) return bundle;
  bundle.x = Tensor::copy_of(kept.operands.x);
  bundle.w = Tensor::copy_of(kept.operands.w);
  bundle.y = Tensor::copy_of(kept.operands.y);
  bundle.has_operands = true;
  return bundle;
}

// The number of the next bundle; 0 when the process has written all that it may.
int next_number(DebugSession::State& state, int limit) {
  const std::lock_guard lock(state.mutex);
  return state.bundles < limit ? ++state.bundles : 0;
}

std::string write_bundle(const DebugViolation& violation, const Subject& subject,
                         const DebugSettings& settings, DebugSession::State& state) {
  const int number = next_number(state, settings.bundle_limit);
  if (number == 0) {
    return "not written: there are " + std::to_string(settings.bundle_limit) + " already";
  }
  try {
    const BundleFormat format = bundle_format();
    std::filesystem::create_directories(settings.bundles);
    const std::string path = settings.bundles + "/" + to_string(violation.kind) + "-" +
                             std::to_string(getpid()) + "-" + std::to_string(number) +
                             format.extension;
    format.write(path, bundle_of(violation, subject, settings.bundle_bytes));
    return path;
  } catch (const std::exception& error) {
    return std::string("not written: ") + error.what();
  }
}

}  // namespace

Case case_of(const ConvProblem& problem, const Operands& operands) {
  Case c = make_case(problem, operands.x.type);
  c.w_type = operands.w.type;
  c.y_type = operands.y.type;
  c.fill = "real";
  return c;
}

DebugViolation told(const Subject& subject, Violation kind, const Verdict& verdict) {
  DebugViolation violation{kind, subject.backend, {}, verdict, {}, {}};
  try {
    violation.case_line = to_string(case_of(subject.problem, subject.operands));
  } catch (const ConvError&) {  // a problem that is none
    violation.case_line = to_string(subject.problem);
  }
  violation.text =
      std::string(to_string(kind)) + "  " + violation.backend + "  " + violation.case_line + "\n";
  violation.text += line("reason", verdict.reason);
  if (verdict.worst) violation.text += mismatch_text(subject.problem, *verdict.worst);
  if (!verdict.note.empty()) violation.text += line("note", verdict.note);
  return violation;
}

void act(DebugViolation& violation, const Subject& subject, const DebugOptions& options,
         DebugSession::State& state) {
  if (!options.settings.bundles.empty()) {
    violation.bundle = write_bundle(violation, subject, options.settings, state);
    violation.text += line("bundle", violation.bundle);
    if (violation.bundle.rfind("not written", 0) != 0) {
      violation.text += line("reproduce", "convcheck replay " + violation.bundle);
    }
  }
  switch (options.settings.action) {
    case DebugAction::Throw:
      throw DebugModeError(violation);
    case DebugAction::Log:
      std::fputs(violation.text.c_str(), stderr);
      return;
    case DebugAction::Callback:
      if (options.callback) options.callback(violation);
      return;
    case DebugAction::Abort:
      std::fputs(violation.text.c_str(), stderr);
      std::fflush(stderr);
      std::abort();
  }
}

void tell_all(const std::vector<Finding>& findings, const Subject& subject,
              const DebugOptions& options, DebugSession::State& state, DebugResult& result) {
  for (const Finding& finding : findings) {
    DebugViolation violation = told(subject, finding.kind, finding.verdict);
    act(violation, subject, options, state);
    result.violations.push_back(std::move(violation));
  }
}

}  // namespace convcheck::debug
