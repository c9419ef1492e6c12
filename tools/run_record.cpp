#include "tools/run_record.h"

#include <fmt/format.h>

#include <array>
#include <stdexcept>
#include <string>
#include <utility>

#include "checker/load_plugin.h"
#include "checker/random_bits.h"
#include "tools/commands.h"

namespace convcheck {
namespace {

constexpr std::array kLetters{std::pair{Outcome::Passed, 'p'},  std::pair{Outcome::Failed, 'f'},
                              std::pair{Outcome::Skipped, 's'}, std::pair{Outcome::Vacuous, 'v'},
                              std::pair{Outcome::Broken, 'b'},  std::pair{Outcome::Known, 'k'}};

std::string digest_of(const std::vector<Case>& cases) {
  std::uint64_t digest = 0;
  for (const Case& c : cases) {
    for (const char letter : to_string(c) + "\n") {
      digest = mixed(digest * kGolden + static_cast<unsigned char>(letter));
    }
  }
  return fmt::format("{:016x}", digest);
}

}  // namespace

RunHeader run_header(const std::vector<Case>& cases, const Subjects& subjects, const Shard& shard,
                     const Plan& plan) {
  RunHeader header;
  header.version = version_text();
  header.cases = cases.size();
  header.digest = digest_of(cases);
  header.threads = subjects.threads;
  header.shard = shard;
  header.units_by_shard = plan.units_by_shard;
  for (const BackendPtr& backend : subjects.backends) {
    header.backends.push_back({backend->name(), plugin_path(*backend), backend->version()});
  }
  for (const Rule& rule : subjects.rules) header.rules.emplace_back(rule.name);
  return header;
}

char letter_of(Outcome outcome) {
  for (const auto& [one, letter] : kLetters) {
    if (one == outcome) return letter;
  }
  return '?';
}

Outcome outcome_of(char letter) {
  for (const auto& [outcome, one] : kLetters) {
    if (one == letter) return outcome;
  }
  std::string expected;
  for (const auto& [outcome, one] : kLetters) expected += {' ', one};
  throw std::invalid_argument(fmt::format("outcome '{}': expected one of{}", letter, expected));
}

std::vector<std::string> letters_of(const CaseResult& result, const RunHeader& header) {
  std::vector<std::string> letters(header.backends.size(), std::string(header.rules.size(), '-'));
  for (const UnitResult& unit : result.units) {
    letters.at(unit.unit.backend).at(unit.unit.rule) = letter_of(unit.verdict.outcome);
  }
  return letters;
}

}  // namespace convcheck
