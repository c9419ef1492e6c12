#include "tools/fixtures_rows.h"

#include <map>
#include <utility>

#include "fast/bilinear.h"
#include "fast/causal.h"
#include "fast/conv.h"
#include "fast/conv3d2d.h"
#include "fast/legacy_conv.h"
#include "fast/operators.h"
#include "fast/separable.h"
#include "tools/fixtures_arguments.h"

namespace convcheck {
namespace {

using Call = Tensor (*)(const Arguments&, const BackendPtr&);

ConvOptions conv_options(const Arguments& a) {
  return {.filter_shape = a.hint("filter_shape"),
          .border_mode = a.border(),
          .subsample = a.dims("subsample"),
          .filter_flip = a.boolean("filter_flip", true),
          .filter_dilation = a.dims("filter_dilation"),
          .num_groups = a.integer("num_groups", 1),
          .unshared = a.boolean("unshared", false)};
}

using Forward = Tensor (*)(const TensorView&, const TensorView&, const ConvOptions&,
                           const BackendPtr&);
using Gradient = Tensor (*)(const TensorView&, const TensorView&, const ShapeHint&,
                            const ConvOptions&, const BackendPtr&);

template <Forward kConv>
Tensor forward(const Arguments& a, const BackendPtr& backend) {
  ConvOptions options = conv_options(a);
  options.input_shape = a.hint("input_shape");
  return kConv(a.ones("input"), a.ones("filters"), options, backend);
}

template <Gradient kGradient>
Tensor grad_inputs(const Arguments& a, const BackendPtr& backend) {
  return kGradient(a.ones("output_grad"), a.ones("filters"), a.hint("input_shape"), conv_options(a),
                   backend);
}

template <Gradient kGradient>
Tensor grad_weights(const Arguments& a, const BackendPtr& backend) {
  ConvOptions options = conv_options(a);
  options.filter_shape = {};  // an argument here, not a hint
  options.input_shape = a.hint("input_shape");
  return kGradient(a.ones("input"), a.ones("output_grad"), a.hint("filter_shape"), options,
                   backend);
}

Tensor abstract_conv_3d(const Arguments& a, const BackendPtr& backend) {
  const AbstractConv conv(3, {.border_mode = a.border(),
                              .subsample = a.dims("subsample"),
                              .filter_dilation = a.dims("filter_dilation"),
                              .num_groups = a.integer("num_groups", 1),
                              .unshared = a.boolean("unshared", false)});
  return conv(a.ones("input"), a.ones("filters"), backend);
}

Tensor transpose(const Arguments& a, const BackendPtr& backend) {
  const ConvTransposeOptions options{.filter_shape = a.hint("filter_shape"),
                                     .border_mode = a.border(),
                                     .input_dilation = a.dims("input_dilation"),
                                     .filter_flip = a.boolean("filter_flip", true),
                                     .filter_dilation = a.dims("filter_dilation"),
                                     .num_groups = a.integer("num_groups", 1),
                                     .unshared = a.boolean("unshared", false)};
  return conv2d_transpose(a.ones("input"), a.ones("filters"), a.hint("output_shape"), options,
                          backend);
}

Tensor causal(const Arguments& a, const BackendPtr& backend) {
  const CausalConv1dOptions options{.filter_shape = a.hint("filter_shape"),
                                    .input_shape = a.hint("input_shape"),
                                    .subsample = a.integer("subsample", 1),
                                    .filter_flip = a.boolean("filter_flip", true),
                                    .filter_dilation = a.integer("filter_dilation", 1),
                                    .num_groups = a.integer("num_groups", 1),
                                    .unshared = a.boolean("unshared", false)};
  return causal_conv1d(a.ones("input"), a.ones("filters"), options, backend);
}

using Separable = Tensor (*)(const TensorView&, const TensorView&, const TensorView&,
                             const SeparableConvOptions&, const BackendPtr&);

template <Separable kConv>
Tensor separable(const Arguments& a, const BackendPtr& backend) {
  const SeparableConvOptions options{.num_channels = a.optional("num_channels"),
                                     .input_shape = a.hint("input_shape"),
                                     .border_mode = a.border(),
                                     .subsample = a.dims("subsample"),
                                     .filter_flip = a.boolean("filter_flip", true),
                                     .filter_dilation = a.dims("filter_dilation")};
  return kConv(a.ones("input"), a.ones("depthwise_filters"), a.ones("pointwise_filters"), options,
               backend);
}

bool is_pair(const Json& value) { return value.is_array() && value.size() == 2; }

Ratio to_ratio(const Json& value) { return {to_integer(value[0]), to_integer(value[1])}; }

FracRatio frac_ratio(const Arguments& a) {
  const Json value = a.json("frac_ratio");
  if (value.is_null()) return {};
  if (is_pair(value) && is_pair(value[0]) && is_pair(value[1])) {
    return {to_ratio(value[0]), to_ratio(value[1])};
  }
  if (!is_pair(value) || value[0].is_array()) {
    throw NotExpressible("a ratio that is neither p/q nor two of them");
  }
  return {to_integer(value[0]), to_integer(value[1])};
}

Tensor upsampling(const Arguments& a, const BackendPtr& backend) {
  const BilinearUpsamplingOptions options{.ratio = a.optional("ratio"),
                                          .frac_ratio = frac_ratio(a),
                                          .batch_size = a.optional("batch_size"),
                                          .num_input_channels = a.optional("num_input_channels"),
                                          .use_1D_kernel = a.boolean("use_1D_kernel", true)};
  return bilinear_upsampling(a.ones("input"), options, backend);
}

Tensor frac_upsampling(const Arguments& a, const BackendPtr& backend) {
  return frac_bilinear_upsampling(a.ones("input"), frac_ratio(a), backend);
}

Tensor kernel_1d(const Arguments& a, const BackendPtr&) {
  return bilinear_kernel_1D(to_integer(a.json("ratio")),
                            {.normalize = a.boolean("normalize", true)});
}

Tensor kernel_2d(const Arguments& a, const BackendPtr&) {
  const BilinearKernelOptions options{.normalize = a.boolean("normalize", true)};
  const Json ratio = a.json("ratio");
  if (!ratio.is_array()) return bilinear_kernel_2D(to_integer(ratio), options);
  if (!is_pair(ratio)) throw NotExpressible("a ratio that is neither p/q nor two of them");
  return bilinear_kernel_2D({to_integer(ratio[0]), to_integer(ratio[1])}, options);
}

Tensor through_conv3d2d(const Arguments& a, const BackendPtr& backend) {
  const conv3d2d::Options options{.signals_shape = a.hint("signals_shape"),
                                  .filters_shape = a.hint("filters_shape"),
                                  .border_mode = a.border()};
  return conv3d2d::conv3d(a.ones("input"), a.ones("filters"), options, backend);
}

// The deprecated function is checked like any other.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

conv::Options legacy_options(const Arguments& a) {
  return {.image_shape = a.hint("image_shape"),
          .filter_shape = a.hint("filter_shape"),
          .border_mode = a.border(),
          .subsample = a.dims("subsample")};
}

Tensor legacy(const Arguments& a, const BackendPtr& backend) {
  return conv::conv2d(a.ones("input"), a.ones("filters"), legacy_options(a), backend);
}

Tensor legacy_grad_inputs(const Arguments& a, const BackendPtr& backend) {
  return conv::conv2d_grad_wrt_inputs(a.ones("output_grad"), a.ones("filters"),
                                      a.ones("input").shape(), legacy_options(a), backend);
}

Tensor legacy_grad_weights(const Arguments& a, const BackendPtr& backend) {
  return conv::conv2d_grad_wrt_weights(a.ones("input"), a.ones("output_grad"),
                                       a.ones("filters").shape(), legacy_options(a), backend);
}

#pragma GCC diagnostic pop

const std::map<std::string, Call>& calls() {
  static const std::map<std::string, Call> all{
      {"conv2d", forward<conv2d>},
      {"conv3d", forward<conv3d>},
      {"AbstractConv(convdim=3)", abstract_conv_3d},
      {"conv2d_grad_wrt_inputs", grad_inputs<conv2d_grad_wrt_inputs>},
      {"conv3d_grad_wrt_inputs", grad_inputs<conv3d_grad_wrt_inputs>},
      {"conv2d_grad_wrt_weights", grad_weights<conv2d_grad_wrt_weights>},
      {"conv3d_grad_wrt_weights", grad_weights<conv3d_grad_wrt_weights>},
      {"conv2d_transpose", transpose},
      {"causal_conv1d", causal},
      {"separable_conv2d", separable<separable_conv2d>},
      {"separable_conv3d", separable<separable_conv3d>},
      {"bilinear_upsampling", upsampling},
      {"frac_bilinear_upsampling", frac_upsampling},
      {"bilinear_kernel_1d", kernel_1d},
      {"bilinear_kernel_2d", kernel_2d},
      {"conv3d2d", through_conv3d2d},
      {"conv2d_legacy", legacy},
      {"theano.grad(conv2d_legacy, input)", legacy_grad_inputs},
      {"theano.grad(conv2d_legacy, filters)", legacy_grad_weights},
  };
  return all;
}

}  // namespace

Answer answer_of_operator(const TheanoRow& call, const BackendPtr& backend) {
  const auto found = calls().find(call.function);
  if (found == calls().end()) {
    throw FileError(call.where + ": the function " + call.function + " is not known");
  }
  const Arguments arguments(call);
  try {
    const Tensor result = found->second(arguments, backend);
    arguments.require_all_read();
    return Answer::of(to_json(result.shape()));
  } catch (const ConvError& error) {
    return Answer::refused({error.kind()}, error.what());
  }
}

}  // namespace convcheck
