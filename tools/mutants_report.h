// The kill matrix for people and for other programs.
#pragma once

#include <string>

#include "tests/mutants/kill_matrix.h"

namespace convcheck {

// Names of the rules, cut to the width of their columns, and what the letters mean.
std::string matrix_heading(const KillMatrix& matrix);

// The rows' letters: of the fills on which each rule kills; "*" after those of the rule that must,
// "." where it kills on none, "-" where the kernel was not run.
std::string matrix_row(const KillMatrix& matrix, const Row& row);

// What is wrong, a paragraph each: mutants that survive, honest kernels that are flagged, rules
// without a mutant of their own. Empty when nothing is.
std::string matrix_findings(const KillMatrix& matrix);

// For each rule how many mutants it kills, and how many only it.
std::string matrix_summary(const KillMatrix& matrix);

// "killed 90 of 90, honest kernels flagged 0 of 18"
std::string matrix_closing_line(const KillMatrix& matrix);

std::string matrix_json(const KillMatrix& matrix);

}  // namespace convcheck
