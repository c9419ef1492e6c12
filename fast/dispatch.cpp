#include "fast/dispatch.h"

#include <algorithm>
#include <map>
#include <utility>

#include "fast/choice.h"
#include "fast/flags.h"
#include "fast/meta_optimizer.h"
#ifdef CONVCHECK_HAVE_CUDNN
#include "fast/cudnn/dnn_conv.h"
#endif

namespace convcheck {
namespace {

std::string joined(const std::vector<std::string>& words, const char* separator) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : separator) + word;
  return text;
}

struct Rated {
  BackendPtr backend;
  double (*cost)(const ConvProblem&);
  MemoryKind memory;

  double cost_of(const ConvProblem& problem) const { return cost == nullptr ? 1 : cost(problem); }
};

std::vector<BackendPtr> backends_of(const std::vector<Rated>& candidates) {
  std::vector<BackendPtr> all;
  for (const Rated& one : candidates) all.push_back(one.backend);
  return all;
}

// What flags excluded, if that left only the last resort, for each kind of memory.
using Excluded = std::map<MemoryKind, std::string>;

// Asks its candidates for the operands' memory in turn; what it answers for a problem is the answer
// of the cheapest that supports it.
class Automatic final : public Backend {
 public:
  Automatic(std::vector<Rated> candidates, Excluded excluded)
      : candidates_(std::move(candidates)), excluded_(std::move(excluded)) {}

  std::string name() const override { return "automatic"; }
  DataType accumulator(DataType type) const override {
    return accumulator_of_any(backends_of(candidates_), type);
  }
  Claims claims() const override { return claims_of_any(backends_of(candidates_)); }

  Support supports(const ConvProblem& problem, const Operands& operands) const override {
    const MemoryKind memory = operands.x.memory;
    if (const auto excluded = excluded_.find(memory); excluded != excluded_.end()) {
      throw ConvError(ErrorKind::Flag, "optimizer_excluding", excluded->second,
                      "to leave a backend: every one but the reference is excluded or not built");
    }
    std::vector<std::string> reasons;
    for (const Rated& candidate : candidates_) {
      if (candidate.memory != memory) continue;
      const Support support = candidate.backend->supports(problem, operands);
      if (support) return support;
      reasons.push_back(candidate.backend->name() + ": " + support.reason);
    }
    if (reasons.empty()) {
      return Support::no(std::string("no backend for ") + to_string(memory) + " memory was built");
    }
    return Support::no(joined(reasons, "; "));
  }

  std::size_t workspace_bytes(const ConvProblem& problem, const Operands& operands,
                              const RunContext& context) const override {
    return chosen(problem, operands).workspace_bytes(problem, operands, context);
  }

  void run(const ConvProblem& problem, const Operands& operands, std::span<std::byte> workspace,
           const RunContext& context) const override {
    const Backend& backend = chosen(problem, operands);
    if (Choice* choice = ChoiceListener::current()) {
      *choice = {backend.name(), "the least cost by rule", choice->seconds};
    }
    backend.run(problem, operands, workspace, context);
  }

 private:
  const Backend& chosen(const ConvProblem& problem, const Operands& operands) const {
    const Rated* cheapest = nullptr;
    for (const Rated& one : candidates_) {
      if (one.memory != operands.x.memory) continue;
      const bool better = !cheapest || one.cost_of(problem) < cheapest->cost_of(problem);
      if (better && one.backend->supports(problem, operands)) cheapest = &one;
    }
    if (cheapest != nullptr) return *cheapest->backend;
    throw ConvError(ErrorKind::Unsupported, "backend", name(),
                    "one that does this problem: " + supports(problem, operands).reason);
  }

  std::vector<Rated> candidates_;
  Excluded excluded_;
};

}  // namespace

bool same_tag(std::string_view a, std::string_view b) {
  const auto meaning = [](std::string_view tag) { return tag == "cudnn" ? "conv_dnn" : tag; };
  return meaning(a) == meaning(b);
}

bool is_excluded(const std::vector<std::string>& tags, const std::vector<std::string>& excluding) {
  return std::any_of(tags.begin(), tags.end(), [&](const std::string& tag) {
    return std::any_of(excluding.begin(), excluding.end(),
                       [&](const std::string& excluded) { return same_tag(tag, excluded); });
  });
}

Claims claims_of_any(const std::vector<BackendPtr>& backends) {
  Claims claims;
  for (const BackendPtr& backend : backends) {
    const Claims own = backend->claims();
    if (own.algorithm == Claims::Algorithm::Transform) claims.algorithm = own.algorithm;
    claims.amplification = std::max(claims.amplification, own.amplification);
    if (own.input_bits > 0 && (claims.input_bits == 0 || own.input_bits < claims.input_bits)) {
      claims.input_bits = own.input_bits;
    }
    claims.deterministic &= own.deterministic;
    claims.deterministic_across_threads &= own.deterministic_across_threads;
    claims.multiplies_padding |= own.multiplies_padding;
  }
  return claims;
}

