#pragma once

#include <stdexcept>

namespace convcheck {

// What the user gave cannot be used: exit code 2. what() names the argument and what was expected.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace convcheck
