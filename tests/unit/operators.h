// The three operator families as bilinear maps of two tensors, for tests that hold for all of them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fast/operators.h"
#include "tests/unit/composed.h"

namespace convcheck {

// Parameters with operands that fit them.
struct OperatorCase {
  std::string name;
  std::size_t convdim;
  AbstractConvParameters parameters;
  Shape x, w;

  Shape y() const { return make_problem(Direction::Forward, x, w, lowered()).y_shape(); }
  ConvParameters lowered() const {
    return {.border_mode = parameters.border_mode,
            .subsample = parameters.subsample,
            .filter_flip = parameters.filter_flip,
            .filter_dilation = parameters.filter_dilation,
            .num_groups = parameters.num_groups,
            .unshared = parameters.unshared};
  }
  // The last convdim extents.
  Shape spatial(const Shape& shape) const {
    Shape extents;
    for (std::size_t i = shape.size() - convdim; i < shape.size(); ++i) extents.push_back(shape[i]);
    return extents;
  }
};

inline std::vector<OperatorCase> operator_cases() {
  const BorderMode uneven{1, {0, 2}}, uneven_3d{{1, 0}, 0, {0, 2}};
  return {
      {"2-D", 2, {}, {2, 3, 4, 5}, {2, 3, 2, 3}},
      {"2-D with everything",
       2,
       {.border_mode = uneven,
        .subsample = {2, 1},
        .filter_flip = false,
        .filter_dilation = {1, 2}},
       {2, 2, 5, 4},
       {3, 2, 2, 2}},
      {"2-D grouped",
       2,
       {.border_mode = half, .subsample = {1, 2}, .num_groups = 2},
       {1, 4, 3, 4},
       {2, 2, 3, 2}},
      {"2-D unshared",
       2,
       {.border_mode = uneven, .subsample = {2, 2}, .unshared = true},
       {2, 2, 4, 3},
       {2, 3, 2, 2, 2, 2}},
      {"2-D grouped and unshared",
       2,
       {.filter_flip = false, .num_groups = 2, .unshared = true},
       {2, 2, 3, 3},
       {4, 2, 2, 1, 2, 2}},
      {"3-D", 3, {}, {1, 2, 3, 3, 4}, {2, 2, 2, 2, 2}},
      {"3-D with everything",
       3,
       {.border_mode = uneven_3d, .subsample = {1, 2, 1}, .filter_dilation = {2, 1, 1}},
       {2, 1, 3, 4, 2},
       {2, 1, 2, 2, 3}},
      {"3-D grouped", 3, {.border_mode = full, .num_groups = 2}, {1, 2, 2, 2, 3}, {4, 1, 2, 1, 2}},
      {"3-D grouped and unshared",
       3,
       {.subsample = {2, 1, 1}, .num_groups = 2, .unshared = true},
       {1, 2, 3, 2, 3},
       {2, 1, 2, 2, 1, 2, 1, 2}},
  };
}

// result = apply(a, b), linear in both.
struct BilinearMap {
  using Tangent = std::optional<TensorView>;

  std::string name;
  Tensor a, b, cotangent;
  std::function<Tensor(const TensorView& a, const TensorView& b)> apply;
  // The gradients with respect to a and b.
  std::function<std::pair<Tensor, Tensor>(const TensorView& cotangent)> grad;
  std::function<Tensor(const Tangent& a, const Tangent& b)> r_op;
};

inline BilinearMap forward_map(const OperatorCase& c, const BackendPtr& backend) {
  const AbstractConv op(c.convdim, c.parameters);
  const Tensor x = scrambled(c.x, 1), w = scrambled(c.w, 2);
  return {"AbstractConv, " + c.name,
          x,
          w,
          scrambled(c.y(), 3),
          [=](const TensorView& a, const TensorView& b) { return op(a, b, backend); },
          [=](const TensorView& cotangent) {
            AbstractConv::Gradients both = op.grad(x, w, cotangent, backend);
            return std::pair(std::move(both.input), std::move(both.filters));
          },
          [=](const BilinearMap::Tangent& a, const BilinearMap::Tangent& b) {
            return op.R_op(x, w, {a, b}, backend);
          }};
}

inline BilinearMap grad_inputs_map(const OperatorCase& c, const BackendPtr& backend) {
  const AbstractConv_gradInputs op(c.convdim, c.parameters);
  const Tensor w = scrambled(c.w, 2), y = scrambled(c.y(), 3);
  const Shape shape = c.spatial(c.x);
  return {"AbstractConv_gradInputs, " + c.name,
          w,
          y,
          scrambled(c.x, 1),
          [=](const TensorView& a, const TensorView& b) { return op(a, b, shape, backend); },
          [=](const TensorView& cotangent) {
            AbstractConv_gradInputs::Gradients both = op.grad(w, y, cotangent, backend);
            return std::pair(std::move(both.filters), std::move(both.output_grad));
          },
          [=](const BilinearMap::Tangent& a, const BilinearMap::Tangent& b) {
            return op.R_op(w, y, shape, {a, b}, backend);
          }};
}

inline BilinearMap grad_weights_map(const OperatorCase& c, const BackendPtr& backend) {
  const AbstractConv_gradWeights op(c.convdim, c.parameters);
  const Tensor x = scrambled(c.x, 1), y = scrambled(c.y(), 3);
  const Shape shape = c.spatial(c.w);
  return {"AbstractConv_gradWeights, " + c.name,
          x,
          y,
          scrambled(c.w, 2),
          [=](const TensorView& a, const TensorView& b) { return op(a, b, shape, backend); },
          [=](const TensorView& cotangent) {
            AbstractConv_gradWeights::Gradients both = op.grad(x, y, cotangent, backend);
            return std::pair(std::move(both.input), std::move(both.output_grad));
          },
          [=](const BilinearMap::Tangent& a, const BilinearMap::Tangent& b) {
            return op.R_op(x, y, shape, {a, b}, backend);
          }};
}

// Every family on every case, on every backend of this build.
inline void on_every_operator(const std::function<void(const BilinearMap&)>& claim) {
  on_every_backend([&](const BackendPtr& backend) {
    for (const OperatorCase& c : operator_cases()) {
      for (const BilinearMap& map :
           {forward_map(c, backend), grad_inputs_map(c, backend), grad_weights_map(c, backend)}) {
        SCOPED_TRACE(map.name);
        claim(map);
      }
    }
  });
}

}  // namespace convcheck
