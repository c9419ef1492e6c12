#include "checker/device/planes.h"

#include <algorithm>

#include "checker/projection/exact_state.h"
#include "checker/random_bits.h"

namespace convcheck {
namespace device {
namespace {

using projection::Operand;
using projection::PlaneAxis;
using projection::PlaneMap;

template <class T>
ProjectionWork<T> work_of(const TensorView& view, const PlaneMap& map,
                          const std::array<std::uint64_t, 2>& states, double limit) {
  ProjectionWork<T> work;
  work.data = view.data;
  work.type = view.type;
  work.limit = limit;
  for (const PlaneAxis& axis : map.axes) {
    const ProjectedAxis own{axis.extent, axis.stride, axis.to};
    if (axis.summed < 0) {
      work.axes[work.kept++] = own;
    } else {
      work.summed[axis.summed] = own;
      work.states[axis.summed] = states[static_cast<std::size_t>(axis.summed)];
      work.has_letter[axis.summed] = true;
    }
  }
  return work;
}

// The states before the signs of both letters, which are drawn one after the other.
std::array<std::uint64_t, 2> states_of(const ConvProblem& problem, std::uint64_t seed) {
  const auto first = static_cast<std::uint64_t>(projection::summed_extents(problem)[0]);
  return {seed, seed + first * kGolden};
}

Plane<double> plane_of(const Device& device, const ConvProblem& problem, Operand operand,
                       const TensorView& view, std::uint64_t seed, void* stream) {
  return {device, view,  projection::plane_map(problem, operand, view), states_of(problem, seed),
          0,      stream};
}

projection::WholePlane whole(const Plane<double>& plane) {
  return {plane.values(), plane.squares()};
}

}  // namespace

template <class T>
Plane<T>::Plane(const Device& device, const TensorView& view, const PlaneMap& map,
                const std::array<std::uint64_t, 2>& states, double limit, void* stream)
    : size_(map.size) {
  if (size_ == 0) return;
  constexpr bool kReal = std::is_same_v<T, double>;
  const auto values = static_cast<std::size_t>(size_) * sizeof(T);
  const std::size_t bytes = values + static_cast<std::size_t>(size_) * (kReal ? sizeof(double) : 1);
  const StreamMemory memory(device, stream, bytes);
  ProjectionWork<T> work = work_of<T>(view, map, states, limit);
  work.plane = reinterpret_cast<T*>(memory.data());
  if constexpr (kReal) {
    work.squares = reinterpret_cast<double*>(memory.data() + values);
  } else {
    work.good = reinterpret_cast<unsigned char*>(memory.data() + values);
  }
  device.launch(work, size_, stream);
  arrival_ = device.send_to_host(memory.data(), bytes, stream);
}

template <class T>
const T* Plane<T>::values() const {
  return size_ == 0 ? nullptr : reinterpret_cast<const T*>(arrival_->wait());
}

template <class T>
const double* Plane<T>::squares() const {
  return size_ == 0 ? nullptr : reinterpret_cast<const double*>(values() + size_);
}

template <class T>
bool Plane<T>::good() const {
  if (size_ == 0) return true;
  const auto* const first = reinterpret_cast<const unsigned char*>(values() + size_);
  return std::all_of(first, first + size_, [](unsigned char one) { return one == 1; });
}

template class Plane<std::uint64_t>;
template class Plane<double>;

SignedPlanes::SignedPlanes(const Device& device, const ConvProblem& problem,
                           const Operands& operands, std::uint64_t seed, void* stream)
    : problem_(problem),
      x_(plane_of(device, problem, Operand::X, operands.x, seed, stream)),
      w_(plane_of(device, problem, Operand::W, operands.w, seed, stream)),
      y_(plane_of(device, problem, Operand::Y, operands.y, seed, stream)) {}

projection::RealSums SignedPlanes::sums() const {
  return projection::real_sums(problem_, {whole(x_), whole(w_), whole(y_)});
}

projection::ResultSums SignedPlanes::result() const {
  const Plane<double>& plane = problem_.direction == Direction::Forward      ? y_
                               : problem_.direction == Direction::GradInputs ? x_
                                                                             : w_;
  projection::ResultSums sums;
  sums.values.assign(plane.values(), plane.values() + plane.size());
  sums.squares.assign(plane.squares(), plane.squares() + plane.size());
  return sums;
}

}  // namespace device

Compared ExactState::compare_on_device(const TensorView& result) const {
  const DevicePtr device = device_in_use();
  if (device == nullptr) throw DeviceError(why_no_device(), false);
  const projection::PlaneMap map =
      projection::plane_map(problem, result_operand(problem.direction), result);
  Compared compared;
  for (std::size_t number = 0; number < rounds.size(); ++number) {
    const device::Plane<std::uint64_t> plane(*device, result, map, rounds[number].states, largest,
                                             device->stream());
    compared.representable &= plane.good();
    compare_plane(plane.values(), number, 0, plane.size(), compared);
  }
  return compared;
}

}  // namespace convcheck
