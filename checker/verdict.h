// What a rule says of one run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reference/oracle.h"

namespace convcheck {

enum class Outcome {
  Passed,
  Failed,   // the backend is wrong
  Skipped,  // the backend does not do this problem, or it was not asked to: the reason says which
  Vacuous,  // the check could not have failed
  Broken,   // convcheck or the machine failed; says nothing of the backend
};

// "passed", "failed", "skipped", "vacuous", "broken".
const char* to_string(Outcome outcome);

// One product of the expected sum, with the values of its two factors in the order x, w, y.
struct TapValue {
  Tap tap;
  double first = 0, second = 0;
};

// The element that says most clearly what is wrong, and what is known of the others.
struct Mismatch {
  Index at;  // in the result
  double expected = 0, got = 0;
  std::int64_t terms = 0;      // products in the expected sum
  std::vector<TapValue> taps;  // the first of them
  std::int64_t wrong = 0, judged = 0;
  std::string pattern;  // where the wrong elements are, in words; empty when nothing simple holds
};

struct Verdict {
  Outcome outcome = Outcome::Passed;
  std::string reason;             // empty when passed
  std::optional<Mismatch> worst;  // of a failure that has one

  static Verdict passed() { return {}; }
  static Verdict skipped(std::string reason) { return {Outcome::Skipped, std::move(reason), {}}; }
  static Verdict vacuous(std::string reason) { return {Outcome::Vacuous, std::move(reason), {}}; }
  static Verdict broken(std::string reason) { return {Outcome::Broken, std::move(reason), {}}; }
  static Verdict failed(std::string reason, std::optional<Mismatch> worst = {}) {
    return {Outcome::Failed, std::move(reason), std::move(worst)};
  }
};

}  // namespace convcheck
