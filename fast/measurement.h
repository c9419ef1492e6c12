// Memory and a clock to measure calls with. Internal to fast.
#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "reference/backend.h"

namespace convcheck {

class Measurement {
 public:
  virtual ~Measurement() = default;

  // Of its own, laid out as they were asked for, with numbers in them.
  virtual const Operands& operands() const = 0;
  // Valid until it is asked for another one.
  virtual std::span<std::byte> workspace(std::size_t bytes) = 0;
  // Of one call, until all that it began is done; above 0.
  virtual double seconds_of(const std::function<void()>& call) = 0;
};

}  // namespace convcheck
