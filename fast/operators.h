// The three operator families of theano.tensor.nnet.abstract_conv, as objects: parameters that are
// checked and normalised once, applied to any operands on any backend, with their derivatives.
//
//   AbstractConv              (input, filters)              -> output
//   AbstractConv_gradInputs   (filters, output_grad, shape) -> input's gradient, of spatial extents
//   `shape` AbstractConv_gradWeights  (input, output_grad, shape)   -> filters' gradient, of
//   spatial extents `shape`
//
// The set is closed: each is linear in both of its tensors, and its derivatives are the other two
// on the same problem. Layouts, result types and errors are those of fast/conv.h.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "fast/dispatch.h"
#include "fast/shape_hint.h"
#include "reference/border_mode.h"
#include "reference/problem.h"
#include "reference/tensor.h"

namespace convcheck {

struct AbstractConvParameters {
  ShapeHint imshp = {};  // declared shape of the input, checked at every call
  ShapeHint kshp = {};   // declared shape of the filters
  BorderMode border_mode = valid;
  Dims subsample = {};  // empty: 1 on every axis
  bool filter_flip = true;
  Dims filter_dilation = {};  // empty: 1 on every axis
  std::int64_t num_groups = 1;
  bool unshared = false;

  friend bool operator==(const AbstractConvParameters&, const AbstractConvParameters&) = default;
};

// What the three share. Two operators of a family with equal convdim and parameters compute the
// same.
class BaseAbstractConv {
 public:
  // The number of spatial axes, 1 to 3.
  std::size_t convdim() const { return convdim_; }
  // Normalised: subsample and filter_dilation have convdim entries; an integer border is a tuple of
  // convdim integers, a pair of equal integers is that integer, and zeros are `valid`.
  const AbstractConvParameters& parameters() const { return parameters_; }

  friend bool operator==(const BaseAbstractConv&, const BaseAbstractConv&) = default;

 protected:
  // Throws ConvError: {Rank} for convdim outside 1..3 or the wrong number of entries of a
  // parameter, {BorderMode}, {Stride}, {Dilation} or {Groups} for an entry that no convolution can
  // have.
  BaseAbstractConv(std::size_t convdim, AbstractConvParameters parameters);
  ~BaseAbstractConv() = default;
  BaseAbstractConv(const BaseAbstractConv&) = default;
  BaseAbstractConv& operator=(const BaseAbstractConv&) = default;

  // The problem of these operands, checked against one another and against imshp and kshp.
  ConvProblem problem(Direction direction, const Shape& x, const Shape& w,
                      const Shape& y = {}) const;
  // The whole shape of the input or of the filters, from its spatial extents and the two other
  // operands; it must agree with imshp or kshp.
  OptionalShape input_shape(const OptionalShape& filters, const OptionalShape& output,
                            const Shape& extents) const;
  OptionalShape filter_shape(const OptionalShape& input, const OptionalShape& output,
                             const Shape& extents) const;
  // The known entries of an operand's shape, the others from its hint.
  static OptionalShape merged(const char* argument, const ShapeHint& shape, const ShapeHint& hint,
                              std::size_t axes);
  std::size_t input_axes() const { return 2 + convdim_; }
  std::size_t filter_axes() const { return 2 + convdim_ * (parameters_.unshared ? 2 : 1); }

 private:
  std::size_t convdim_;
  AbstractConvParameters parameters_;
};

// In all three families
//   operator()   applies the operator;
//   infer_shape  gives the result's shape; extents of the arguments may be unknown (std::nullopt,
//   or {} for all of them)
//                and are then taken from imshp and kshp. Throws ConvError for contradictions among
//                the known ones;
//   grad         the gradients of sum(cotangent * result) with respect to both tensors, each of its
//   tensor's type; R_op         the derivative of the result along the tangents: an operand's
//   tangent has its shape, and one that is not
//                given is zero.
// Operands of a derivative may be of different types; the sum is computed in the widest.

class AbstractConv : public BaseAbstractConv {
 public:
  struct Gradients {
    Tensor input, filters;
  };
  struct Tangents {
    std::optional<TensorView> input = {}, filters = {};
  };

