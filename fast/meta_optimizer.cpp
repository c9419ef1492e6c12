#include "fast/meta_optimizer.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "checker/verify.h"
#include "fast/choice.h"
#include "fast/empty_call.h"
#include "fast/measure_candidates.h"
#include "fast/reexpressed.h"

namespace convcheck {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

int count_of(const std::vector<std::string>& tags, const std::vector<std::string>& wanted) {
  return static_cast<int>(std::count_if(wanted.begin(), wanted.end(), [&](const std::string& tag) {
    return std::any_of(tags.begin(), tags.end(),
                       [&](const std::string& own) { return same_tag(own, tag); });
  }));
}

std::string milliseconds(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g ms", seconds * 1e3);
  return text;
}

const Timing* timing_of(const Tuning& tuning, const std::string& backend) {
  for (const Timing& one : tuning.timings) {
    if (one.backend == backend) return &one;
  }
  return nullptr;
}

// "measured 1.5 ms; next corrmm 2 ms".
std::string reason_of(const Tuning& tuning) {
  const Timing* next = nullptr;
  for (const Timing& one : tuning.timings) {
    if (!one.reason.empty() || one.backend == tuning.chosen) continue;
    if (next == nullptr || one.seconds < next->seconds) next = &one;
  }
  const Timing* const own = timing_of(tuning, tuning.chosen);
  if (own == nullptr) return "";
  return "measured " + milliseconds(own->seconds) +
         (next == nullptr ? "; no other can be used"
                          : "; next " + next->backend + " " + milliseconds(next->seconds));
}

}  // namespace

std::vector<Candidate> meta_candidates(const std::vector<BackendEntry>& entries) {
  std::vector<Candidate> all;
  const auto add = [&](const BackendEntry& entry, const BackendPtr& backend,
                       const std::vector<std::string>& more) {
    std::vector<std::string> tags = entry.tags;
    tags.insert(tags.end(), more.begin(), more.end());
    all.push_back({backend, std::move(tags), entry.memory});
  };
  const auto has = [](const BackendEntry& entry, std::string_view tag) {
    return std::find(entry.tags.begin(), entry.tags.end(), tag) != entry.tags.end();
  };
  for (const BackendEntry& entry : entries) {
    if (entry.backend == nullptr || &entry == &entries.back()) continue;
    const bool by_default = !entry.by_name_only || has(entry, "conv_winograd");
    add(entry, entry.backend,
        by_default ? std::vector<std::string>{"default"} : std::vector<std::string>{});
    if (!has(entry, "conv_gemm") && !has(entry, "conv_dnn")) continue;
    add(entry, exchanged(entry.backend), {"default", "alternative"});
    add(entry, transposed(entry.backend), {"default", "alternative"});
    if (entry.memory != MemoryKind::Host) continue;  // frames are added up on the host
    add(entry, by_frames(entry.backend), {"default", "alternative", "conv3d2d"});
  }
  return all;
}

std::vector<BackendPtr> chosen_candidates(const std::vector<Candidate>& candidates,
                                          const FlagValues& values, MemoryKind memory) {
  std::vector<BackendPtr> chosen;
  for (const Candidate& one : candidates) {
    if (one.memory != memory) continue;
    if (is_excluded(one.tags, values.optimizer_excluding)) continue;
    const int votes = count_of(one.tags, {"default"}) +
                      count_of(one.tags, values.metaopt_including) -
                      count_of(one.tags, values.metaopt_excluding);
    if (votes > 0) chosen.push_back(one.backend);
  }
  return chosen;
}

MetaMemory& MetaMemory::process() {
  static MetaMemory memory{TuningTable(tuning_folder())};
  return memory;
}

std::optional<Tuning> MetaMemory::known(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(key);
  return found == known_.end() ? std::nullopt : std::optional(found->second);
}

void MetaMemory::learn(const std::string& key, const Tuning& tuning) {
  const std::lock_guard lock(mutex_);
  known_[key] = tuning;
}

namespace {

class MetaOptimizer final : public Backend {
 public:
  MetaOptimizer(std::vector<BackendPtr> candidates, BackendPtr usual, MetaSettings settings,
                MetaMemory& memory)
      : candidates_(std::move(candidates)),
        usual_(std::move(usual)),
        settings_(std::move(settings)),
        memory_(memory) {}

