#include "checker/composed_grid.h"

#include <utility>

#include "checker/composed_factors.h"
#include "checker/grid_builder.h"

namespace convcheck {
namespace {

using namespace composing;  // NOLINT: an internal part of this file

// The convolution that is transposed goes from y to x.
void finish_transposed(Case& c) {
  make_room(c, c.y, c.w, Dims(c.rank, 0));
  Case convolution = c;
  convolution.x = c.y;
  const Shape with_outputs = with_regions(convolution);
  c.x = {c.y[0], c.w[0]};
  for (std::size_t axis = 0; axis < c.rank; ++axis) c.x.push_back(with_outputs[1 + axis]);
  if (c.unshared) c.w = with_outputs;
}

Grid transposed() {
  ComposedBuilder grid("transposed", "conv2d_transpose and conv3d_transpose, all parameters");
  for (const std::size_t rank : {2, 3}) {
    Case c = prototype(Function::ConvTranspose, rank);
    c.y = c.w = with_spatial({1, 1}, rank);
    grid.add(c,
             {batches(&Case::y), groups(), inputs(&Case::y), filters(&Case::w), borders(),
              strides(), dilations(), flips(), unshared(), types(), layouts()},
             finish_transposed);
  }
  return grid.take();
}

Grid separable() {
  ComposedBuilder grid("separable", "separable_conv2d and separable_conv3d, all parameters");
  const Edits channels = each<std::pair<std::int64_t, std::int64_t>>(
      {{1, 1}, {2, 1}, {3, 2}, {2, 3}}, [](Case& c, const auto& counts) {
        c.x[1] = counts.first;
        c.dw[0] = c.pw[1] = counts.first * counts.second;
      });
  const Edits outputs = each<std::int64_t>({1, 3, 4}, [](Case& c, auto k) { c.pw[0] = k; });
  const Edits pointwise = each<Dims>({{1, 1, 1}, {2, 1, 1}, {2, 2, 2}}, [](Case& c, const Dims& q) {
    set_spatial(c.pw, 2, some(c, q));
  });
  for (const std::size_t rank : {2, 3}) {
    Case c = prototype(Function::SeparableConv, rank);
    c.x = c.dw = c.pw = with_spatial({1, 1}, rank);
    grid.add(c,
             {batches(&Case::x), channels, outputs, pointwise, inputs(&Case::x), filters(&Case::dw),
              borders(), strides(), dilations(), flips(), types(), layouts()},
             [](Case& made) {
               Dims more;
               for (std::size_t axis = 0; axis < made.rank; ++axis) {
                 more.push_back(made.pw[2 + axis] - 1);
               }
               make_room(made, made.x, made.dw, more);
             });
  }
  return grid.take();
}

Grid causal() {
  ComposedBuilder grid("causal", "causal_conv1d, all parameters");
  const auto number = [](std::initializer_list<std::int64_t> values, const auto& set) {
    return each<std::int64_t>(values, set);
  };
  Case c = prototype(Function::CausalConv1d, 1);
  c.x = c.w = with_spatial({1, 1}, 1);
  grid.add(c,
           {batches(&Case::x), groups(),
            number({1, 2, 7, 12}, [](Case& made, auto time) { made.x[2] = time; }),
            number({1, 2, 3, 5}, [](Case& made, auto taps) { made.w[2] = taps; }),
            number({1, 2, 3}, [](Case& made, auto stride) { made.subsample = {stride}; }),
            number({1, 2, 4}, [](Case& made, auto dilation) { made.dilation = {dilation}; }),
            flips(), unshared(), types(), layouts()},
           [](Case& made) {
             const std::int64_t outputs = (made.x[2] - 1) / made.subsample[0] + 1;
             if (made.unshared) made.w = {made.w[0], outputs, made.w[1], made.w[2]};
           });
  return grid.take();
}

Grid conv3d2d() {
  ComposedBuilder grid("conv3d2d", "conv3d2d with every triple of words");
  std::vector<Edits> factors{batches(&Case::x), types(), layouts()};
  const auto set_word = [&](std::size_t axis) {
    return each({valid, half, full}, [=](Case& c, AxisBorder::Kind word) {
      std::vector<AxisBorder> axes = c.border.entries();
      axes.resize(3);
      axes[axis] = word;
      c.border = BorderMode(std::move(axes)).canonical();
    });
  };
  for (const std::size_t axis : {0, 1, 2}) factors.push_back(set_word(axis));
  factors.push_back(each<std::pair<std::int64_t, std::int64_t>>({{1, 1}, {2, 3}, {3, 2}},
                                                                [](Case& c, const auto& counts) {
                                                                  c.x[2] = c.w[2] = counts.first;
                                                                  c.w[0] = counts.second;
                                                                }));
  const auto set_volume = [](Shape Case::*shape, std::initializer_list<Dims> volumes) {
    return each<Dims>(volumes, [=](Case& c, const Dims& volume) {
      (c.*shape)[1] = volume[0];
      (c.*shape)[3] = volume[1];
      (c.*shape)[4] = volume[2];
    });
  };
  factors.push_back(set_volume(&Case::x, {{5, 6, 4}, {4, 3, 5}, {3, 4, 4}}));
  factors.push_back(
      set_volume(&Case::w, {{1, 1, 1}, {3, 3, 3}, {2, 2, 2}, {1, 2, 3}, {3, 1, 2}, {2, 3, 4}}));
  Case c = prototype(Function::Conv3d2d, 3);
  c.x = c.w = Shape(5, 1);
  grid.add(c, factors, [](Case&) {});
  return grid.take();
}

Grid legacy() {
  ComposedBuilder grid("legacy", "the deprecated conv2d, valid and full, with every stride it has");
  const Edits words = each({valid, full}, [](Case& c, AxisBorder::Kind word) { c.border = word; });
  const Edits channels = each<std::pair<std::int64_t, std::int64_t>>(
      {{1, 1}, {3, 2}, {2, 5}}, [](Case& c, auto counts) {
        c.x[1] = c.w[1] = counts.first;
        c.w[0] = counts.second;
      });
  Case c = prototype(Function::LegacyConv2d, 2);
  c.x = c.w = with_spatial({1, 1}, 2);
  grid.add(c,
           {batches(&Case::x), words, channels, inputs(&Case::x), filters(&Case::w), strides(),
            types(), layouts()},
           [](Case& made) { make_room(made, made.x, made.w, Dims(2, 0)); });
  return grid.take();
}

void add_ratio(ComposedBuilder& grid, Function function, const std::vector<Ratio>& ratio) {
  Case c = prototype(function, function == Function::BilinearKernel1D ? 1 : 2);
  c.ratio = ratio;
  const auto in_all_types = [&](Case one) {
    for (const Edit& type : types()) {
      type(one);
      grid.add(one);
    }
  };
  if (function == Function::BilinearKernel1D || function == Function::BilinearKernel2D) {
    for (c.normalize = true;; c.normalize = false) {
      in_all_types(c);
      if (!c.normalize) return;
    }
  }
  const bool has_choice = function == Function::BilinearUpsampling;
  for (const Shape& input : {Shape{1, 2, 4, 5}, Shape{2, 1, 1, 3}, Shape{2, 3, 3, 1}}) {
    c.x = input;
    c.use_1D_kernel = true;
    in_all_types(c);
    c.use_1D_kernel = false;
    if (has_choice) in_all_types(c);
  }
}

Grid bilinear() {
  ComposedBuilder grid("bilinear", "upsampling by 1 to 9 and by fractions, and their kernels");
  for (std::int64_t ratio = 1; ratio <= 9; ++ratio) {
    add_ratio(grid, Function::BilinearUpsampling, {{ratio, 1}});
    add_ratio(grid, Function::BilinearKernel1D, {{ratio, 1}});
    add_ratio(grid, Function::BilinearKernel2D, {{ratio, 1}, {10 - ratio, 1}});
  }
  const std::vector<Ratio> fractions{{3, 2}, {2, 3}, {4, 3}, {7, 4}, {5, 3}, {8, 5},
                                     {1, 2}, {6, 4}, {5, 1}, {1, 3}, {6, 5}, {4, 1}};
  for (std::size_t i = 0; i < fractions.size(); ++i) {
    add_ratio(grid, Function::FracBilinearUpsampling, {fractions[i]});
    add_ratio(grid, Function::FracBilinearUpsampling,
              {fractions[i], fractions[(i + 1) % fractions.size()]});
  }
  return grid.take();
}

// As finish_transposed, of a convolution that goes from x to y.
void finish_helper(Case& c) {
  make_room(c, c.x, c.w, Dims(c.rank, 0));
  if (c.unshared) c.w = with_regions(c);
}

Grid shape_helpers() {
  ComposedBuilder grid("shape_helpers", "get_conv_output_shape and the like, all parameters");
  for (const Function helper :
       {Function::OutputShape, Function::GradInputsShape, Function::GradWeightsShape}) {
    for (const std::size_t rank : {1, 2, 3}) {
      Case c = prototype(helper, rank);
      c.x = c.w = with_spatial({1, 1}, rank);
      grid.add(c,
               {batches(&Case::x), groups(), inputs(&Case::x), filters(&Case::w), borders(),
                strides(), dilations(), unshared()},
               finish_helper);
    }
  }
  return grid.take();
}

}  // namespace

std::vector<Grid> composed_grids() {
  return {transposed(), separable(), causal(), conv3d2d(), legacy(), bilinear(), shape_helpers()};
}

}  // namespace convcheck
