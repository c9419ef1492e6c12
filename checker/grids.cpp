#include "checker/grids.h"

#include "checker/composed_grid.h"
#include "checker/covering_grid.h"
#include "checker/grid_builder.h"

namespace convcheck {
namespace {

const std::vector<DataType> kBothTypes{DataType::F32, DataType::F64};

// test_abstract_conv.py, BaseTestConv2d: every stride with every border, every dilation with every
// border.
Grid main_2d() {
  GridBuilder grid("main-2d", "2-D shapes x strides or dilations x borders x flip", kBothTypes);
  const std::vector<BorderMode> borders{valid, half, full, 0, 1, 5, {5, 2}};
  const GridShapes shapes[] = {
      {{8, 1, 6, 6}, {5, 1, 2, 2}},   {{8, 1, 8, 8}, {4, 1, 3, 3}}, {{2, 1, 7, 7}, {2, 1, 3, 3}},
      {{6, 1, 10, 11}, {1, 1, 2, 3}}, {{2, 1, 6, 5}, {4, 1, 1, 3}}, {{1, 5, 9, 9}, {4, 5, 3, 2}},
      {{0, 1, 6, 6}, {1, 1, 2, 2}},   {{1, 0, 6, 6}, {1, 0, 2, 2}}, {{1, 1, 6, 6}, {0, 1, 2, 2}},
      {{8, 1, 12, 12}, {5, 1, 2, 2}}, {{1, 1, 5, 5}, {1, 1, 3, 3}},
  };
  for (const GridShapes& one : shapes) {
    grid.add(one, {.borders = borders, .strides = {{1, 1}, {2, 2}, {2, 4}}});
    grid.add(one, {.borders = borders, .dilations = {{1, 2}, {2, 1}}});
  }
  return grid.take();
}

Grid main_3d() {
  GridBuilder grid("main-3d", "3-D shapes x strides or dilations x borders x flip", kBothTypes);
  const std::vector<BorderMode> borders{valid, half, full, 0, {2, 2, 3}};
  const GridShapes shapes[] = {
      {{2, 1, 5, 5, 5}, {2, 1, 2, 2, 2}}, {{1, 2, 7, 5, 6}, {1, 2, 2, 1, 3}},
      {{0, 1, 5, 5, 5}, {1, 1, 2, 2, 2}}, {{1, 0, 5, 5, 5}, {1, 0, 2, 2, 2}},
      {{1, 1, 5, 5, 5}, {0, 1, 2, 2, 2}},
  };
  for (const GridShapes& one : shapes) {
    grid.add(one, {.borders = borders, .strides = {{1, 1, 1}, {2, 2, 2}, {1, 2, 3}}});
    grid.add(one, {.borders = borders, .dilations = {{1, 2, 1}, {2, 1, 2}}});
  }
  return grid.take();
}

// test_corr.py and test_corr3d.py: basic, image = kernel, subsample, filter_dilation.
Grid corr_2d() {
  GridBuilder grid("corr-2d", "test_corr: basic, stride and dilation", kBothTypes);
  const std::vector<BorderMode> borders{valid, full, half, 1, 3, {2, 1}, {1, 2}};
  const GridShapes shapes[] = {
      {{2, 2, 3, 3}, {2, 2, 2, 2}}, {{3, 2, 8, 8}, {4, 2, 5, 5}}, {{3, 2, 7, 5}, {5, 2, 2, 3}},
      {{3, 2, 7, 5}, {5, 2, 3, 2}}, {{1, 1, 6, 6}, {1, 1, 3, 3}}, {{3, 2, 3, 3}, {4, 2, 3, 3}},
  };
  for (const GridShapes& one : shapes) {
    grid.add(one, {.borders = borders, .strides = {{1, 1}, {2, 2}, {2, 1}, {3, 3}}});
    grid.add(one, {.borders = borders, .dilations = {{2, 2}, {3, 1}, {2, 3}, {2, 1}, {1, 2}}});
    grid.add(one, {.borders = borders, .strides = {{3, 3}}, .dilations = {{2, 2}}});
  }
  grid.add({{1, 10, 213, 129}, {46, 10, 212, 1}}, {});
  return grid.take();
}

Grid corr_3d() {
  GridBuilder grid("corr-3d", "test_corr3d: basic, stride and dilation", kBothTypes);
  const std::vector<BorderMode> borders{valid,     full,      half,      1,
                                        {1, 1, 0}, {2, 1, 1}, {1, 2, 1}, {3, 3, 3}};
  const GridShapes shapes[] = {
      {{2, 2, 3, 3, 3}, {2, 2, 2, 2, 2}}, {{3, 2, 8, 8, 8}, {4, 2, 5, 5, 5}},
      {{3, 2, 7, 5, 5}, {5, 2, 2, 3, 2}}, {{1, 1, 6, 6, 6}, {1, 1, 3, 3, 3}},
      {{2, 2, 3, 3, 3}, {3, 2, 3, 3, 3}},
  };
  for (const GridShapes& one : shapes) {
    grid.add(one, {.borders = borders, .strides = {{1, 1, 1}, {2, 2, 2}, {2, 1, 3}}});
    grid.add(one, {.borders = borders, .dilations = {{2, 2, 2}, {3, 1, 1}, {1, 2, 3}}});
    grid.add(one, {.borders = borders, .strides = {{3, 3, 3}}, .dilations = {{2, 2, 2}}});
  }
  grid.add({{1, 2, 53, 29, 11}, {13, 2, 12, 1, 1}}, {});
  return grid.take();
}

// Grouped_conv_noOptim and Grouped_conv3d_noOptim; the last of each is depthwise with two filters a
// channel.
Grid grouped() {
  GridBuilder grid("grouped", "num_groups 2 to 6, 2-D and 3-D", kBothTypes);
  const GridParameters flat{
      .borders = {valid, half, {1, 0}}, .strides = {{1, 1}, {2, 1}}, .dilations = {{1, 1}, {1, 2}}};
  for (const GridShapes& one :
       {GridShapes{{5, 6, 5, 5}, {6, 2, 3, 3}, 3}, GridShapes{{4, 4, 7, 5}, {6, 2, 5, 3}, 2},
        GridShapes{{3, 8, 5, 3}, {4, 2, 3, 3}, 4}, GridShapes{{2, 4, 7, 7}, {4, 1, 3, 5}, 4},
        GridShapes{{2, 6, 7, 6}, {12, 1, 3, 3}, 6}}) {
    grid.add(one, flat);
  }
  const GridParameters deep{.borders = {valid, half, {1, 0, 1}}, .strides = {{1, 1, 1}, {2, 1, 2}}};
  for (const GridShapes& one : {GridShapes{{2, 6, 5, 5, 5}, {6, 2, 3, 3, 3}, 3},
                                GridShapes{{2, 4, 7, 5, 4}, {6, 2, 5, 3, 2}, 2},
                                GridShapes{{1, 8, 5, 3, 5}, {4, 2, 3, 3, 3}, 4},
                                GridShapes{{2, 4, 6, 7, 7}, {8, 1, 3, 5, 3}, 4}}) {
    grid.add(one, deep);
  }
  return grid.take();
}

// TestUnsharedConv, and with dilation and in 1-D and 3-D, which Theano does not do.
Grid unshared() {
  GridBuilder grid("unshared", "filters of their own for every region, 1-D to 3-D", kBothTypes);
  grid.add({{2, 2, 4, 4}, {2, 2, 3, 3}, 1, true}, {});
  grid.add({{3, 2, 4, 2}, {2, 2, 4, 2}, 1, true}, {.borders = {full}, .strides = {{2, 2}}});
  grid.add({{3, 3, 5, 3}, {3, 1, 3, 3}, 3, true}, {.strides = {{2, 1}}});
  grid.add({{3, 4, 4, 4}, {4, 2, 4, 2}, 2, true}, {.borders = {full}, .strides = {{3, 2}}});
  const GridParameters all{.borders = {valid, half, {{1, 2}, {0, 1}}},
                           .strides = {{1, 1}, {2, 1}},
                           .dilations = {{1, 1}, {1, 2}, {2, 2}}};
  grid.add({{2, 4, 6, 7}, {6, 2, 2, 3}, 2, true}, all);
  grid.add({{2, 4, 9}, {6, 2, 3}, 2, true},
           {.borders = {valid, half, {{2, 0}}}, .strides = {{1}, {2}}, .dilations = {{1}, {2}}});
  grid.add({{2, 2, 4, 5, 4}, {4, 1, 2, 3, 2}, 2, true}, {.borders = {valid, {{1, 0}, 1, {0, 2}}},
                                                         .strides = {{1, 1, 1}, {1, 2, 1}},
                                                         .dilations = {{1, 1, 1}, {2, 1, 1}}});
  return grid.take();
}

// TestAsymmetricPadding and TestCausalConv (causal: all pads before), and what they are not
// combined with in Theano.
Grid asymmetric() {
  GridBuilder grid("asymmetric", "different pads before and after, causal ones too", kBothTypes);
  grid.add({{2, 2, 4, 4}, {4, 2, 2, 2}}, {.borders = {{{1, 2}, {2, 1}}}});
  grid.add({{3, 2, 4, 2}, {2, 2, 4, 2}}, {.borders = {{{1, 1}, {0, 3}}}});
  grid.add({{3, 3, 5, 3}, {2, 3, 3, 3}}, {.borders = {{{2, 1}, {0, 0}}}});
  grid.add({{2, 4, 7, 6}, {6, 2, 3, 2}, 2},
           {.borders = {{{1, 2}, {3, 0}}, {{0, 1}, {0, 2}}, {{2, 0}, {1, 0}}},
            .strides = {{1, 1}, {2, 3}},
            .dilations = {{1, 1}, {2, 1}}});
  grid.add({{2, 2, 5, 4, 6}, {4, 1, 3, 2, 2}, 2},
           {.borders = {{{1, 2}, {3, 0}, {0, 1}}, {{0, 2}, {0, 1}, {2, 0}}},
            .strides = {{1, 1, 1}, {2, 1, 3}},
            .dilations = {{1, 1, 1}, {1, 2, 2}}});
  for (const std::int64_t dilation : {1, 2, 3}) {
    grid.add({{3, 2, 5}, {2, 2, 3}}, {.borders = {BorderMode{{2 * dilation, std::int64_t{0}}}},
                                      .strides = {{1}, {2}},
                                      .dilations = {{dilation}}});
  }
  return grid.take();
}

// Features together: groups x dilation x stride x pads x flip in every rank, and extents at which
// kernels go wrong: a filter extent of 1 with a larger stride, a stride beyond the image, a
// remainder that no window reaches.
Grid combined() {
  GridBuilder grid("combined",
                   "groups x dilation x stride x pads x flip, 1-D to 3-D; extreme extents",
                   kBothTypes);
  grid.add({{3, 6, 17}, {9, 2, 3}, 3}, {.borders = {valid, half, full, {{3, 1}}},
                                        .strides = {{1}, {2}, {5}},
                                        .dilations = {{1}, {2}, {4}}});
  grid.add({{2, 6, 11, 10}, {4, 3, 3, 2}, 2}, {.borders = {half, full, {{0, 3}, {2, 1}}},
                                               .strides = {{2, 3}, {3, 1}},
                                               .dilations = {{2, 3}, {1, 2}}});
  grid.add({{2, 4, 7, 8, 9}, {6, 2, 2, 3, 2}, 2}, {.borders = {half, full, {{0, 1}, {2, 0}, 1}},
                                                   .strides = {{2, 3, 1}, {1, 2, 2}},
                                                   .dilations = {{1, 2, 3}, {2, 1, 1}}});
  grid.add({{2, 3, 7, 8}, {4, 3, 1, 1}}, {.borders = {valid, 1}, .strides = {{3, 2}, {9, 9}}});
  grid.add({{2, 3, 7, 8}, {4, 3, 1, 3}}, {.borders = {valid, {0, 1}}, .strides = {{4, 1}, {2, 5}}});
  grid.add({{1, 17, 9, 33}, {19, 17, 3, 3}},
           {.borders = {valid, half}, .strides = {{1, 1}, {2, 2}}});
  grid.add({{1, 32, 14, 14}, {64, 1, 3, 3}, 32}, {.borders = {half}, .strides = {{1, 1}, {2, 2}}});
  return grid.take();
}

}  // namespace

Grid one_axis_grid() {
  GridBuilder grid(
      "one-axis",
      "every conv1d with input 1..9, filter 1..5, stride and dilation 1..3, pads 0..3, flip",
      {DataType::F32});
  std::vector<BorderMode> borders;
  for (std::int64_t before = 0; before <= 3; ++before) {
    for (std::int64_t after = 0; after <= 3; ++after)
      borders.push_back(BorderMode{{before, after}});
  }
  const std::vector<Dims> steps{{1}, {2}, {3}};
  for (std::int64_t input = 1; input <= 9; ++input) {
    for (std::int64_t filter = 1; filter <= 5; ++filter) {
      grid.add({{1, 1, input}, {1, 1, filter}},
               {.borders = borders, .strides = steps, .dilations = steps});
    }
  }
  return grid.take();
}

std::vector<Grid> value_grids() {
  return {main_2d(), main_3d(),  corr_2d(),    corr_3d(),
          grouped(), unshared(), asymmetric(), combined()};
}

Grid data_grid() {
  Grid grid{
      "data", "some of the above on fills wide, real and impulse, and in f16 and bf16", {}, 0};
  std::size_t number = 0;
  for (const Grid& source : value_grids()) {
    for (const Case& c : source.cases) {
      if (number++ % 23 != 0) continue;
      for (const char* fill : {"wide", "real", "impulse"}) {
        grid.cases.push_back(c);
        grid.cases.back().fill = fill;
      }
      if (c.x_type == DataType::F64) continue;
      for (const DataType type : {DataType::F16, DataType::BF16}) {
        for (const char* fill : {"", "wide", "real"}) {
          grid.cases.push_back(c);
          grid.cases.back().fill = fill;
          grid.cases.back().x_type = grid.cases.back().w_type = grid.cases.back().y_type = type;
        }
      }
    }
  }
  return grid;
}

std::vector<Grid> all_grids() {
  std::vector<Grid> grids = value_grids();
  grids.push_back(data_grid());
  for (Grid& grid : composed_grids()) grids.push_back(std::move(grid));
  grids.push_back(covering_grid());
  grids.insert(grids.begin(), one_axis_grid());
  return grids;
}

}  // namespace convcheck
