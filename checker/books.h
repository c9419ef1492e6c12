// What a suite keeps of its units.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "checker/accounting.h"
#include "checker/explain.h"
#include "checker/unit_runner.h"

namespace convcheck {

// Seconds of wall time, added up over the threads.
struct Seconds {
  double total = 0;                       // of the whole suite, not added up
  double preparing = 0;                   // fills, the oracle, judging
  std::map<std::string, double> running;  // by backend: its calls
};

struct SuiteResult {
  CountsByDirection counts;   // by backend and direction (of composed functions: part)
  CountsByDirection by_rule;  // by backend and rule
  std::vector<Finding>
      findings;  // failed and broken, in the order of the cases, at most findings_kept
  std::int64_t findings_in_all = 0;
  Seconds seconds;
};

class Books {
 public:
  explicit Books(std::size_t findings_kept) : findings_kept_(findings_kept) {}

  // So that a direction under which no unit falls is not overlooked.
  void open(const std::string& backend, const Case& c);
  // A unit of the case with that number.
  void add(std::size_t number, const Finding& finding);
  void add_seconds(const std::string& backend, const UnitResult& unit);
  // Units of which nothing is known, in a row of their own that `what` names.
  void add_missing(const std::string& what, std::int64_t units, const Verdict& verdict);
  // All of it; nothing is left.
  SuiteResult close();

 private:
  std::size_t findings_kept_;
  SuiteResult result_;
  std::multimap<std::size_t, Finding> found_;  // by the number of the case
};

// "forward", "grad_inputs" ...: the part that the line calls.
const char* direction_name(const Case& c);

// The unit as it is reported: under the rule `completes` when the call did not come back.
Finding finding_of(const Case& c, const std::string& backend, const std::string& rule, int threads,
                   const UnitResult& unit);

}  // namespace convcheck
