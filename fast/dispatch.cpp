#include "fast/dispatch.h"

#include <algorithm>
#include <utility>

#include "fast/flags.h"

namespace convcheck {
namespace {

std::string joined(const std::vector<std::string>& words, const char* separator) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : separator) + word;
  return text;
}

bool same_tag(std::string_view a, std::string_view b) {
  const auto meaning = [](std::string_view tag) { return tag == "cudnn" ? "conv_dnn" : tag; };
  return meaning(a) == meaning(b);
}

bool is_excluded(const BackendEntry& entry, const std::vector<std::string>& excluding) {
  return std::any_of(entry.tags.begin(), entry.tags.end(), [&](const std::string& tag) {
    return std::any_of(excluding.begin(), excluding.end(),
                       [&](const std::string& excluded) { return same_tag(tag, excluded); });
  });
}

// Asks its candidates in turn; what it answers for a problem is the answer of the first that
// supports it.
class Automatic final : public Backend {
 public:
  Automatic(std::vector<BackendPtr> candidates, std::string excluded)
      : candidates_(std::move(candidates)), excluded_(std::move(excluded)) {}

  std::string name() const override { return "automatic"; }

  // The shortest of the candidates' accumulators.
  DataType accumulator(DataType type) const override {
    DataType shortest = DataType::F64;
    for (const BackendPtr& candidate : candidates_) {
      const DataType own = candidate->accumulator(type);
      if (significand_bits(own) < significand_bits(shortest)) shortest = own;
    }
    return shortest;
  }

  Claims claims() const override {
    Claims claims;
    for (const BackendPtr& candidate : candidates_) {
      const Claims own = candidate->claims();
      if (own.algorithm == Claims::Algorithm::Transform) claims.algorithm = own.algorithm;
      claims.deterministic &= own.deterministic;
      claims.deterministic_across_threads &= own.deterministic_across_threads;
      claims.multiplies_padding |= own.multiplies_padding;
    }
    return claims;
  }

  Support supports(const ConvProblem& problem, const Operands& operands) const override {
    if (!excluded_.empty()) {
      throw ConvError(ErrorKind::Flag, "optimizer_excluding", excluded_,
                      "to leave a backend: every one but the reference is excluded or not built");
    }
    std::vector<std::string> reasons;
    for (const BackendPtr& candidate : candidates_) {
      const Support support = candidate->supports(problem, operands);
      if (support) return support;
      reasons.push_back(candidate->name() + ": " + support.reason);
    }
    return Support::no(joined(reasons, "; "));
  }

  std::size_t workspace_bytes(const ConvProblem& problem, const Operands& operands,
                              const RunContext& context) const override {
    return chosen(problem, operands).workspace_bytes(problem, operands, context);
  }

  void run(const ConvProblem& problem, const Operands& operands, std::span<std::byte> workspace,
           const RunContext& context) const override {
    chosen(problem, operands).run(problem, operands, workspace, context);
  }

 private:
  const Backend& chosen(const ConvProblem& problem, const Operands& operands) const {
    for (const BackendPtr& candidate : candidates_) {
      if (candidate->supports(problem, operands)) return *candidate;
    }
    throw ConvError(ErrorKind::Unsupported, "backend", name(),
                    "one that does this problem: " + supports(problem, operands).reason);
  }

  std::vector<BackendPtr> candidates_;
  std::string excluded_;  // what the flags excluded, if that left only the last resort
};

}  // namespace

BackendPtr automatic_among(const std::vector<BackendEntry>& entries,
                           const std::vector<std::string>& excluding) {
  std::vector<BackendPtr> candidates;
  std::vector<std::string> excluded;
  for (const BackendEntry& entry : entries) {
    if (entry.by_name_only) continue;
    if (is_excluded(entry, excluding)) {
      excluded.push_back(entry.name);
    } else if (entry.backend != nullptr) {
      candidates.push_back(entry.backend);
    }
  }
  const bool only_last_resort = !excluded.empty() && candidates.size() <= 1;
  return std::make_shared<Automatic>(
      std::move(candidates),
      only_last_resort ? joined(excluding, ":") + " (" + joined(excluded, ", ") + ")" : "");
}

BackendPtr automatic() {
  BackendPtr chosen = automatic_among(backends(), flags().optimizer_excluding());
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
