// Other code bases on the same cases.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "fixtures/golden.h"

namespace convcheck {

// How many cases a producer computed, and the cases in which it does not agree.
struct Agreement {
  std::string producer = {};
  std::size_t cases = 0, exact = 0;  // computed; of them exact ones
  double worst = 0;                  // of the inexact ones, in units of what is allowed
  std::vector<std::string> disagreements = {};
};

// A witness file against the file of the same cases: operands bit by bit, exact results by ==,
// others within twice the bound of sums in f64, in which both were computed. Throws FileError for a
// case of the witness that the file does not have.
Agreement agreement(const GoldenFile& file, const GoldenFile& witness);

// Prints the agreement of every witness, and of oneDNN on the exact f32 cases where it was built.
// Returns 0 when all agree, 1 when one does not. Throws FileError.
int print_witnesses(const std::string& file, const std::vector<std::string>& witnesses,
                    std::ostream& out);

}  // namespace convcheck