  explicit AbstractConv(std::size_t convdim, AbstractConvParameters parameters = {})
      : BaseAbstractConv(convdim, std::move(parameters)) {}

  Tensor operator()(const TensorView& input, const TensorView& filters,
                    const BackendPtr& backend = automatic()) const;
  OptionalShape infer_shape(const ShapeHint& input, const ShapeHint& filters) const;
  Gradients grad(const TensorView& input, const TensorView& filters, const TensorView& cotangent,
                 const BackendPtr& backend = automatic()) const;
  Tensor R_op(const TensorView& input, const TensorView& filters, const Tangents& tangents,
              const BackendPtr& backend = automatic()) const;
};

class AbstractConv_gradInputs : public BaseAbstractConv {
 public:
  struct Gradients {
    Tensor filters, output_grad;
  };
  struct Tangents {
    std::optional<TensorView> filters = {}, output_grad = {};
  };

  explicit AbstractConv_gradInputs(std::size_t convdim, AbstractConvParameters parameters = {})
      : BaseAbstractConv(convdim, std::move(parameters)) {}

  Tensor operator()(const TensorView& filters, const TensorView& output_grad, const Shape& shape,
                    const BackendPtr& backend = automatic()) const;
  OptionalShape infer_shape(const ShapeHint& filters, const ShapeHint& output_grad,
                            const Shape& shape) const;
  // The cotangent has the result's shape, which holds `shape`.
  Gradients grad(const TensorView& filters, const TensorView& output_grad,
                 const TensorView& cotangent, const BackendPtr& backend = automatic()) const;
  Tensor R_op(const TensorView& filters, const TensorView& output_grad, const Shape& shape,
              const Tangents& tangents, const BackendPtr& backend = automatic()) const;

 private:
  ConvProblem lowered(const Shape& filters, const Shape& output_grad, const Shape& shape) const;
};

class AbstractConv_gradWeights : public BaseAbstractConv {
 public:
  struct Gradients {
    Tensor input, output_grad;
  };
  struct Tangents {
    std::optional<TensorView> input = {}, output_grad = {};
  };

  explicit AbstractConv_gradWeights(std::size_t convdim, AbstractConvParameters parameters = {})
      : BaseAbstractConv(convdim, std::move(parameters)) {}

  Tensor operator()(const TensorView& input, const TensorView& output_grad, const Shape& shape,
                    const BackendPtr& backend = automatic()) const;
  OptionalShape infer_shape(const ShapeHint& input, const ShapeHint& output_grad,
                            const Shape& shape) const;
  // The cotangent has the result's shape, which holds `shape`.
  Gradients grad(const TensorView& input, const TensorView& output_grad,
                 const TensorView& cotangent, const BackendPtr& backend = automatic()) const;
  Tensor R_op(const TensorView& input, const TensorView& output_grad, const Shape& shape,
              const Tangents& tangents, const BackendPtr& backend = automatic()) const;

 private:
  ConvProblem lowered(const Shape& input, const Shape& output_grad, const Shape& shape) const;
};

// The documented names for each number of spatial axes.
template <class Family, std::size_t kConvdim>
class AbstractConvOf : public Family {
 public:
  explicit AbstractConvOf(AbstractConvParameters parameters = {})
      : Family(kConvdim, std::move(parameters)) {}
};

using AbstractConv1d = AbstractConvOf<AbstractConv, 1>;
using AbstractConv2d = AbstractConvOf<AbstractConv, 2>;
using AbstractConv3d = AbstractConvOf<AbstractConv, 3>;
using AbstractConv1d_gradInputs = AbstractConvOf<AbstractConv_gradInputs, 1>;
using AbstractConv2d_gradInputs = AbstractConvOf<AbstractConv_gradInputs, 2>;
using AbstractConv3d_gradInputs = AbstractConvOf<AbstractConv_gradInputs, 3>;
using AbstractConv1d_gradWeights = AbstractConvOf<AbstractConv_gradWeights, 1>;
using AbstractConv2d_gradWeights = AbstractConvOf<AbstractConv_gradWeights, 2>;
using AbstractConv3d_gradWeights = AbstractConvOf<AbstractConv_gradWeights, 3>;

}  // namespace convcheck
