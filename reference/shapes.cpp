#include "reference/shapes.h"

#include <algorithm>

namespace convcheck {
namespace {

__extension__ typedef __int128 I128;  // sums of 64-bit extents do not overflow in it

constexpr std::int64_t kLargest = INT64_MAX / 4;

std::int64_t checked(I128 extent, const char* argument, std::int64_t value) {
  if (extent < -kLargest || extent > kLargest) {
    throw ConvError(ErrorKind::Overflow, argument, std::to_string(value), "extents below 2^61");
  }
  return static_cast<std::int64_t>(extent);
}

I128 floor_div(I128 dividend, std::int64_t divisor) {
  return dividend / divisor - (dividend % divisor < 0 ? 1 : 0);
}

void require_positive(std::int64_t value, ErrorKind kind, const char* argument) {
  if (value < 1) throw ConvError(kind, argument, std::to_string(value), ">= 1");
}

std::int64_t dilated_filter(std::int64_t kernel, std::int64_t dilation) {
  return checked((I128(kernel) - 1) * dilation + 1, "kernel_shape", kernel);
}

// The zeros on both sides together. A `half` that is below 0, of an impossible kernel, is floored
// like any other.
I128 both_pads(const AxisBorder& border, std::int64_t dilated) {
  if (border.kind == AxisBorder::Kind::Half) return 2 * floor_div(dilated, 2);
  const Pads pads = to_pads(border, dilated);
  return I128(pads.before) + pads.after;
}

// What the extents of one axis are computed with.
struct AxisOptions {
  OptionalBorder border;
  OptionalExtent subsample, dilation;

  bool known() const { return border && subsample && dilation; }
  void validate() const {
    require_positive(*subsample, ErrorKind::Stride, "subsample");
    require_positive(*dilation, ErrorKind::Dilation, "dilation");
  }
};

OptionalExtent output_extent(OptionalExtent image, OptionalExtent kernel, const AxisOptions& axis) {
  if (!image || !kernel || !axis.known()) return std::nullopt;
  axis.validate();
  const std::int64_t dilated = dilated_filter(*kernel, *axis.dilation);
  const I128 span = *image + both_pads(*axis.border, dilated) - dilated;
  return checked(floor_div(span, *axis.subsample) + 1, "image_shape", *image);
}

OptionalExtent filter_extent(OptionalExtent image, OptionalExtent top, const AxisOptions& axis) {
  if (!image || !top || !axis.known()) return std::nullopt;
  axis.validate();
  if (*axis.subsample != 1 || *axis.border == half) return std::nullopt;
  // The dilated filter - 1. `full` pads it twice and the window takes it off once, hence the other
  // sign.
  const I128 reach =
      *axis.border == full ? I128(*top) - *image : *image + both_pads(*axis.border, 1) - *top;
  if (reach % *axis.dilation != 0) {
    throw ConvError(ErrorKind::OutputShape, "top_shape", std::to_string(*top),
                    "an extent that image_shape " + std::to_string(*image) +
                        " and some filter with dilation " + std::to_string(*axis.dilation) +
                        " give");
  }
  return checked(reach / *axis.dilation + 1, "image_shape", *image);
}

OptionalExtent input_extent(OptionalExtent kernel, OptionalExtent top, const AxisOptions& axis) {
  if (!kernel || !top || !axis.known()) return std::nullopt;
  axis.validate();
  if (*axis.subsample != 1) return std::nullopt;
  const std::int64_t dilated = dilated_filter(*kernel, *axis.dilation);
  return checked(I128(*top) + dilated - 1 - both_pads(*axis.border, dilated), "top_shape", *top);
}

void require_entries(const OptionalShape& shape, std::size_t expected, const char* argument) {
  if (shape.size() == expected) return;
  throw ConvError(ErrorKind::Rank, argument, to_string(shape),
                  std::to_string(expected) + " entries");
}

std::size_t spatial_rank(const OptionalShape& shape, const char* argument) {
  if (shape.size() >= 3 && shape.size() <= 5) return shape.size() - 2;
  throw ConvError(ErrorKind::Rank, argument, to_string(shape), "3 to 5 entries");
}

std::size_t filter_rank(std::size_t rank, bool unshared) {
  return 2 + rank + (unshared ? rank : 0);
}

std::vector<AxisOptions> axes_of(const ConvShapeOptions& options, std::size_t rank) {
  if (!options.subsample.empty()) require_entries(options.subsample, rank, "subsample");
  if (!options.filter_dilation.empty()) {
    require_entries(options.filter_dilation, rank, "filter_dilation");
  }
  std::vector<AxisOptions> axes(rank, {std::nullopt, 1, 1});
  for (std::size_t i = 0; i < rank; ++i) {
    axes[i].border = options.border_mode.axis(i, rank);
    if (!options.subsample.empty()) axes[i].subsample = options.subsample[i];
    if (!options.filter_dilation.empty()) axes[i].dilation = options.filter_dilation[i];
  }
  return axes;
}

using Extent = OptionalExtent (*)(OptionalExtent, OptionalExtent, const AxisOptions&);

// Appends `extent` of the last axes of `a` and `b`.
void append_axes(OptionalShape& shape, Extent extent, const OptionalShape& a,
                 const OptionalShape& b, const std::vector<AxisOptions>& axes) {
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::size_t from_end = axes.size() - i;
    shape.push_back(extent(a[a.size() - from_end], b[b.size() - from_end], axes[i]));
  }
}

OptionalExtent divided_by_groups(OptionalExtent channels, std::int64_t num_groups) {
  require_positive(num_groups, ErrorKind::Groups, "num_groups");
  if (!channels) return std::nullopt;
  if (*channels % num_groups != 0) {
    throw ConvError(ErrorKind::Groups, "num_groups", std::to_string(num_groups),
                    "a divisor of the " + std::to_string(*channels) + " input channels");
  }
  return *channels / num_groups;
}

OptionalExtent times_groups(OptionalExtent channels, std::int64_t num_groups) {
  require_positive(num_groups, ErrorKind::Groups, "num_groups");
  if (!channels) return std::nullopt;
  return checked(I128(*channels) * num_groups, "num_groups", num_groups);
}

bool fits(OptionalExtent given, OptionalExtent computed) {
  return !given || !computed || *given == *computed;
}

}  // namespace

