#include "tests/mutants/mutants.h"

namespace convcheck {

std::vector<Mutant> all_mutants() {
  std::vector<Mutant> all;
  for (const auto& more :
       {border_mutants(), window_mutants(), channel_mutants(), reduction_mutants(),
        arithmetic_mutants(), memory_mutants(), state_mutants(), contract_mutants()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

}  // namespace convcheck
