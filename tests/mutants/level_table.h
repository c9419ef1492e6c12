// Which level of DebugMode catches which mutant, in a program that calls the mutant on data of
// every fill.
//
// Levels but `paranoid` are shown the cases of the kill matrix, and larger ones that are projected;
// of those the rms error of real data is compared with the limit that the projection prints.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "checker/debug_mode.h"
#include "tests/mutants/mutants.h"

namespace convcheck {

inline constexpr DebugLevel kTableLevels[] = {DebugLevel::Sampled, DebugLevel::Projection,
                                              DebugLevel::Full, DebugLevel::Paranoid};

struct LevelRow {
  std::string name, what;
  std::string rule;                 // that kills the mutant; empty for an honest kernel
  std::array<bool, 4> caught{};     // by level
  std::array<std::string, 4> by;    // the violation and its case
  double over_limit = 0;            // largest rms error in units of the projection's printed limit
  std::vector<std::string> missed;  // projected cases with an error above the limit, not caught
};

struct LevelTable {
  std::vector<LevelRow> mutants, honest;
};

// Calls `finished` after each row. The whole table takes minutes; with `every` n only each nth
// mutant and honest kernel is in it.
LevelTable level_table(const std::function<void(const LevelRow&)>& finished = {},
                       std::size_t every = 1);

// The lines of the table for a person.
std::string level_table_heading();
std::string level_table_line(const LevelRow& row);
std::string level_table_summary(const LevelTable& table);

}  // namespace convcheck