OptionalShape optional_shape(const Dims& dims) { return {dims.begin(), dims.end()}; }

std::string to_string(const OptionalShape& shape) {
  if (shape.empty()) return "scalar";
  std::string text;
  for (const OptionalExtent& extent : shape) {
    if (!text.empty()) text += 'x';
    text += extent ? std::to_string(*extent) : "?";
  }
  return text;
}

OptionalBorder OptionalBorderMode::axis(std::size_t axis, std::size_t rank) const {
  if (every_axis_) return entries_[0];
  if (entries_.size() == rank) return entries_[axis];
  throw ConvError(ErrorKind::BorderMode, "border_mode",
                  "a tuple of " + std::to_string(entries_.size()),
                  "valid, half, full, an integer or a tuple of " + std::to_string(rank));
}

OptionalExtent get_conv_shape_1axis(OptionalExtent image_shape, OptionalExtent kernel_shape,
                                    const OptionalBorder& border_mode, OptionalExtent subsample,
                                    OptionalExtent dilation) {
  return output_extent(image_shape, kernel_shape, {border_mode, subsample, dilation});
}

OptionalExtent get_conv_gradweights_shape_1axis(OptionalExtent image_shape,
                                                OptionalExtent top_shape,
                                                const OptionalBorder& border_mode,
                                                OptionalExtent subsample, OptionalExtent dilation) {
  return filter_extent(image_shape, top_shape, {border_mode, subsample, dilation});
}

OptionalExtent get_conv_gradinputs_shape_1axis(OptionalExtent kernel_shape,
                                               OptionalExtent top_shape,
                                               const OptionalBorder& border_mode,
                                               OptionalExtent subsample, OptionalExtent dilation) {
  return input_extent(kernel_shape, top_shape, {border_mode, subsample, dilation});
}

