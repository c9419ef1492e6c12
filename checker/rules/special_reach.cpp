#include "checker/rules/special_reach.h"

#include <cmath>

namespace convcheck {
namespace {

Index index_of(std::int64_t element, const Shape& extents) {
  Index at(extents.size(), 0);
  for (std::size_t axis = extents.size(); axis-- > 0; element /= extents[axis]) {
    at[axis] = element % extents[axis];
  }
  return at;
}

// The numbers of an element of the filters.
struct Filter {
  std::int64_t k = 0, channel = 0;  // of x: over all groups
  Dims region = {}, f = {};         // f counts from the first window position on: unflipped
};

Filter filter_at(const ConvProblem& problem, const Index& w) {
  Filter filter{w[0], 0, {}, {}};
  std::size_t axis = 1;
  if (problem.unshared) {
    for (std::size_t i = 0; i < problem.rank; ++i) filter.region.push_back(w[axis++]);
  }
  const std::int64_t group = problem.group_filters() > 0 ? w[0] / problem.group_filters() : 0;
  filter.channel = group * problem.group_channels() + w[axis++];
  for (std::size_t i = 0; i < problem.rank; ++i, ++axis) {
    filter.f.push_back(problem.flip ? problem.windows[i].filter - 1 - w[axis] : w[axis]);
  }
  return filter;
}

// Whether the input that filter element f meets in window o is padding.
bool reads_padding(const ConvProblem& problem, const Index& o, const Dims& f) {
  for (std::size_t axis = 0; axis < problem.rank; ++axis) {
    const Window& window = problem.windows[axis];
    const std::int64_t i = o[axis] * window.stride + f[axis] * window.dilation - window.pad_before;
    if (i < 0 || i >= window.input) return true;
  }
  return false;
}

// Whether no window has filter element f at input i.
bool meets_no_output(const ConvProblem& problem, const Index& i, const Dims& f) {
  for (std::size_t axis = 0; axis < problem.rank; ++axis) {
    const Window& window = problem.windows[axis];
    const std::int64_t o = i[axis] + window.pad_before - f[axis] * window.dilation;
    if (o < 0 || o % window.stride != 0 || o / window.stride >= window.output()) return true;
  }
  return false;
}

Index spatial(const Index& at) {
  Index rest;
  for (std::size_t axis = 2; axis < at.size(); ++axis) rest.push_back(at[axis]);
  return rest;
}

bool of_one_group(const ConvProblem& problem, std::int64_t channel, std::int64_t k) {
  return channel / problem.group_channels() == k / problem.group_filters();
}

}  // namespace

std::optional<HotElement> hot_element(const ConvProblem& problem, const Data& data) {
  const Direction direction = problem.direction;
  if (direction != Direction::GradInputs && data.x.hot >= 0) {
    return HotElement{OperandName::X, index_of(data.x.hot, problem.x_shape()), data.x.hot_value};
  }
  if (direction != Direction::GradWeights && data.w.hot >= 0) {
    return HotElement{OperandName::W, index_of(data.w.hot, problem.w_shape()), data.w.hot_value};
  }
  if (direction != Direction::Forward && data.y.hot >= 0) {
    return HotElement{OperandName::Y, index_of(data.y.hot, problem.y_shape()), data.y.hot_value};
  }
  return std::nullopt;
}

bool meets_padding(const ConvProblem& problem, const HotElement& hot, const Index& at) {
  if (hot.operand == OperandName::X) return false;
  if (problem.direction == Direction::GradWeights) {
    const Filter filter = filter_at(problem, at);
    const Index o = spatial(hot.at);
    if (problem.unshared && !(filter.region == o)) return false;
    return filter.k == hot.at[1] && reads_padding(problem, o, filter.f);
  }
  if (hot.operand != OperandName::W) return false;
  const Filter filter = filter_at(problem, hot.at);
  if (problem.direction == Direction::Forward) {
    const Index o = spatial(at);
    if (problem.unshared && !(filter.region == o)) return false;
    return filter.k == at[1] && reads_padding(problem, o, filter.f);
  }
  if (problem.unshared) return false;  // an output that there is not has no filters
  return filter.channel == at[1] && meets_no_output(problem, spatial(at), filter.f);
}

bool may_meet_padding(const ConvProblem& problem, const HotElement& hot) {
  if (hot.operand == OperandName::X) return false;
  // An element of the result that belongs to the hot one, at the first or last coordinates.
  const Filter filter = hot.operand == OperandName::W ? filter_at(problem, hot.at) : Filter{};
  Index at(problem.result_shape().size(), 0);
  if (problem.direction == Direction::GradWeights) {
    at[0] = hot.at[1];
  } else {
    at[1] = problem.direction == Direction::Forward ? filter.k : filter.channel;
  }
  const Shape shape = problem.result_shape();
  const std::size_t first = shape.size() - problem.rank;
  if (problem.unshared) {
    const Index region =
        problem.direction == Direction::GradWeights ? spatial(hot.at) : filter.region;
    for (std::size_t i = 0; i < problem.rank; ++i) {
      at[problem.direction == Direction::GradWeights ? 1 + i : first + i] = region[i];
    }
    if (problem.direction == Direction::Forward) return meets_padding(problem, hot, at);
  }
  for (const bool last : {false, true}) {
    for (std::size_t axis = first; axis < shape.size(); ++axis)
      at[axis] = last ? shape[axis] - 1 : 0;
    if (meets_padding(problem, hot, at)) return true;
  }
  return false;
}

bool shares_plane(const ConvProblem& problem, const HotElement& hot, const Index& at) {
  const bool result_is_w = problem.direction == Direction::GradWeights;
  if (result_is_w) {
    const Filter filter = filter_at(problem, at);
    return hot.at[1] == (hot.operand == OperandName::X ? filter.channel : filter.k);
  }
  if (hot.operand == OperandName::W) {
    const Filter filter = filter_at(problem, hot.at);
    return at[1] == (problem.direction == Direction::Forward ? filter.k : filter.channel);
  }
  const bool forward = problem.direction == Direction::Forward;
  const std::int64_t channel = forward ? hot.at[1] : at[1], k = forward ? at[1] : hot.at[1];
  return at[0] == hot.at[0] && of_one_group(problem, channel, k);
}

bool claims_allow(const ConvProblem& problem, const HotElement& hot, const CallTypes& claims,
                  const Index& at, double got) {
  if (std::isfinite(got) || std::isfinite(hot.value)) return false;
  if (claims.amplification > 0 && shares_plane(problem, hot, at)) return true;
  return claims.multiplies_padding && std::isnan(got) && meets_padding(problem, hot, at);
}

}  // namespace convcheck
