// How completely a golden file covers the factors of the documented functions.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "fixtures/golden.h"

namespace convcheck {

struct FunctionCoverage {
  std::string function = {};
  std::size_t cases = 0;
  std::vector<std::vector<std::size_t>> counts = {};  // by factor and value of the model
  std::size_t covered = 0, possible = 0;              // pairs of values of two factors
  std::vector<std::string> missing = {};              // "border=half with flip=no"
};

// Of every function of the user's interface, also those of which the file has no case.
std::vector<FunctionCoverage> coverage_of(const std::vector<Case>& cases);

// Prints the table; whether every possible pair is there.
bool print_coverage(const GoldenFile& file, std::ostream& out);

}  // namespace convcheck
