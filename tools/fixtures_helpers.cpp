#include <map>

#include "fast/operators.h"
#include "reference/flops.h"
#include "reference/shapes.h"
#include "tools/fixtures_arguments.h"
#include "tools/fixtures_rows.h"

namespace convcheck {
namespace {

using Call = Json (*)(const Arguments&);

OptionalExtent extent(const Arguments& a, const char* name) { return to_extent(a.json(name)); }

OptionalBorder axis_border(const Arguments& a) { return to_axis_border(a.json("border_mode")); }

Json extent_json(OptionalExtent value) { return value ? Json(*value) : Json(); }

ConvShapeOptions shape_options(const Arguments& a) {
  return {.border_mode = to_optional_border_mode(a.json("border_mode", "valid")),
          .subsample = a.extents("subsample"),
          .filter_dilation = a.extents("filter_dilation"),
          .num_groups = a.integer("num_groups", 1),
          .unshared = a.boolean("unshared", false)};
}

// Theano's helpers for the gradient with respect to the inputs have no parameter `unshared`: the
// filters' axes say it.
ConvShapeOptions with_regions(ConvShapeOptions options, const OptionalShape& kernel,
                              const OptionalShape& other) {
  options.unshared = kernel.size() + 2 == 2 * other.size();
  return options;
}

Json shape_1axis(const Arguments& a) {
  return extent_json(get_conv_shape_1axis(extent(a, "image_shape"), extent(a, "kernel_shape"),
                                          axis_border(a), extent(a, "subsample"),
                                          extent(a, "dilation")));
}

Json gradweights_1axis(const Arguments& a) {
  return extent_json(get_conv_gradweights_shape_1axis(
      extent(a, "image_shape"), extent(a, "top_shape"), axis_border(a), extent(a, "subsample"),
      extent(a, "dilation")));
}

Json gradinputs_1axis(const Arguments& a) {
  return extent_json(get_conv_gradinputs_shape_1axis(
      extent(a, "kernel_shape"), extent(a, "top_shape"), axis_border(a), extent(a, "subsample"),
      extent(a, "dilation")));
}

Json output_shape(const Arguments& a) {
  return to_json(
      get_conv_output_shape(a.extents("image_shape"), a.extents("kernel_shape"), shape_options(a)));
}

Json gradweights_shape(const Arguments& a) {
  return to_json(get_conv_gradweights_shape(a.extents("image_shape"), a.extents("top_shape"),
                                            shape_options(a)));
}

Json gradinputs_shape(const Arguments& a) {
  const OptionalShape kernel = a.extents("kernel_shape"), top = a.extents("top_shape");
  return to_json(
      get_conv_gradinputs_shape(kernel, top, with_regions(shape_options(a), kernel, top)));
}

Json check_gradinputs(const Arguments& a) {
  const OptionalShape image = a.extents("image_shape"), kernel = a.extents("kernel_shape");
  return check_conv_gradinputs_shape(image, kernel, a.extents("output_shape"),
                                     with_regions(shape_options(a), kernel, image));
}

Json assert_shape_of_conv(const Arguments& a) {
  return to_json(assert_conv_shape(a.shape("shape")));
}

Json pads(const Arguments& a) {
  const std::int64_t convdim = a.integer("convdim", 2);
  Json json = Json::array();
  for (const Pads& both : border_mode_to_pad(to_border_mode(a.json("mode")),
                                             static_cast<std::size_t>(convdim), a.shape("kshp"))) {
    json.push_back({both.before, both.after});
  }
  return json;
}

// Ours counts for shapes of any number of axes, and the same for all three operators.
Json count_flops(const Arguments& a) {
  a.json("op");
  a.json("convdim");
  return flops(a.shape("inputs"), a.shape("filters"), a.shape("outputs"),
               a.integer("num_groups", 1), a.boolean("unshared", false));
}

Json count_flops_legacy(const Arguments& a) {
  const BorderMode mode = to_border_mode(a.json("output_mode"));
  return flops_legacy(a.shape("images"), a.shape("kerns"), a.shape("outputs"),
                      mode.entries().at(0).kind, a.shape("subsample"));
}

Json op_init(const Arguments& a) {
  const AbstractConv conv(static_cast<std::size_t>(a.integer("convdim", 2)),
                          {.border_mode = a.border(),
                           .subsample = a.dims("subsample"),
                           .filter_dilation = a.dims("filter_dilation"),
                           .num_groups = a.integer("num_groups", 1),
                           .unshared = a.boolean("unshared", false)});
  const AbstractConvParameters& kept = conv.parameters();
  return {to_json(kept.border_mode), to_json(kept.subsample), to_json(kept.filter_dilation),
          kept.num_groups, kept.unshared};
}

const std::map<std::string, Call>& calls() {
  static const std::map<std::string, Call> all{
      {"get_conv_shape_1axis", shape_1axis},
      {"get_conv_gradweights_shape_1axis", gradweights_1axis},
      {"get_conv_gradinputs_shape_1axis", gradinputs_1axis},
      {"get_conv_output_shape", output_shape},
      {"get_conv_gradweights_shape", gradweights_shape},
      {"get_conv_gradinputs_shape", gradinputs_shape},
      {"check_conv_gradinputs_shape", check_gradinputs},
      {"assert_conv_shape", assert_shape_of_conv},
      {"border_mode_to_pad", pads},
      {"flops", count_flops},
      {"flops_legacy", count_flops_legacy},
      {"op_init", op_init},
  };
  return all;
}

}  // namespace

Answer answer_of_helper(const TheanoRow& call) {
  const auto found = calls().find(call.function);
  if (found == calls().end()) {
    throw FileError(call.where + ": the helper " + call.function + " is not known");
  }
  const Arguments arguments(call);
  try {
    const Json value = found->second(arguments);
    arguments.require_all_read();
    return Answer::of(value);
  } catch (const ConvError& error) {
    return Answer::refused({error.kind()}, error.what());
  }
}

}  // namespace convcheck
