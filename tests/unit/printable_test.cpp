#include "checker/printable.h"

#include <gtest/gtest.h>

namespace convcheck {
namespace {

TEST(Printable, LeavesTextAsItIs) {
  for (const char* text : {"", "a line\n\tand more", "\u00a0 \u00e9 \u20ac \U0001f600 \ufffd"})
    EXPECT_EQ(printable(text), text);
}

TEST(Printable, ReplacesControlCharactersButLineEndsAndTabs) {
  EXPECT_EQ(printable("\x1b[31mred\x07\r\x7f"), "?[31mred???");
  EXPECT_EQ(printable(std::string_view("a\0b", 3)), "a?b");
  EXPECT_EQ(printable("\xc2\x9b"), "??");  // an escape sequence's begin in one character
}

TEST(Printable, ReplacesWhatIsNoUtf8AndWhatXmlCannotWrite) {
  for (const char* text : {"\xff\xfe", "\xc0\xaf", "\xc3(", "\xe2\x82"})
    EXPECT_NE(printable(text).find('?'), std::string::npos) << text;
  EXPECT_EQ(printable("\xed\xa0\x80"), "???");       // half of a surrogate pair
  EXPECT_EQ(printable("\xef\xbf\xbe"), "???");       // U+FFFE
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "????");  // beyond U+10FFFF
  EXPECT_EQ(printable("\xe0\x80\xaf"), "???");       // longer than it need be
}

TEST(Printable, CutsALongTextBetweenCharacters) {
  EXPECT_EQ(printable("abcdef", 6), "abcdef");
  EXPECT_EQ(printable("abcdefg", 6), "abcdef...");
  EXPECT_EQ(printable("a\u20ac\u20ac", 2), "a\u20ac...");
}

}  // namespace
}  // namespace convcheck
