// Every shape helper against counting: positions are counted one by one, inverses are searched for.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "reference/problem.h"
#include "reference/shapes.h"

namespace convcheck {
namespace {

struct Spelling {
  std::string name;
  AxisBorder border;
};

const std::vector<Spelling>& spellings() {
  static const std::vector<Spelling> all{{"valid", valid},
                                         {"half", half},
                                         {"full", full},
                                         {"0", AxisBorder(0)},
                                         {"1", AxisBorder(1)},
                                         {"3", AxisBorder(3)},
                                         {"(0,2)", AxisBorder(0, 2)},
                                         {"(2,1)", AxisBorder(2, 1)},
                                         {"(4,0)", AxisBorder(4, 0)}};
  return all;
}

struct Axis {
  std::int64_t image, kernel, stride, dilation;
  const Spelling* spelling;
};

std::string describe(const Axis& axis) {
  return "image " + std::to_string(axis.image) + " kernel " + std::to_string(axis.kernel) +
         " stride " + std::to_string(axis.stride) + " dilation " + std::to_string(axis.dilation) +
         " border " + axis.spelling->name;
}

// The zeros on both sides, from the words' meaning: half and full count the cells that the dilated
// filter covers.
std::int64_t zeros(const Axis& axis) {
  std::int64_t covered = 1;
  for (std::int64_t tap = 1; tap < axis.kernel; ++tap) covered += axis.dilation;
  if (axis.spelling->name == "valid") return 0;
  if (axis.spelling->name == "half") return covered / 2 * 2;
  if (axis.spelling->name == "full") return (covered - 1) * 2;
  return axis.spelling->border.before + axis.spelling->border.after;
}

// Slides the filter over the padded line and counts the places where every tap is on it.
std::int64_t count_positions(const Axis& axis) {
  const std::int64_t line = axis.image + zeros(axis);
  std::int64_t positions = 0;
  for (std::int64_t start = 0; start < line; start += axis.stride) {
    bool inside = true;
    for (std::int64_t tap = 0; tap < axis.kernel; ++tap) {
      inside = inside && start + tap * axis.dilation < line;
    }
    positions += inside;
  }
  return positions;
}

template <class Visit>
void for_each_axis(const Visit& visit) {
  for (const Spelling& spelling : spellings()) {
    for (std::int64_t stride = 1; stride <= 3; ++stride) {
      for (std::int64_t dilation = 1; dilation <= 3; ++dilation) {
        for (std::int64_t kernel = 1; kernel <= 9; ++kernel) {
          for (std::int64_t image = 1; image <= 19; ++image) {
            visit(Axis{image, kernel, stride, dilation, &spelling});
          }
        }
      }
    }
  }
}

ConvShapeOptions options_of(const Axis& axis, std::int64_t num_groups, bool unshared) {
  return {.border_mode = {axis.spelling->border},
          .subsample = {axis.stride},
          .filter_dilation = {axis.dilation},
          .num_groups = num_groups,
          .unshared = unshared};
}

// The filters of 6 output channels over 4 input channels.
OptionalShape kernel_shape(const Axis& axis, std::int64_t positions, std::int64_t num_groups,
                           bool unshared) {
  if (unshared) return {6, positions, 4 / num_groups, axis.kernel};
  return {6, 4 / num_groups, axis.kernel};
}

TEST(ShapesByCounting, OneOutputForEveryWindowPosition) {
  for_each_axis([](const Axis& axis) {
    const std::int64_t counted = count_positions(axis);
    const OptionalExtent computed = get_conv_shape_1axis(
        axis.image, axis.kernel, axis.spelling->border, axis.stride, axis.dilation);
    ASSERT_TRUE(computed) << describe(axis);
    ASSERT_EQ(std::max<std::int64_t>(*computed, 0), counted) << describe(axis);
  });
}

template <class Visit>
void for_each_possible_problem(const Visit& visit) {
  for_each_axis([&](const Axis& axis) {
    const std::int64_t positions = count_positions(axis);
    if (positions == 0) return;
    for (const std::int64_t num_groups : {1, 2}) {
      for (const bool unshared : {false, true}) visit(axis, positions, num_groups, unshared);
    }
  });
}

TEST(ShapesByCounting, GroupedAndUnsharedShapesAgreeInAllDirections) {
  for_each_possible_problem(
      [](const Axis& axis, std::int64_t positions, std::int64_t num_groups, bool unshared) {
        const ConvShapeOptions options = options_of(axis, num_groups, unshared);
        const OptionalShape image{5, 4, axis.image}, top{5, 6, positions},
            kernel = kernel_shape(axis, positions, num_groups, unshared);
        ASSERT_EQ(get_conv_output_shape(image, kernel, options), top) << describe(axis);
        ASSERT_TRUE(check_conv_gradinputs_shape(image, kernel, top, options)) << describe(axis);
        const OptionalShape wrong{5, 6, positions + 1};
        ASSERT_FALSE(check_conv_gradinputs_shape(image, kernel, wrong, options)) << describe(axis);

        const bool one_image = axis.stride == 1,
                   one_kernel = one_image && axis.spelling->name != "half";
        OptionalShape inputs = image, weights = kernel;
        if (!one_image) inputs.back() = std::nullopt;
        if (!one_kernel) weights.back() = std::nullopt;
        ASSERT_EQ(get_conv_gradinputs_shape(kernel, top, options), inputs) << describe(axis);
        ASSERT_EQ(get_conv_gradweights_shape(image, top, options), weights) << describe(axis);
      });
}

// What a search over the extents that are possible at all finds: none, the one, or several.
struct Found {
  std::int64_t first = 0;
  int count = 0;
  void add(std::int64_t extent) {
    if (count++ == 0) first = extent;
  }
};

constexpr std::int64_t kLargestTop = 40, kLargestSearched = 70;

// By number of positions: the images, or the kernels, that give it.
using Answers = std::map<std::int64_t, Found>;

Answers images_of(Axis axis) {
  Answers answers;
  for (axis.image = 0; axis.image <= kLargestSearched; ++axis.image) {
    answers[count_positions(axis)].add(axis.image);
  }
  return answers;
}

Answers kernels_of(Axis axis) {
  Answers answers;
  for (axis.kernel = 1; axis.kernel <= kLargestSearched; ++axis.kernel) {
    answers[count_positions(axis)].add(axis.kernel);
  }
  return answers;
}

template <class Visit>
void for_each_border_and_step(const Visit& visit) {
  for (const Spelling& spelling : spellings()) {
    for (std::int64_t stride = 1; stride <= 3; ++stride) {
      for (std::int64_t dilation = 1; dilation <= 3; ++dilation) {
        visit(Axis{1, 1, stride, dilation, &spelling});
      }
    }
  }
}

TEST(ShapesByCounting, TheInputIsTheOnlyOneThatASearchFinds) {
  for_each_border_and_step([](Axis axis) {
    for (axis.kernel = 1; axis.kernel <= 9; ++axis.kernel) {
      Answers answers = images_of(axis);
      for (std::int64_t top = 1; top <= 19; ++top) {
        const OptionalExtent computed = get_conv_gradinputs_shape_1axis(
            axis.kernel, top, axis.spelling->border, axis.stride, axis.dilation);
        const Found found = answers[top];
        ASSERT_EQ(computed.has_value(), axis.stride == 1) << describe(axis) << " top " << top;
        if (!computed) continue;
        ASSERT_EQ(found.count, *computed >= 0 ? 1 : 0) << describe(axis) << " top " << top;
        if (found.count == 1) {
          ASSERT_EQ(*computed, found.first) << describe(axis);
        }
      }
    }
  });
}

TEST(ShapesByCounting, SeveralInputsFitWhereTheStrideHidesThem) {
  for_each_border_and_step([](const Axis& axis) {
    if (axis.stride == 1) return;
    // Far from 0, as many images as the stride give each number of positions.
    ASSERT_EQ(images_of(axis)[15].count, axis.stride) << describe(axis);
  });
}

// What the helper says: no answer, an error, or a number.
enum class Said { Unknown, Fraction, Number };

Said ask_for_kernel(const Axis& axis, std::int64_t top, std::int64_t& kernel) {
  try {
    const OptionalExtent computed = get_conv_gradweights_shape_1axis(
        axis.image, top, axis.spelling->border, axis.stride, axis.dilation);
    if (!computed) return Said::Unknown;
    kernel = *computed;
    return Said::Number;
  } catch (const ConvError&) {
    return Said::Fraction;
  }
}

TEST(ShapesByCounting, TheFilterIsTheOnlyOneThatASearchFinds) {
  for_each_border_and_step([](Axis axis) {
    for (axis.image = 1; axis.image <= 19; ++axis.image) {
      Answers answers = kernels_of(axis);
      for (std::int64_t top = 1; top <= kLargestTop; ++top) {
        const Found found = answers[top];
        std::int64_t kernel = 0;
        const Said said = ask_for_kernel(axis, top, kernel);
        const bool ambiguous = axis.stride != 1 || axis.spelling->name == "half";
        ASSERT_EQ(said == Said::Unknown, ambiguous) << describe(axis) << " top " << top;
        if (ambiguous) continue;
        ASSERT_EQ(found.count, said == Said::Number && kernel >= 1 ? 1 : 0)
            << describe(axis) << " top " << top << " said " << kernel;
        if (found.count == 1) {
          ASSERT_EQ(kernel, found.first) << describe(axis) << " top " << top;
        }
      }
    }
  });
}

TEST(ShapesByCounting, SeveralFiltersFitWithHalf) {
  for_each_border_and_step([](Axis axis) {
    if (axis.stride != 1 || axis.spelling->name != "half") return;
    axis.image = 9;
    EXPECT_GT(kernels_of(axis)[9].count, 1) << describe(axis);
  });
}

// Two and three axes with different numbers each, so that an exchanged axis shows.
TEST(ShapesByCounting, EveryAxisUsesItsOwnNumbers) {
  const Spelling &pair = spellings()[6], &word = spellings()[1], &both = spellings()[4];
  const std::vector<Axis> axes{{13, 3, 1, 2, &pair}, {17, 4, 2, 1, &word}, {11, 2, 3, 3, &both}};
  for (std::size_t rank = 1; rank <= 3; ++rank) {
    OptionalShape image{5, 4}, kernel{6, 4}, top{5, 6}, subsample, dilation;
    std::vector<OptionalBorder> border;
    for (std::size_t i = 0; i < rank; ++i) {
      image.push_back(axes[i].image);
      kernel.push_back(axes[i].kernel);
      top.push_back(count_positions(axes[i]));
      subsample.push_back(axes[i].stride);
      dilation.push_back(axes[i].dilation);
      border.push_back(axes[i].spelling->border);
    }
    ConvShapeOptions options{.border_mode = OptionalBorderMode(border),
                             .subsample = subsample,
                             .filter_dilation = dilation};
    EXPECT_EQ(get_conv_output_shape(image, kernel, options), top);
    EXPECT_TRUE(check_conv_gradinputs_shape(image, kernel, top, options));
  }
}

// The helpers and the operators' own lowering were written apart; they must not disagree.
TEST(ShapesByCounting, AgreesWithTheProblemsOfTheOperators) {
  for_each_possible_problem([](const Axis& axis, std::int64_t positions, std::int64_t num_groups,
                               bool unshared) {
    ConvProblem problem{.rank = 1, .batch = 5, .channels = 4, .filters = 6, .groups = num_groups};
    problem.unshared = unshared;
    const Pads pads = to_pads(axis.spelling->border, (axis.kernel - 1) * axis.dilation + 1);
    problem.windows[0] = {axis.image,    axis.kernel, axis.stride,
                          axis.dilation, pads.before, pads.after};
    ASSERT_EQ(optional_shape(problem.w_shape()),
              kernel_shape(axis, positions, num_groups, unshared));
    ASSERT_EQ(optional_shape(problem.y_shape()), (OptionalShape{5, 6, positions}));
  });
}

}  // namespace
}  // namespace convcheck
