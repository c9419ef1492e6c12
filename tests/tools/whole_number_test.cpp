#include "tools/whole_number.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace convcheck