DataType accumulator_of_any(const std::vector<BackendPtr>& backends, DataType type) {
  DataType shortest = DataType::F64;
  for (const BackendPtr& backend : backends) {
    const DataType own = backend->accumulator(type);
    if (significand_bits(own) < significand_bits(shortest)) shortest = own;
  }
  return shortest;
}

BackendPtr automatic_among(const std::vector<BackendEntry>& entries,
                           const std::vector<std::string>& excluding) {
  std::vector<Rated> candidates;
  std::map<MemoryKind, std::vector<std::string>> excluded;
  for (const BackendEntry& entry : entries) {
    if (entry.by_name_only) continue;
    if (is_excluded(entry.tags, excluding)) {
      excluded[entry.memory].push_back(entry.name);
    } else if (entry.backend != nullptr) {
      candidates.push_back({entry.backend, entry.cost, entry.memory});
    }
  }
  Excluded last_resorts;
  for (const auto& [kind, names] : excluded) {
    const MemoryKind memory = kind;
    const auto left = std::count_if(candidates.begin(), candidates.end(),
                                    [&](const Rated& one) { return one.memory == memory; });
    if (left <= (memory == MemoryKind::Host ? 1 : 0)) {
      last_resorts[memory] = joined(excluding, ":") + " (" + joined(names, ", ") + ")";
    }
  }
  return std::make_shared<Automatic>(std::move(candidates), std::move(last_resorts));
}

namespace {

// What is asked of one backend for host memory, of another for device memory.
class ByMemory final : public Backend {
 public:
  ByMemory(BackendPtr host, BackendPtr device) : both_{std::move(host), std::move(device)} {}

  std::string name() const override { return both_[0]->name(); }
  DataType accumulator(DataType type) const override { return accumulator_of_any(both_, type); }
  Claims claims() const override { return claims_of_any(both_); }
  Support supports(const ConvProblem& problem, const Operands& operands) const override {
    return of(operands).supports(problem, operands);
  }
  std::size_t workspace_bytes(const ConvProblem& problem, const Operands& operands,
                              const RunContext& context) const override {
    return of(operands).workspace_bytes(problem, operands, context);
  }
  void run(const ConvProblem& problem, const Operands& operands, std::span<std::byte> workspace,
           const RunContext& context) const override {
    of(operands).run(problem, operands, workspace, context);
  }

 private:
  const Backend& of(const Operands& operands) const {
    return *both_[operands.x.memory == MemoryKind::Host ? 0 : 1];
  }

  std::vector<BackendPtr> both_;
};

// With optimizer_including=conv_meta, over the usual choice.
BackendPtr by_measuring(const FlagValues& values, const BackendPtr& usual) {
  static const std::vector<Candidate> candidates = meta_candidates(backends());
  const auto over = [&](MemoryKind memory) {
    return meta_optimizer(chosen_candidates(candidates, values, memory), usual,
                          {.verbose = values.metaopt_verbose}, MetaMemory::process());
  };
  const bool devices = std::any_of(candidates.begin(), candidates.end(), [](const Candidate& one) {
    return one.memory == MemoryKind::Cuda;
  });
  const BackendPtr host = over(MemoryKind::Host);
  return devices ? std::make_shared<ByMemory>(host, over(MemoryKind::Cuda)) : host;
}

// dnn.enabled=True where cuDNN cannot be used is an error, whatever the call.
void require_cudnn() {
#ifdef CONVCHECK_HAVE_CUDNN
  const std::string reason = why_no_cudnn();
#else
  const std::string reason = "dnn_conv was not built";
#endif
  if (reason.empty()) return;
  throw ConvError(ErrorKind::Flag, "dnn.enabled", "True", "cuDNN that can be used: " + reason);
}

}  // namespace

BackendPtr automatic() {
  const FlagValues values = flags().values();
  if (values.dnn_enabled == "True") require_cudnn();
  BackendPtr chosen = automatic_among(backends(), values.optimizer_excluding);
  if (!values.optimizer_including.empty()) chosen = by_measuring(values, chosen);
  const std::optional<DebugSettings> settings = flags().debug_settings();
  return settings ? debug_mode(chosen, {.settings = *settings}) : chosen;
}

BackendPtr backend_named(std::string_view name) {
  std::vector<std::string> built;
  for (const BackendEntry& entry : backends()) {
    if (entry.backend != nullptr) built.push_back(entry.name);
    if (entry.name != name) continue;
    if (entry.backend != nullptr) return entry.backend;
    throw ConvError(ErrorKind::Unsupported, "backend", entry.name,
                    "one that was built: " + entry.reason);
  }
  throw ConvError(ErrorKind::Unsupported, "backend", std::string(name),
                  "one of " + joined(built, ", "));
}

}  // namespace convcheck
