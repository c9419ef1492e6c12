#include "tools/whole_number.h"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

namespace convcheck {
namespace {

TEST(WholeNumber, TakesDigitsInItsRangeOnly) {
  const CLI::Validator number = whole_number(1, 4096);
  for (const char* text : {"1", "4096", "007"}) EXPECT_EQ(number(text), "") << text;
  for (const char* text : {"0", "4097", "-1", "+1", "1e3", "1.0", "", " 1", "0x10"}) {
    EXPECT_EQ(number(text), "'" + std::string(text) + "': expected a whole number from 1 to 4096");
  }
}

TEST(WholeNumber, DoesNotWrapAround) {
  EXPECT_EQ(whole_number(0, UINT64_MAX)("18446744073709551615"), "");
  EXPECT_NE(whole_number(0, UINT64_MAX)("18446744073709551616"), "");
  EXPECT_NE(whole_number(1, INT64_MAX)("99999999999999999999"), "");
}

TEST(Seconds, AreANumberThatAClockCanAdd) {
  for (const char* text : {"0.001", "1", "0.5", "1e3", "1000000000"})
    EXPECT_EQ(seconds(0.001)(text), "") << text;
  for (const char* text : {"nan", "inf", "-inf", "1e300", "1e-300", "-1", "0", "", " 1", "1s"}) {
    EXPECT_EQ(seconds(0.001)(text),
              "'" + std::string(text) + "': expected seconds, 0.001 to 1e+09");
  }
  EXPECT_EQ(seconds(0)("0"), "");
}

}  // namespace
}  // namespace convcheck
