#include "reference/border_mode.h"

#include "tests/unit/worked.h"

namespace convcheck {
namespace {

using AllPads = std::vector<Pads>;

TEST(BorderMode, EverySpellingOfTheDocumentationIsTheSamePads) {
  const Dims filter{5, 4};  // dilated
  EXPECT_EQ(BorderMode().pads(filter), (AllPads{{0, 0}, {0, 0}}));
  EXPECT_EQ(BorderMode(valid).pads(filter), (AllPads{{0, 0}, {0, 0}}));
  EXPECT_EQ(BorderMode(half).pads(filter), (AllPads{{2, 2}, {2, 2}}));
  EXPECT_EQ(BorderMode(full).pads(filter), (AllPads{{4, 4}, {3, 3}}));
  EXPECT_EQ(BorderMode(2).pads(filter), (AllPads{{2, 2}, {2, 2}}));
  EXPECT_EQ((BorderMode{1, 2}.pads(filter)), (AllPads{{1, 1}, {2, 2}}));
  EXPECT_EQ((BorderMode{1, {0, 2}}.pads(filter)), (AllPads{{1, 1}, {0, 2}}));
  EXPECT_EQ((BorderMode{{1, 0}, 2}.pads(filter)), (AllPads{{1, 0}, {2, 2}}));
  EXPECT_EQ((BorderMode{{1, 0}, {0, 2}}.pads(filter)), (AllPads{{1, 0}, {0, 2}}));
  EXPECT_EQ((BorderMode{1, {2, 3}, 4}.pads({1, 1, 1})), (AllPads{{1, 1}, {2, 3}, {4, 4}}));
}

TEST(BorderMode, CanonicalIsTheShortestSpellingOfTheSame) {
  EXPECT_EQ(BorderMode(0).canonical(), BorderMode(valid));
  EXPECT_EQ((BorderMode{0, 0}.canonical()), BorderMode(valid));
  EXPECT_EQ((BorderMode{{0, 0}, 0}.canonical()), BorderMode(valid));
  EXPECT_EQ((BorderMode{2, {2, 2}}.canonical()), BorderMode(2));
  EXPECT_EQ((BorderMode{1, 2}.canonical()), (BorderMode{1, 2}));
  EXPECT_EQ((BorderMode{{1, 2}, {1, 2}}.canonical()), (BorderMode{{1, 2}, {1, 2}}));
  EXPECT_EQ(BorderMode(half).canonical(), BorderMode(half));
}

TEST(BorderMode, TextIsReadBack) {
  const std::vector<std::pair<BorderMode, std::string>> spellings{
      {valid, "valid"},
      {half, "half"},
      {full, "full"},
      {2, "2"},
      {0, "0"},
      {{1, 2}, "1,2"},
      {{1, {0, 2}}, "1,(0,2)"},
      {{{1, 0}, {0, 2}}, "(1,0),(0,2)"},
      {{1, {2, 3}, 4}, "1,(2,3),4"},
      {BorderMode(std::vector<AxisBorder>{{1, 0}}), "(1,0)"},
      {BorderMode(std::vector<AxisBorder>{2}), "(2,2)"},
      {{half, {1, 2}}, "half,(1,2)"}};
  for (const auto& [mode, text] : spellings) {
    EXPECT_EQ(to_string(mode), text);
    EXPECT_EQ(parse_border_mode(text), mode) << text;
  }
}

TEST(BorderMode, OtherTextIsRefused) {
  for (const char* text :
       {"", "same", "Valid", "valid ", "validx", "-1", "1.5", "1,", ",1", "(1,2", "(1)", "(1,2,3)",
        "1;2", "(-1,2)", "1 ,2", "[1,2]", "99999999999999999999"}) {
    expect_refused([&] { parse_border_mode(text); }, ErrorKind::BorderMode, "border_mode", text);
  }
}

TEST(BorderMode, NegativePadsAndOtherLengthsAreRefused) {
  expect_refused([] { BorderMode(-1).pads({3}); }, ErrorKind::BorderMode, "border_mode", "-1");
  expect_refused(
      [] {
        BorderMode{0, {1, -2}}.pads({3, 3});
      },
      ErrorKind::BorderMode, "border_mode", "(1,-2)");
  expect_refused([] { BorderMode{1, 2}.pads({3}); }, ErrorKind::BorderMode, "border_mode", "1,2");
  expect_refused([] { BorderMode{1, 2}.axis(0, 3); }, ErrorKind::BorderMode, "border_mode", "1,2");
  expect_refused([] { BorderMode(std::vector<AxisBorder>{}).pads({3}); }, ErrorKind::BorderMode,
                 "border_mode", "");
  expect_refused(
      [] {
        BorderMode{half, 1}.pads({3, 3});
      },
      ErrorKind::BorderMode, "border_mode", "half,1");
}

TEST(BorderMode, AWordForOneAxisIsKnownToTheAxis) {
  EXPECT_EQ((BorderMode{half, 1}.axis(0, 2)), AxisBorder(half));
  EXPECT_EQ((BorderMode{half, 1}.axis(1, 2)), AxisBorder(1));
  EXPECT_EQ(BorderMode(full).axis(2, 3), AxisBorder(full));
}

TEST(BorderMode, PadsOfAnExtentBelowOneAreRefused) {
  for (const BorderMode& mode :
       {BorderMode(valid), BorderMode(half), BorderMode(full), BorderMode(1)}) {
    for (const std::int64_t extent : {std::int64_t{0}, std::int64_t{-1}, INT64_MIN}) {
      expect_refused(
          [&] {
            mode.pads({3, extent});
          },
          ErrorKind::FilterShape, "dilated filter extent[1]", std::to_string(extent));
    }
  }
}

}  // namespace
}  // namespace convcheck
