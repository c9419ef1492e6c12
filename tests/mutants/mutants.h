// Wrong kernels, one mistake each, and honest ones that look unusual.
#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "checker/fill.h"
#include "tests/mutants/kernel.h"

namespace convcheck {

struct Mutant {
  std::string name;  // letters and digits
  std::string what;  // the mistake, in words
  Mistakes mistakes = {};
  std::string rule = "value";     // that must kill it
  std::optional<Fill> fill = {};  // on which it must, where the rule alone does not say enough
  std::vector<std::string> cases = {};  // that it needs besides those that all mutants get
  // It touches memory that is not its own: only for rules whose buffers have guards.
  bool needs_guards = false;

  friend std::ostream& operator<<(std::ostream& out, const Mutant& mutant) {
    return out << mutant.name << ": " << mutant.what;
  }
};

std::vector<Mutant> border_mutants();      // padding
std::vector<Mutant> window_mutants();      // stride, dilation, flip, extents
std::vector<Mutant> channel_mutants();     // channels, groups, batch, regions
std::vector<Mutant> reduction_mutants();   // how products meet in the result
std::vector<Mutant> arithmetic_mutants();  // precision, NaN and infinities
std::vector<Mutant> memory_mutants();      // bytes that are not to be read or written; layout
std::vector<Mutant> state_mutants();       // earlier calls, threads, workspace
std::vector<Mutant> contract_mutants();    // what a backend says and when it refuses

// All of these, in this order.
std::vector<Mutant> all_mutants();

// Right, and to be flagged by no rule.
struct Honest {
  std::string name, what;
  BackendPtr backend;

  friend std::ostream& operator<<(std::ostream& out, const Honest& honest) {
    return out << honest.name << ": " << honest.what;
  }
};

std::vector<Honest> honest_kernels();

}  // namespace convcheck
