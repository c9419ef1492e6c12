// Projections by a device of operands in its memory: only what has to be compared comes to the
// host.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "checker/device/device.h"
#include "checker/projection/planes.h"
#include "checker/projection/real_sums.h"

namespace convcheck::device {

// One operand's plane mod 2^64, laid out as plane_map() says.
class ExactPlane {
 public:
  // Puts the work into the stream and does not wait. `states` are those before the multipliers of
  // the two letters, see checker/projection/random.h; `limit` as in add_projection().
  ExactPlane(const Device& device, const TensorView& view, const projection::PlaneMap& map,
             const std::array<std::uint64_t, 2>& states, double limit, void* stream);

  std::int64_t size() const { return size_; }
  // These wait.
  const std::uint64_t* values() const;
  bool good() const;  // see add_projection()

 private:
  std::int64_t size_;
  std::unique_ptr<Device::Arrival> arrival_;  // values, then how many elements are not good
};

// Where the numbers of a call's projection are among all that it needs memory for.
struct SignedLayout {
  struct Numbers {
    std::int64_t first = 0, count = 0;
  };
  // As RealSums and ResultSums have them; these go to the host.
  Numbers expected, x_squares, y_squares, w_squares, values, squares;
  std::int64_t to_host = 0, all = 0;
};

// A call's projection with random signs: what RealProjection needs.
class SignedSums {
 public:
  // Puts the work into the stream, where the call was put before, and does not wait.
  SignedSums(const Device& device, const ConvProblem& problem, const Operands& operands,
             std::uint64_t seed, void* stream);

  bool here() const { return arrival_ == nullptr || arrival_->here(); }
  // Of the host's memory.
  std::size_t bytes() const { return static_cast<std::size_t>(layout_.to_host) * sizeof(double); }
  // Waits.
  projection::CallSums get() const;

 private:
  SignedLayout layout_;
  std::unique_ptr<Device::Arrival> arrival_;
};

}  // namespace convcheck::device