OptionalShape get_conv_output_shape(const OptionalShape& image_shape,
                                    const OptionalShape& kernel_shape,
                                    const ConvShapeOptions& options) {
  const std::size_t rank = spatial_rank(image_shape, "image_shape");
  const bool unshared = kernel_shape.size() == filter_rank(rank, true);
  require_entries(kernel_shape, filter_rank(rank, unshared), "kernel_shape");
  OptionalShape shape{image_shape[0], kernel_shape[0]};
  append_axes(shape, output_extent, image_shape, kernel_shape, axes_of(options, rank));
  return shape;
}

OptionalShape get_conv_gradweights_shape(const OptionalShape& image_shape,
                                         const OptionalShape& top_shape,
                                         const ConvShapeOptions& options) {
  const std::size_t rank = spatial_rank(image_shape, "image_shape");
  require_entries(top_shape, 2 + rank, "top_shape");
  OptionalShape shape{top_shape[1]};
  if (options.unshared) shape.insert(shape.end(), top_shape.begin() + 2, top_shape.end());
  shape.push_back(divided_by_groups(image_shape[1], options.num_groups));
  append_axes(shape, filter_extent, image_shape, top_shape, axes_of(options, rank));
  return shape;
}

OptionalShape get_conv_gradinputs_shape(const OptionalShape& kernel_shape,
                                        const OptionalShape& top_shape,
                                        const ConvShapeOptions& options) {
  const std::size_t rank = spatial_rank(top_shape, "top_shape");
  require_entries(kernel_shape, filter_rank(rank, options.unshared), "kernel_shape");
  const OptionalExtent channels = kernel_shape[kernel_shape.size() - rank - 1];
  OptionalShape shape{top_shape[0], times_groups(channels, options.num_groups)};
  append_axes(shape, input_extent, kernel_shape, top_shape, axes_of(options, rank));
  return shape;
}

bool check_conv_gradinputs_shape(const OptionalShape& image_shape,
                                 const OptionalShape& kernel_shape,
                                 const OptionalShape& output_shape,
                                 const ConvShapeOptions& options) {
  const std::size_t rank = spatial_rank(image_shape, "image_shape");
  const auto has_length = [](const OptionalShape& shape, std::size_t length) {
    return shape.empty() || shape.size() == length;
  };
  if (output_shape.size() != image_shape.size() || !has_length(options.subsample, rank) ||
      kernel_shape.size() != filter_rank(rank, options.unshared) ||
      !has_length(options.filter_dilation, rank)) {
    return false;
  }
  const OptionalShape computed = get_conv_output_shape(image_shape, kernel_shape, options);
  const auto spatial = computed.begin() + 2;
  return std::equal(output_shape.begin(), output_shape.end(), computed.begin(), fits) &&
         (!options.unshared || std::equal(spatial, computed.end(), kernel_shape.begin() + 1, fits));
}

Shape assert_conv_shape(const Shape& shape) {
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const std::int64_t least = i < 2 ? 0 : 1;
    if (shape[i] < least) {
      throw ConvError(ErrorKind::OutputShape, "shape[" + std::to_string(i) + "]",
                      std::to_string(shape[i]), ">= " + std::to_string(least));
    }
  }
  return shape;
}

void assert_shape(const TensorView& x, const OptionalShape& expected_shape, const std::string& msg,
                  ErrorKind kind) {
  if (expected_shape.empty()) return;
  if (expected_shape.size() != x.rank()) {
    throw ConvError(ErrorKind::Rank, "expected_shape", to_string(expected_shape),
                    std::to_string(x.rank()) + " entries: " + msg);
  }
  const OptionalShape actual = optional_shape(x.extents);
  if (!std::equal(actual.begin(), actual.end(), expected_shape.begin(), fits)) {
    throw ConvError(kind, "shape", to_string(actual), to_string(expected_shape) + ": " + msg);
  }
}

std::vector<Pads> border_mode_to_pad(const BorderMode& mode, std::size_t convdim,
                                     const Dims& kshp) {
  require_entries(optional_shape(kshp), convdim, "kshp");
  for (const std::int64_t extent : kshp) {
    require_positive(extent, ErrorKind::FilterShape, "kshp's extent");
  }
  return mode.pads(kshp);
}

}  // namespace convcheck
