// Covering arrays: few rows of values in which any values of any `strength` factors meet.
//
// Most mistakes that need several causes need few of them: Kuhn, Wallace, Gallo, "Software fault
// interactions and implications for software testing", IEEE Transactions on Software Engineering
// 30 (2004). The rows are drawn greedily, each as good as a few attempts can make it, after Cohen,
// Dalal, Fredman, Patton, "The AETG system", IEEE Transactions on Software Engineering 23 (1997).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace convcheck {

// Something that varies, and what it can be.
struct Factor {
  std::string name;
  std::vector<std::string> values;
};

// One value of one factor, by their numbers.
struct Choice {
  std::size_t factor = 0, value = 0;
  friend bool operator==(const Choice&, const Choice&) = default;
};

// Values that are never together, and why.
struct Exclusion {
  std::vector<Choice> choices;
  std::string reason;
};

struct CoveringArray {
  std::vector<std::vector<std::size_t>> rows;  // of every factor the number of its value
  // Combinations that are in no row because every row that has them has an exclusion: what a
  // complete search says, not what the drawing gave up on.
  std::vector<std::vector<Choice>> impossible;
};

// Rows without exclusions, among which every combination of one value each of `strength` different
// factors is, but the impossible ones. A function of the arguments. Every factor has a value and
// there are at least `strength` factors.
CoveringArray covering_array(const std::vector<Factor>& factors,
                             const std::vector<Exclusion>& exclusions, std::size_t strength,
                             std::uint64_t seed);

}  // namespace convcheck
