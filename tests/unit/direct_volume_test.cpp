// Backend direct where an image is a volume and where filters are read where they are, against the
// reference, with == on small integers, with every instruction set.

#ifndef CONVCHECK_HAVE_HIGHWAY

#include <gtest/gtest.h>

TEST(DirectVolume, IsRight) { GTEST_SKIP() << "direct was not built: Highway was not found"; }

#else

#include "fast/cpu/direct/direct.h"
#include "tests/unit/direct_call.h"

namespace convcheck {
namespace {

// Filters too large for vectors of outputs; their number is no multiple of a panel's height.
TEST(DirectVolume, IsTheDefinitionWhereFiltersAreReadWhereTheyAre) {
  ConvProblem row{.rank = 1, .batch = 1, .channels = 1800, .filters = 66};
  row.windows[0] = {.input = 60, .filter = 3, .pad_before = 1, .pad_after = 1};
  ConvProblem volume{.rank = 3, .batch = 1, .channels = 200, .filters = 67};
  volume.windows[0] = {.input = 2, .filter = 3, .pad_before = 1, .pad_after = 1};
  volume.windows[1] =
      volume.windows[2] = {.input = 4, .filter = 3, .pad_before = 1, .pad_after = 1};
  for_each_target([&] {
    for (ConvProblem problem : {row, volume}) {
      for (const bool flip : {true, false}) {
        problem.flip = flip;
        expect_reference(*direct_backend(), problem);
      }
    }
  });
}

// A position in depth is too large for a slab, which has some of its rows.
TEST(DirectVolume, IsTheDefinitionWhereASlabHasRowsOfOnePosition) {
  ConvProblem problem{.rank = 3, .batch = 1, .channels = 24, .filters = 3};
  problem.windows[0] = {.input = 2, .filter = 3, .pad_before = 1, .pad_after = 1};
  problem.windows[1] = {.input = 55, .filter = 3, .pad_before = 1, .pad_after = 1};
  problem.windows[2] = {.input = 58, .filter = 3, .pad_before = 2, .pad_after = 0};
  for_each_target([&] { expect_reference(*direct_backend(), problem); });
}

// In depth all taps but one meet padding everywhere, or for some outputs every tap does.
TEST(DirectVolume, IsTheDefinitionWhereTapsInDepthMeetOnlyPadding) {
  for (const std::int64_t pad : {2, 4}) {
    ConvProblem problem{.rank = 3, .batch = 2, .channels = 5, .filters = 33};
    problem.windows[0] = {.input = 1, .filter = 3, .pad_before = pad, .pad_after = pad};
    problem.windows[1] =
        problem.windows[2] = {.input = 9, .filter = 3, .pad_before = 1, .pad_after = 1};
    for_each_target([&] {
      for (const Direction direction : kAllDirections) {
        problem.direction = direction;
        for (const DataType type : {DataType::F32, DataType::F64, DataType::BF16}) {
          expect_reference(*direct_backend(), problem, {.type = type});
        }
      }
    });
  }
}

// Zeros between rows that stand there once: as many as the smaller pad of the two.
TEST(DirectVolume, IsTheDefinitionForEveryPairOfPadsOfRows) {
  for_each_target([] {
    for (std::int64_t pads = 0; pads < 16; ++pads) {
      ConvProblem problem{.rank = 2, .batch = 1, .channels = 3, .filters = 5};
      problem.windows[0] = {.input = 7, .filter = 3, .pad_before = 1, .pad_after = 1};
      problem.windows[1] = {
          .input = 19, .filter = 4, .pad_before = pads % 4, .pad_after = pads / 4};
      for (const Direction direction : kAllDirections) {
        problem.direction = direction;
        expect_reference(*direct_backend(), problem);
      }
    }
  });
}

}  // namespace
}  // namespace convcheck

#endif
