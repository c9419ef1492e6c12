// A run of the suite, as result files and reports have it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "checker/suite.h"

namespace convcheck {

struct BackendLabel {
  std::string name;
  std::string plugin;   // the path of the plugin that it is; empty for a built one
  std::string version;  // of the library that computes; empty where it is convcheck's own
};

// What a run is: two runs with the same header judge the same units.
struct RunHeader {
  std::string version;  // of convcheck
  std::size_t cases = 0;
  std::string digest;  // of the lines of all cases, in their order
  std::vector<BackendLabel> backends;
  bool named = true;  // the backends were asked for, not taken because they were built
  std::vector<std::string> rules;
  int threads = 1;  // of each call
  Shard shard;
  std::vector<std::int64_t> units_by_shard;
};

RunHeader run_header(const std::vector<Case>& cases, const Subjects& subjects, const Shard& shard,
                     const Plan& plan);

// One letter for an outcome: p passed, f failed, s skipped, v vacuous, b broken, k known.
char letter_of(Outcome outcome);
// Throws std::invalid_argument for any other letter.
Outcome outcome_of(char letter);

// For every backend of the header a letter for every rule; '-' where the rule does not apply.
std::vector<std::string> letters_of(const CaseResult& result, const RunHeader& header);

struct CaseRow {
  std::size_t number = 0;  // in the list of cases
  std::string line;
  std::vector<std::string> letters;
};

struct RunRecord {
  RunHeader header;
  std::vector<CaseRow> rows;  // of the cases that were run, in any order
  SuiteResult result;
};

}  // namespace convcheck
