#pragma once

#include <cstdint>

namespace CLI {
class Validator;
}

namespace convcheck {

// Accepts digits that are a number from `least` to `most`. CLI11's own checks let through what does
// not fit the option's type, and take 1e3 for 1.
CLI::Validator whole_number(std::uint64_t least, std::uint64_t most);

// Accepts a decimal number of seconds from `least` to 30 years, which a clock can add to a time;
// CLI11's own checks let nan through.
CLI::Validator seconds(double least);

}  // namespace convcheck
