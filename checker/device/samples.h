// Elements of a result by the definition, summed by a device in the stream of the call.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "checker/device/device.h"
#include "reference/oracle.h"

namespace convcheck::device {

// What an element should be, and what it was.
struct SampledElement {
  Index at;
  Sum sum;
  double got = 0;
};

class Samples {
 public:
  // At most SumWork::kMostChosen elements, perhaps none. Puts the work into the stream, where the
  // call was put before, and does not wait. Each sum is spread over many threads: one alone would
  // take longer for it than all of them for a projection.
  Samples(const Device& device, const ConvProblem& problem, const Operands& operands,
          std::vector<Index> elements, void* stream);

  bool here() const { return elements_.empty() || arrival_->here(); }
  // Waits.
  std::vector<SampledElement> elements() const;

 private:
  std::vector<Index> elements_;
  std::int64_t parts_ = 1;
  std::unique_ptr<Device::Arrival> arrival_;  // the sums' parts, then what the result held
};

// The whole of a sum whose parts are `step` from one another.
Sum joined(const ElementSum* first, std::int64_t parts, std::int64_t step);

}  // namespace convcheck::device
