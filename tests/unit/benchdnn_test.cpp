// Descriptors of benchdnn, one at a time: what is deduced, what is refused, what is written.
#include "checker/benchdnn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <sstream>

#include "checker/corpus.h"

namespace convcheck {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

BenchdnnCases read(const std::string& text) {
  std::istringstream in(text);
  return read_benchdnn(in, "my.batch", ".");
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> all;
  for (const Case& c : read(text).cases) all.push_back(to_string(c));
  return all;
}

std::string line(const std::string& descriptor) {
  const std::vector<std::string> all = lines(descriptor);
  return all.size() == 1 ? all[0] : std::to_string(all.size()) + " cases";
}

std::string error(const std::string& text) {
  try {
    read(text);
  } catch (const ConvError& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Syntax);
    return error.what();
  }
  return "no error";
}

TEST(Descriptor, IsAForwardCaseWithoutFlipOfTwoImages) {
  EXPECT_EQ(line("g1mb3ic16ih13iw12oc8oh13ow11kh3kw2sh1sw1ph1pw0dh0dw0n\"name\""),
            "conv2d.forward f32 x=3x16x13x12 w=8x16x3x2 border=1,0 noflip name=name");
  EXPECT_EQ(line("ic4iw9oc6kw3"), "conv1d.forward f32 x=2x4x9 w=6x4x3 noflip");
  EXPECT_EQ(line("g2_mb1_ic4id5ih6iw7_oc6_kd1kh2kw3_"),
            "conv3d.forward f32 x=1x4x5x6x7 w=6x2x1x2x3 groups=2 noflip");
}

TEST(Descriptor, AMissingOutputIsThatOfThePadOnBothSides) {
  EXPECT_EQ(line("ic1iw9oc1kw3pw1sw2"),
            "conv1d.forward f32 x=2x1x9 w=1x1x3 border=1 subsample=2 noflip");
  // (8 - 3) / 2 + 1 windows leave the last element unused: the pad behind is -1.
  EXPECT_EQ(line("ic1iw8oc1kw3sw2"), "conv1d.forward f32 x=2x1x8 w=1x1x3 subsample=2 noflip");
  EXPECT_EQ(line("ic1iw8oc1kw3sw2pw2"),
            "conv1d.forward f32 x=2x1x8 w=1x1x3 border=(2,1) subsample=2 noflip");
}

TEST(Descriptor, AMissingPadIsHalfOfWhatTheOutputNeeds) {
  EXPECT_EQ(line("ic1iw9oc1ow9kw4"), "conv1d.forward f32 x=2x1x9 w=1x1x4 border=(1,2) noflip");
  // (27 * 2 + 1 - 56) / 2 is 0 by truncation, and -1 remains behind: an unused tail.
  EXPECT_EQ(line("ic1iw56oc1ow28kw1sw2"), "conv1d.forward f32 x=2x1x56 w=1x1x1 subsample=2 noflip");
  EXPECT_EQ(line("ic1iw9oc1ow9kw3pw0"), "conv1d.forward f32 x=2x1x9 w=1x1x3 border=(0,2) noflip");
}

TEST(Descriptor, DilationZeroIsDense) {
  EXPECT_EQ(line("ic1iw9oc1kw3dw0"), "conv1d.forward f32 x=2x1x9 w=1x1x3 noflip");
  EXPECT_EQ(line("ic1iw9oc1kw3dw1"), "conv1d.forward f32 x=2x1x9 w=1x1x3 dilation=2 noflip");
}

TEST(Descriptor, AxesThatAreNotGivenAreTheSame) {
  EXPECT_EQ(line("ic1ih8oc1kh3ph1sh2"),
            "conv2d.forward f32 x=2x1x8x8 w=1x1x3x3 border=(1,0),(1,0) subsample=2x2 noflip");
  EXPECT_EQ(line("ic1id4oc1kd2"), "conv3d.forward f32 x=2x1x4x4x4 w=1x1x2x2x2 noflip");
  EXPECT_THAT(error("ic1id4ih4oc1kd2kh2"), HasSubstr("iw = missing"));
  EXPECT_THAT(error("ic1id4iw4oc1kd2kw2"), HasSubstr("ih = missing"));
}

TEST(Descriptor, WhatIsNoCaseOfOursIsCountedWithTheReason) {
  const BenchdnnCases few = read("ic1iw9oc1ow3kw3pw0");  // 7 windows fit
  EXPECT_THAT(few.cases, IsEmpty());
  EXPECT_THAT(notes_of(few),
              ElementsAre(AllOf(HasSubstr("left out: fewer windows than fit"), EndsWith(": 1"))));
  EXPECT_THAT(notes_of(read("ic1iw9oc1ow2kw1")), ElementsAre(HasSubstr("below zero")));
}

TEST(Descriptor, ADeconvolutionIsATransposedConvolution) {
  EXPECT_EQ(line("--deconv --dir=FWD_D mb1ic4ih3oc6kh3sh2ph1g2"),
            "conv2d_transpose.forward f32 x=1x4x3x3 w=4x3x3x3 y=1x6x5x5 border=1 subsample=2x2 "
            "groups=2 noflip");
  // The last output is reached by no window: the pad behind would be -1.
  EXPECT_EQ(line("--deconv --dir=BWD_D ic4ih3oc6oh8kh3sh2ph0"),
            "conv2d_transpose.grad_inputs f32 x=2x4x3x3 w=4x6x3x3 y=2x6x8x8 subsample=2x2 noflip");
  EXPECT_THAT(notes_of(read("--deconv --dir=BWD_W ic4iw3oc6kw3")),
              ElementsAre(HasSubstr("a deconvolution of one axis")));
}

