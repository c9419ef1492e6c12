#include "checker/composed_grid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "checker/closed_forms/closed_form.h"
#include "checker/corpus.h"
#include "checker/schedule.h"
#include "fast/evaluate.h"

namespace convcheck {
namespace {

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const Grid& grid : composed_grids()) {
    all.insert(all.end(), grid.cases.begin(), grid.cases.end());
  }
  return all;
}

TEST(ComposedGrids, HaveEveryPartOfEveryFunctionInEveryType) {
  std::map<std::string, std::set<DataType>> types;
  for (const Case& c : cases()) {
    const std::string line = to_string(c);
    types[line.substr(0, line.find(' '))].insert(c.y_type);
  }
  std::set<std::string> expected;
  for (const char* function :
       {"conv2d_transpose", "conv3d_transpose", "causal_conv1d", "conv3d2d", "legacy_conv2d"}) {
    for (const char* part : {".forward", ".grad_inputs", ".grad_weights"}) {
      expected.insert(std::string(function) + part);
    }
  }
  for (const char* function : {"separable_conv2d", "separable_conv3d"}) {
    for (const char* part : {".forward", ".grad_inputs", ".grad_depthwise", ".grad_pointwise"}) {
      expected.insert(std::string(function) + part);
    }
  }
  for (const char* function : {"bilinear_upsampling", "frac_bilinear_upsampling"}) {
    for (const char* part : {".forward", ".grad_inputs"}) {
      expected.insert(std::string(function) + part);
    }
  }
  expected.insert({"bilinear_kernel_1D.forward", "bilinear_kernel_2D.forward"});
  for (const char* helper : {"_output_shape", "_gradinputs_shape", "_gradweights_shape"}) {
    for (const char* rank : {"conv1d", "conv2d", "conv3d"}) {
      expected.insert(std::string(rank) + helper + ".forward");
    }
  }
  std::set<std::string> found;
  for (const auto& [name, in] : types) {
    found.insert(name);
    const bool computes = name.find("_shape.") == std::string::npos;  // on operands
    EXPECT_EQ(in.size(), computes ? 4u : 1u) << name;
  }
  EXPECT_EQ(found, expected);
}

TEST(ComposedGrids, AreReadAsTheyAreWrittenAndHaveNoCaseTwice) {
  std::set<std::string> lines;
  for (const Case& c : cases()) {
    EXPECT_EQ(read_case(to_string(c)), c) << to_string(c);
    EXPECT_TRUE(lines.insert(to_string(c)).second) << to_string(c);
  }
}

// The functions and their closed forms were written apart: what one takes, the other does, and they
// agree on the shapes.
TEST(ComposedGrids, AreWhatTheFunctionsTakeWithTheShapesOfTheirClosedForms) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(to_string(c));
    ASSERT_NO_THROW(check_case(c));
    const ClosedForm form = closed_form(c);
    std::map<std::string, Shape> shapes = operand_shapes(c);
    Case forward = c;
    forward.part = Part::Forward;
    EXPECT_EQ(form.shapes.back(), operand_shapes(forward).at("result"));
    shapes.erase("result");
    EXPECT_EQ(closed_operands(form, c.part), shapes);
  }
}

TEST(ComposedGrids, SayHowManyProductsThereAreAtMost) {
  for (const Case& c : cases()) {
    const ClosedForm form = closed_form(c);
    double visited = 0;
    form.for_each_product([&](const auto&, double) { ++visited; });
    EXPECT_LE(visited, form.products) << to_string(c);
    EXPECT_LE(form.products, 2e6) << to_string(c);
  }
}

TEST(ComposedGrids, AreSmall) {
  for (const Case& c : cases()) EXPECT_LT(cost_of(c, {}).flops, 1e7) << to_string(c);
}

TEST(ComposedGrids, VaryWhatMattersToEachFunction) {
  std::set<std::int64_t> remainders, multipliers, pointwise, ratios;
  std::set<std::string> words;
  for (const Case& c : cases()) {
    if (c.function == Function::ConvTranspose) {
      const Window window = conv_problem(c).windows[0];
      remainders.insert((window.padded_input() - window.dilated_filter()) % window.stride);
    }
    if (c.function == Function::SeparableConv) {
      multipliers.insert(c.dw[0] / c.x[1]);
      pointwise.insert(c.pw[2]);
    }
    if (c.function == Function::Conv3d2d) words.insert(to_string(c.border));
    if (c.function == Function::BilinearUpsampling) ratios.insert(c.ratio[0].numerator);
  }
  EXPECT_THAT(remainders, testing::Contains(0));
  EXPECT_GE(remainders.size(), 3u);
  EXPECT_EQ(multipliers.size(), 3u);
  EXPECT_EQ(pointwise.size(), 2u);
  EXPECT_EQ(words.size(), 27u);
  EXPECT_EQ(ratios.size(), 9u);
}

}  // namespace
}  // namespace convcheck
