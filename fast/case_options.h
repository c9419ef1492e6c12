// The options of the documented functions that a case spells. Internal to fast/evaluate.h.
#pragma once

#include "fast/bilinear.h"
#include "fast/causal.h"
#include "fast/conv.h"
#include "fast/conv3d2d.h"
#include "fast/legacy_conv.h"
#include "fast/separable.h"
#include "reference/case.h"

namespace convcheck {

inline ConvOptions conv_options(const Case& c) {
  return {.border_mode = c.border,
          .subsample = c.subsample,
          .filter_flip = c.flip,
          .filter_dilation = c.dilation,
          .num_groups = c.groups,
          .unshared = c.unshared};
}

inline ConvTransposeOptions transpose_options(const Case& c) {
  return {.border_mode = c.border,
          .input_dilation = c.subsample,
          .filter_flip = c.flip,
          .filter_dilation = c.dilation,
          .num_groups = c.groups,
          .unshared = c.unshared};
}

inline CausalConv1dOptions causal_options(const Case& c) {
  return {.subsample = c.subsample.empty() ? 1 : c.subsample[0],
          .filter_flip = c.flip,
          .filter_dilation = c.dilation.empty() ? 1 : c.dilation[0],
          .num_groups = c.groups,
          .unshared = c.unshared};
}

inline SeparableConvOptions separable_options(const Case& c) {
  return {.input_shape = c.x,
          .depthwise_filter_shape = c.dw,
          .pointwise_filter_shape = c.pw,
          .border_mode = c.border,
          .subsample = c.subsample,
          .filter_flip = c.flip,
          .filter_dilation = c.dilation};
}

inline conv::Options legacy_options(const Case& c) {
  return {
      .image_shape = c.x, .filter_shape = c.w, .border_mode = c.border, .subsample = c.subsample};
}

// The ratio of an axis. Throws ConvError{Ratio} when there are none or more than two, and
// for one that is not an integer >= 1 where that is asked for.
const Ratio& ratio_at(const Case& c, std::size_t axis);
std::int64_t integer_ratio_at(const Case& c, std::size_t axis);

// One integer ratio is `ratio`, anything else is `frac_ratio`; of frac_bilinear_upsampling
// everything is.
BilinearUpsamplingOptions bilinear_options(const Case& c);

}  // namespace convcheck
