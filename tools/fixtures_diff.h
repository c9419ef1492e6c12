// What is different between two golden files.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "fixtures/golden.h"

namespace convcheck {

struct Difference {
  enum class Kind { Added, Removed, Value, Metadata };
  Kind kind = Kind::Value;
  std::string where = {};  // the case line, or the helper and its arguments
  std::string what = {};
};

const char* to_string(Difference::Kind kind);

// Cases are the same when their lines are; numbers of groups and the history do not count. Numbers
// are compared bit by bit, so that a NaN equals itself and -0 is not 0; how far `expected` has
// moved is said in units of the bound, of exact cases in units in the last place of the result's
// type.
std::vector<Difference> diff(const GoldenFile& before, const GoldenFile& after);

// "3 added, 1 value" for people, and for a file's history; "nothing" when there are none.
std::string summary(const std::vector<Difference>& differences);

// One line each, and the summary.
void print(const std::vector<Difference>& differences, std::ostream& out);

}  // namespace convcheck
