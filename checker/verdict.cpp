#include "checker/verdict.h"

namespace convcheck {

const char* to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::Passed:
      return "passed";
    case Outcome::Failed:
      return "failed";
    case Outcome::Skipped:
      return "skipped";
    case Outcome::Vacuous:
      return "vacuous";
    case Outcome::Broken:
      return "broken";
    case Outcome::Known:
      return "known";
  }
  return "unknown";
}

}  // namespace convcheck
