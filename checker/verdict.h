// What a rule says of one run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "checker/error_map.h"
#include "reference/oracle.h"

namespace convcheck {

enum class Outcome {
  Passed,
  Failed,   // the backend is wrong
  Skipped,  // the backend does not do this problem, or it was not asked to: the reason says which
  Vacuous,  // the check could not have failed
  Broken,   // convcheck or the machine failed; says nothing of the backend
  Known,    // failed, as a released library is known to (checker/known_failures.h)
};

// "passed", "failed", "skipped", "vacuous", "broken", "known".
const char* to_string(Outcome outcome);

// One product of the expected sum, with the values of its two factors in the order x, w, y.
struct TapValue {
  Tap tap;
  double first = 0, second = 0;
};

// One element of the result that is not what it should be.
struct WrongElement {
  Index at;
  double expected = 0, got = 0;
};

// The element that says most clearly what is wrong, and what is known of the others.
struct Mismatch {
  Index at;  // in the result
  double expected = 0, got = 0;
  double bound = 0;                 // of |got - exact sum|; 0: compared with ==
  double in_bounds = 0;             // the error in units of the bound; infinite where that is 0
  double ulps = 0;                  // the error in units of the last place of the expected number
  std::int64_t terms = 0;           // products in the expected sum
  std::vector<TapValue> taps;       // the first of them
  std::int64_t wrong = 0;           // elements known to be wrong
  std::int64_t judged = 0;          // elements that were judged one by one
  std::vector<WrongElement> first;  // the first wrong ones, at most kFirstWrong
  std::string pattern;  // where the wrong elements are, in words; empty when nothing simple holds
  std::optional<ErrorMap> map = {};  // and for a picture
};

inline constexpr std::size_t kFirstWrong = 10;

struct Verdict {
  Outcome outcome = Outcome::Passed;
  std::string reason;             // empty when passed
  std::optional<Mismatch> worst;  // of a failure that has one
  std::string note = {};          // what else was found: grade, coverage, detection limits

  static Verdict passed() { return {}; }
  static Verdict skipped(std::string reason) {
    return {Outcome::Skipped, std::move(reason), {}, {}};
  }
  static Verdict vacuous(std::string reason) {
    return {Outcome::Vacuous, std::move(reason), {}, {}};
  }
  static Verdict broken(std::string reason) { return {Outcome::Broken, std::move(reason), {}, {}}; }
  static Verdict failed(std::string reason, std::optional<Mismatch> worst = {}) {
    return {Outcome::Failed, std::move(reason), std::move(worst), {}};
  }
};

}  // namespace convcheck
