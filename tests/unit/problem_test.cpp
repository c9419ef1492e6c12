#include "reference/problem.h"

#include <gtest/gtest.h>

namespace convcheck {
namespace {

TEST(Problem, OutputExtentIsFlooredEvenWhenTheFilterDoesNotFit) {
  EXPECT_EQ((Window{.input = 2, .filter = 3, .stride = 2}.output()), 0);
  EXPECT_EQ((Window{.input = 2, .filter = 5, .stride = 2}.output()), -1);
}

}  // namespace
}  // namespace convcheck
