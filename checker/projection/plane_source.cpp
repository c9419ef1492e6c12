#include "checker/projection/plane_source.h"

namespace convcheck::projection {
namespace {

// So many numbers are made at once: in parts they would cost more calls than memory.
constexpr std::int64_t kWhole = std::int64_t{1} << 16;

}  // namespace

template <class T>
ProjectedPlanes<T>::ProjectedPlanes(const ConvProblem& problem, Operand operand,
                                    const TensorView& view, const Multipliers<T>& multipliers,
                                    double limit)
    : problem_(problem), operand_(operand), view_(view), multipliers_(multipliers), limit_(limit) {
  for (std::size_t axis = 2; axis < view.rank(); ++axis) plane_size_ *= view.extents[axis];
  const PlaneMap map = plane_map(problem, operand, view);
  whole_ = map.size <= kWhole;
  if (!whole_) return;
  buffer_.resize(static_cast<std::size_t>(map.size));
  good_ = add_projection(view, map, multipliers, limit, buffer_.data());
}

template <class T>
const T* ProjectedPlanes<T>::planes(std::int64_t g, std::int64_t first, std::int64_t count) {
  if (whole_) return StoredPlanes<T>(problem_, plane_size_, buffer_.data()).planes(g, first, count);
  if (view_.empty()) {
    buffer_.resize(static_cast<std::size_t>(count * plane_size_));
    return buffer_.data();
  }
  const bool by_image = problem_.direction == Direction::GradWeights;
  const std::int64_t group = view_.extents[1] / problem_.groups;
  const TensorView some = by_image ? part(part(view_, 0, first, count), 1, g * group, group)
                                   : part(view_, 1, g * group + first, count);
  ConvProblem one_group = problem_;
  one_group.groups = 1;
  const PlaneMap map = plane_map(one_group, operand_, some);
  buffer_.assign(static_cast<std::size_t>(map.size), T{0});
  good_ &= add_projection(some, map, multipliers_, limit_, buffer_.data());
  return buffer_.data();
}

template class ProjectedPlanes<std::uint64_t>;
template class ProjectedPlanes<double>;

}  // namespace convcheck::projection