  std::string name() const override { return "conv_meta"; }
  DataType accumulator(DataType type) const override {
    return accumulator_of_any(with_usual(), type);
  }
  Claims claims() const override { return claims_of_any(with_usual()); }

  Support supports(const ConvProblem& problem, const Operands& operands) const override {
    const Support usual = usual_->supports(problem, operands);
    const bool any = std::any_of(
        candidates_.begin(), candidates_.end(),
        [&](const BackendPtr& one) { return one->supports(problem, operands).supported; });
    return any ? Support::yes() : usual;
  }
  std::size_t workspace_bytes(const ConvProblem& problem, const Operands& operands,
                              const RunContext& context) const override {
    return chosen(problem, operands, context).workspace_bytes(problem, operands, context);
  }
  void run(const ConvProblem& problem, const Operands& operands, std::span<std::byte> workspace,
           const RunContext& context) const override {
    chosen(problem, operands, context).run(problem, operands, workspace, context);
  }

 private:
  std::vector<BackendPtr> with_usual() const {
    std::vector<BackendPtr> all = candidates_;
    all.push_back(usual_);
    return all;
  }

  const Backend& chosen(const ConvProblem& problem, const Operands& operands,
                        const RunContext& context) const {
    if (is_empty_call(operands)) return *usual_;
    const Clock::time_point start = Clock::now();
    const Tuning tuning = tuned(problem, operands, context);
    const Backend* const backend = named(tuning.chosen);
    Choice* const choice = ChoiceListener::current();
    if (choice != nullptr && backend != nullptr) {
      const double before = choice->seconds;
      *choice = {tuning.chosen, reason_of(tuning), before + seconds_since(start)};
    }
    return backend == nullptr ? *usual_ : *backend;
  }

  const Backend* named(const std::string& name) const {
    for (const BackendPtr& one : candidates_) {
      if (one->name() == name) return one.get();
    }
    return nullptr;
  }

  Tuning tuned(const ConvProblem& problem, const Operands& operands,
               const RunContext& context) const {
    const TuningKey key = tuning_key(problem, operands, context, candidates_);
    const std::string text = to_text(key);
    if (const auto known = memory_.known(text)) return *known;
    const std::lock_guard lock(memory_.measuring());
    if (const auto known = memory_.known(text)) return *known;  // another thread was faster
    std::optional<Tuning> tuning = kept(key, problem, operands, context);
    if (!tuning) {
      tuning = measure_candidates(candidates_, problem, operands, context);
      report(*tuning);
      if (!tuning->chosen.empty()) memory_.table().keep(*tuning);
    }
    memory_.learn(text, *tuning);
    return *tuning;
  }

  // What an earlier process found out, if its winner is right.
  std::optional<Tuning> kept(const TuningKey& key, const ConvProblem& problem,
                             const Operands& operands, const RunContext& context) const {
    std::optional<Tuning> found = memory_.table().find(key);
    const Backend* const backend = found ? named(found->chosen) : nullptr;
    if (backend == nullptr || !backend->supports(problem, operands)) return std::nullopt;
    const Verdict verdict = verify_backend(*backend, problem, operands, context);
    return verdict.outcome == Outcome::Passed ? found : std::nullopt;
  }

  void report(const Tuning& tuning) const {
    if (settings_.verbose > 0) log("conv_meta: " + tuning.key.problem);
    for (const Timing& one : tuning.timings) {
      if (one.wrong) {
        log("conv_meta: " + one.backend + " is wrong and not used for " + tuning.key.problem +
            " (" + one.reason + ")");
      } else if (settings_.verbose > 0) {
        log("  " + one.backend + ": " +
            (one.reason.empty() ? milliseconds(one.seconds) : one.reason));
      }
    }
    if (settings_.verbose > 0) {
      log("  chosen: " + (tuning.chosen.empty() ? "none of them" : tuning.chosen));
    }
  }

  void log(const std::string& line) const {
    if (settings_.log) return settings_.log(line);
    std::fprintf(stderr, "%s\n", line.c_str());
  }

  std::vector<BackendPtr> candidates_;
  BackendPtr usual_;
  MetaSettings settings_;
  MetaMemory& memory_;
};

}  // namespace

BackendPtr meta_optimizer(std::vector<BackendPtr> candidates, BackendPtr usual,
                          const MetaSettings& settings, MetaMemory& memory) {
  return std::make_shared<MetaOptimizer>(std::move(candidates), std::move(usual), settings, memory);
}

}  // namespace convcheck
