#include "checker/reduced_layers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "checker/schedule.h"
#include "tools/selection.h"

namespace convcheck {
namespace {

Case layer(const std::string& line) { return parse_case("conv" + line + " noflip name=net:layer"); }
std::string line_of(const Case& c) { return to_string(c).substr(4); }

TEST(ReducedLayer, KeepsRemaindersModulo16AndWhatItIs) {
  EXPECT_EQ(line_of(reduced_layer(layer("2d.forward f32 x=32x64x56x58 w=131x64x3x3 border=1"))),
            "2d.forward f32 x=1x16x8x10 w=3x16x3x3 border=1 noflip name=net:layer/reduced");
  EXPECT_EQ(
      line_of(reduced_layer(layer("2d.forward f32 x=8x3x224x224 w=64x3x7x7 border=3 subsample=2"))),
      "2d.forward f32 x=1x3x16x16 w=16x3x7x7 border=3 subsample=2x2 noflip "
      "name=net:layer/reduced");
}

TEST(ReducedLayer, KeepsGroupsInKind) {
  const Case depthwise =
      reduced_layer(layer("2d.forward f32 x=2x144x28x28 w=144x1x3x3 border=1 groups=144"));
  EXPECT_EQ(depthwise.groups, 16);
  EXPECT_EQ(depthwise.x[1], 16);
  EXPECT_EQ(depthwise.w[0], 16);
  const Case grouped =
      reduced_layer(layer("2d.forward f32 x=2x102x9x9 w=136x3x3x3 border=1 groups=34"));
  EXPECT_EQ(grouped.groups, 2);
  EXPECT_EQ(grouped.x[1], 6);
  EXPECT_EQ(grouped.w[0], 8);
  // One group would be another thing, and so would groups of one channel.
  const Case seventeen = reduced_layer(layer("2d.forward f32 x=2x289x9x9 w=289x17x1x1 groups=17"));
  EXPECT_EQ(seventeen.groups, 17);
  EXPECT_EQ(seventeen.x[1], 289);
}

TEST(ReducedLayer, LeavesMoreThanOneOutputWhereThereWereMore) {
  const Case wide = reduced_layer(layer("2d.forward f32 x=1x1x33x33 w=1x1x3x3 subsample=5"));
  EXPECT_EQ(wide.x, (Shape{1, 1, 17, 17}));
  const Case one = reduced_layer(layer("2d.forward f32 x=1x1x19x19 w=1x1x19x19"));
  EXPECT_EQ(one.x, (Shape{1, 1, 19, 19}));
}

TEST(ReducedLayer, HasNoNameWhereTheLayerHasNone) {
  EXPECT_EQ(reduced_layer(parse_case("conv1d.forward f32 x=9x1x40 w=1x1x3")).name, "");
}

TEST(ReducedLayers, OfTheCorpusAreAllDifferentAndCheapEnoughForEveryRule) {
  std::set<std::string> lines;
  const std::vector<Case> all = reduced_layers(network_layers());
  EXPECT_GT(all.size(), 300u);
  for (Case c : all) {
    EXPECT_THAT(c.name, testing::EndsWith("/reduced"));
    for (const Part part : {Part::Forward, Part::GradInputs, Part::GradWeights}) {
      c.part = part;
      EXPECT_LE(cost_of(c, {}).repeated(), kReducedFlops) << to_string(c);
    }
    c.name.clear();
    EXPECT_TRUE(lines.insert(to_string(c)).second) << to_string(c);
  }
}

TEST(ReducedLayers, OfTheCorpusKeepWhatTheyPromise) {
  std::size_t as_promised = 0;
  const std::vector<Case> layers = network_layers();
  for (const Case& full : layers) {
    const ConvProblem was = conv_problem(full), is = conv_problem(reduced_layer(full));
    SCOPED_TRACE(full.name);
    EXPECT_EQ(is.batch, 1);
    EXPECT_EQ(is.group_channels() % 16, was.group_channels() % 16);
    EXPECT_EQ(is.group_filters() % 16, was.group_filters() % 16);
    EXPECT_EQ(is.groups % 4, was.groups % 4);
    EXPECT_EQ(is.groups > 1, was.groups > 1);
    EXPECT_EQ(is.group_channels() > 1, was.group_channels() > 1);
    EXPECT_EQ(is.group_filters() > 1, was.group_filters() > 1);
    bool same_filters = true, same_remainders = is.groups % 16 == was.groups % 16;
    for (std::size_t axis = 0; axis < was.rank; ++axis) {
      const Window &a = was.windows[axis], &b = is.windows[axis];
      EXPECT_EQ(a.stride, b.stride);
      EXPECT_EQ(a.dilation, b.dilation);
      EXPECT_EQ(a.pad_before, b.pad_before);
      EXPECT_EQ(a.pad_after, b.pad_after);
      EXPECT_LE(b.input, a.input);
      EXPECT_EQ(a.input % 4, b.input % 4);
      EXPECT_EQ(b.output() > 1, a.output() > 1);
      same_filters = same_filters && a.filter == b.filter;
      same_remainders = same_remainders && a.input % 16 == b.input % 16;
    }
    as_promised += same_filters && same_remainders;
  }
  EXPECT_GT(as_promised, layers.size() * 3 / 4);
}

}  // namespace
}  // namespace convcheck
