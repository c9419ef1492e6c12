// Wrong kernels, one mistake each.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "tests/mutants/kernel.h"

namespace convcheck {

struct Mutant {
  std::string name;  // letters and digits
  std::string what;  // the mistake, in words
  Mistakes mistakes;

  friend std::ostream& operator<<(std::ostream& out, const Mutant& mutant) {
    return out << mutant.name << ": " << mutant.what;
  }
};

// Mistakes of indices, borders and geometry: the rule `value` on integers sees them.
std::vector<Mutant> logic_mutants();

}  // namespace convcheck
