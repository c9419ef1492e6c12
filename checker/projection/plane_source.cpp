#include "checker/projection/plane_source.h"

namespace convcheck::projection {
namespace {

// So many numbers are made at once: in parts they would cost more calls than memory.
constexpr std::int64_t kWhole = std::int64_t{1} << 16;

}  // namespace

template <class T>
ProjectedPlanes<T>::ProjectedPlanes(const ConvProblem& problem, Operand operand,
                                    const TensorView& view, const Multipliers<T>& multipliers,
                                    double limit, double* squares)
    : problem_(problem),
      operand_(operand),
      view_(view),
      multipliers_(multipliers),
      limit_(limit),
      squares_(squares) {
  for (std::size_t axis = 2; axis < view.rank(); ++axis) plane_size_ *= view.extents[axis];
  const PlaneMap map = plane_map(problem, operand, view);
  whole_ = map.size <= kWhole;
  if (!whole_) return;
  project(view, problem);
  if (view.empty()) return;
  const std::int64_t groups = problem.groups, planes = map.size / (groups * plane_size_);
  if (problem.direction == Direction::GradWeights) {  // n, g
    add_squares(squares, {0, planes, groups * plane_size_});
    return;
  }
  for (std::int64_t g = 0; squares_ != nullptr && g < groups; ++g) {  // g, channel
    add_squares(squares + g * plane_size_, {g * planes * plane_size_, planes, plane_size_});
  }
}

template <class T>
void ProjectedPlanes<T>::project(const TensorView& view, const ConvProblem& problem) {
  const PlaneMap map = plane_map(problem, operand_, view);
  buffer_.assign(static_cast<std::size_t>(map.size), T{0});
  squares_buffer_.assign(squares_ == nullptr ? 0 : buffer_.size(), 0);
  good_ &= add_projection(view, map, multipliers_, limit_, buffer_.data(),
                          squares_ == nullptr ? nullptr : squares_buffer_.data());
}

template <class T>
void ProjectedPlanes<T>::add_squares(double* to, const Squares& some) const {
  if (squares_ == nullptr) return;
  const double* from = squares_buffer_.data() + some.first;
  for (std::int64_t row = 0; row < some.rows; ++row, from += some.row) {
    for (std::int64_t j = 0; j < some.row; ++j) to[j] += from[j];
  }
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
  project(some, one_group);
  if (squares_ != nullptr) add_squares(squares_ + g * plane_size_, {0, count, plane_size_});
  return buffer_.data();
}

template class ProjectedPlanes<std::uint64_t>;
template class ProjectedPlanes<double>;

}  // namespace convcheck::projection
