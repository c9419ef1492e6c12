// Which cases and backends a command works on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "checker/judged.h"
#include "reference/backend.h"
#include "reference/case.h"

namespace convcheck {

struct Selection {
  std::vector<std::string> case_files;  // empty: the grids and the network layers
  std::vector<std::string> match;       // regular expressions; a case's line must match one of them
  std::optional<std::int64_t> random;   // instead of grids and layers so many random cases
  std::optional<std::uint64_t> seed;  // instead of the cases' own; of random cases that of drawing
  std::optional<std::int64_t> batch_cap;  // of layers 2 by default, of other cases none
};

struct SelectedCases {
  std::vector<Case> cases;
  std::int64_t illegal = 0;  // combinations of the grids that are no problem
};

// Throws UsageError for a file that cannot be read, a bad line (named with its number), a bad
// regular expression, and when nothing is left.
SelectedCases select_cases(const Selection& selection);

// The case of one line. Throws ConvError as read_case() and, for functions that are more than one
// convolution, check_case() do.
Case selected_case(const std::string& line);

// The named backends; without names every built one but the slow reference. Throws UsageError for
// an unknown name.
std::vector<BackendPtr> select_backends(const std::vector<std::string>& names);

// The named rules; without names all of them. Throws ConvError{Unsupported} for an unknown name.
std::vector<Rule> select_rules(const std::vector<std::string>& names);

// The lines of the shipped corpus of network layers, in forward direction. Throws UsageError where
// it is not found.
std::vector<Case> network_layers();
std::string network_layers_path();

}  // namespace convcheck
