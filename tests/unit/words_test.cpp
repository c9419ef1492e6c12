#include "fast/words.h"

#include <gtest/gtest.h>

namespace convcheck {
namespace {

constexpr Word kWords[] = {{"input", "signals"}, {"num_groups", "num_channels"}};
constexpr Word kPlurals[] = {{"filters", "dw"}, {"groups", "channels"}};

TEST(Reworded, ReplacesWholeWordsOnly) {
  EXPECT_EQ(reworded("input", kWords), "signals");
  EXPECT_EQ(reworded("input_shape of the inputs", kWords), "input_shape of the inputs");
  EXPECT_EQ(reworded("input's batch, num_groups[0]", kWords), "signals's batch, num_channels[0]");
  EXPECT_EQ(reworded("  (input)", kWords), "  (signals)");
  EXPECT_EQ(reworded("", kWords), "");
}

TEST(Reworded, APossessiveFollowsTheNewWord) {
  EXPECT_EQ(reworded("filters' channels", kPlurals), "dw's channels");
  EXPECT_EQ(reworded("groups' 'filters'", kPlurals), "channels' 'dw'");
}

TEST(InWords, RewordsWhatIsNamedAndExpectedButNotTheValue) {
  try {
    in_words(kWords, []() -> int {
      throw ConvError(ErrorKind::Groups, "num_groups", "input", "a divisor of the input channels");
    });
    FAIL();
  } catch (const ConvError& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Groups);
    EXPECT_STREQ(error.what(), "num_channels = input: expected a divisor of the signals channels");
  }
  EXPECT_EQ(in_words(kWords, [] { return 3; }), 3);
}

}  // namespace
}  // namespace convcheck