TEST(Descriptor, ANameIsSpelledWithTheLettersOfALine) {
  EXPECT_THAT(line("ic1iw2oc1kw1n\"a:b/c*3,d\""), HasSubstr("name=a:b/c_3_d"));
  EXPECT_EQ(line("ic1iw2oc1kw1n"), "conv1d.forward f32 x=2x1x2 w=1x1x1 noflip");
}

TEST(Descriptor, AHostileOneIsRefusedWithItsKey) {
  const auto expect = [](const std::string& text, const std::string& message) {
    EXPECT_THAT(error("# one\n" + text), StartsWith("my.batch:2: " + message)) << text;
  };
  expect("ih13oc16kh3", "ic = missing: expected an integer >= 1");
  expect("ic16ih13kh3", "oc = missing");
  expect("ic16oc16kh3", "ih = missing");
  expect("ic16oc16ih3", "kh = missing");
  expect("ic16oc16", "iw = missing: expected an axis");
  expect("ic0ih13oc16kh3", "ic = 0");
  expect("ic-1ih13oc16kh3", "ic = '-1ih13oc16kh3'");
  expect("ic1ic1ih13oc16kh3", "ic = 1: expected it once");
  expect("icih13oc16kh3", "ic = 'ih13");
  expect("ic1ih99999999999999999999oc1kh3", "ih = '99999999999999999999': expected an integer");
  expect("ic1ih9223372036854775807oc1kh3", "input extent[0] = 9223372036854775807");
  expect("ic1ih9oc1kh3sh0", "sh = 0");
  expect("ic1ih9oc1kh3dh9223372036854775807", "dh = beyond 63 bits");
  expect("ic1ih9oc1oh9223372036854775807kh1sh9223372036854775807", "ph = beyond 63 bits");
  expect("ic1ih2oc1kh3", "oh = 0: expected an output >= 1");
  expect("g0ic1ih2oc1kh1", "g = 0");
  expect("g2ic3ih2oc2kh1", "ic = 3: expected a multiple of g = 2");
  expect("g2ic2ih2oc3kh1", "oc = 3: expected a multiple of g = 2");
  expect("mb0ic1ih2oc1kh1", "mb = 0");
  expect("ic1ih2oc1kh1zz3", "descriptor = 'zz3'");
  expect("conv2d.forward", "descriptor = 'conv2d.forward'");
  expect("ic1ih2oc1kh1n" + std::string(600, 'a'), "name");
}

TEST(ToBenchdnn, SaysAllThatTheDirectionTypesAndLayoutAre) {
  const auto text = [](const std::string& line) { return to_benchdnn(read_case(line)).text; };
  EXPECT_EQ(text("conv2d.grad_inputs f32 x=3x4x8x9 w=6x2x3x2 border=1,(0,2) subsample=2x1 "
                 "dilation=1x2 groups=2 noflip name=net:a"),
            "--conv --dir=BWD_D --stag=abcd --wtag=abcde --dtag=abcd "
            "g2mb3ic4ih8iw9oc6oh4ow9kh3kw2sh2sw1ph1pw0dh0dw1n\"net:a\"");
  EXPECT_EQ(text("conv1d.grad_weights bf16 x=1x1x3 w=1x1x1 layout=nhwc"),
            "--conv --dir=BWD_W --cfg=bf16bf16bf16 --stag=acb --wtag=acb --dtag=acb "
            "mb1ic1iw3oc1ow3kw1sw1pw0dw0");
  EXPECT_EQ(text("conv2d_transpose.forward f32 x=1x2x3x3 w=2x5x3x3 y=1x5x5x5 noflip"),
            "--deconv --dir=FWD_D --stag=abcd --wtag=bacd --dtag=abcd "
            "mb1ic2ih3iw3oc5oh5ow5kh3kw3sh1sw1ph0pw0dh0dw0");
}

TEST(ToBenchdnn, SaysWhyThereIsNoLine) {
  const auto reason = [](const std::string& line) {
    const BenchdnnLine written = to_benchdnn(read_case(line));
    EXPECT_EQ(written.text, "");
    return written.reason;
  };
  const std::string conv = "conv1d.forward f32 x=1x2x3 w=2x2x2";
  EXPECT_THAT(reason(conv), HasSubstr("flipped"));
  EXPECT_THAT(reason("conv1d.forward f32 x=1x2x3 w=2x2x2x2 noflip unshared"),
              HasSubstr("unshared"));
  EXPECT_THAT(reason("conv1d.forward f64 x=1x2x3 w=2x2x2 noflip"), HasSubstr("types"));
  EXPECT_THAT(reason("conv1d.forward types=f32,bf16,f32 x=1x2x3 w=2x2x2 noflip"),
              HasSubstr("types"));
  EXPECT_THAT(reason("conv1d.forward bf16 acc=bf16 x=1x2x3 w=2x2x2 noflip"), HasSubstr("sums"));
  EXPECT_THAT(reason("conv1d.forward f32 x=0x2x3 w=2x2x2 noflip"), HasSubstr("zero"));
  EXPECT_THAT(reason(conv + " noflip layout=gaps"), HasSubstr("layout=gaps"));
  EXPECT_THAT(reason("conv3d2d.forward f32 x=1x2x3x4x5 w=1x2x3x2x2"), HasSubstr("not one"));
}

TEST(IsBenchdnn, TellsTheSpellingsApartByTheFirstWord) {
  for (const char* text : {"ic3ih4", "g1mb2ic3", "mb1", " ih4ic3", "--conv", "--reset"}) {
    EXPECT_TRUE(is_benchdnn(text)) << text;
  }
  for (const char* text : {"", " ", "conv2d.forward f32", "causal_conv1d.forward", "icing", "g"}) {
    EXPECT_FALSE(is_benchdnn(text)) << text;
  }
}

}  // namespace
}  // namespace convcheck
