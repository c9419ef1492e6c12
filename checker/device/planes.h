// Projections that a device sums: of operands in its memory to planes on the host.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "checker/device/device.h"
#include "checker/projection/planes.h"
#include "checker/projection/real_sums.h"

namespace convcheck::device {

// One operand's plane, laid out as plane_map() says. T is std::uint64_t (mod 2^64) or double.
template <class T>
class Plane {
 public:
  // Puts the work into the stream and does not wait. `states` are those before the multipliers of
  // the two letters, see checker/projection/random.h; `limit` as in add_projection().
  Plane(const Device& device, const TensorView& view, const projection::PlaneMap& map,
        const std::array<std::uint64_t, 2>& states, double limit, void* stream);

  bool here() const { return size_ == 0 || arrival_->here(); }
  std::int64_t size() const { return size_; }
  // These wait.
  const T* values() const;
  const double* squares() const;  // with T double
  bool good() const;              // with T std::uint64_t, see add_projection()

 private:
  std::int64_t size_;
  std::unique_ptr<Device::Arrival> arrival_;  // values, then squares or what is good
};

extern template class Plane<std::uint64_t>;
extern template class Plane<double>;

// The planes of all three operands of a call with random signs, as RealProjection needs them.
class SignedPlanes {
 public:
  // Puts the work into the stream, where the call was put before, and does not wait.
  SignedPlanes(const Device& device, const ConvProblem& problem, const Operands& operands,
               std::uint64_t seed, void* stream);

  bool here() const { return x_.here() && w_.here() && y_.here(); }
  // These wait.
  projection::RealSums sums() const;
  projection::ResultSums result() const;

 private:
  ConvProblem problem_;
  Plane<double> x_, w_, y_;
};

}  // namespace convcheck::device
