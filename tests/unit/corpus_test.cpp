#include "checker/corpus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace convcheck {
namespace {

using testing::HasSubstr;

const std::string kHeader =
    "net,layer,ndim,batch,groups,in_channels,out_channels,input,kernel,output,stride,dilation,"
    "pad_before,pad_after\n";

std::vector<Case> layers(const std::string& rows) {
  std::istringstream in(kHeader + rows);
  return read_network_layers(in, "layers.csv");
}

std::string error_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const ConvError& error) {
    return error.what();
  }
  return "no error";
}

TEST(NetworkLayers, ARowIsAForwardCaseWithoutFlip) {
  const std::vector<Case> cases = layers(
      "net,a/"
      "b,2,20,2,4,6,8x9,3x2,3x9,2x1,2x1,1x0,1x1\nv,1,3,1,1,3,4,5x5x5,1x1x1,5x5x5,1x1x1,1x1x1,0x0x0,"
      "0x0x0\n");
  ASSERT_EQ(cases.size(), 2u);
  EXPECT_EQ(to_string(cases[0]),
            "conv2d.forward f32 x=20x4x8x9 w=6x2x3x2 border=1,(0,1) subsample=2x1 dilation=2x1 "
            "groups=2 noflip name=net:a/b");
  EXPECT_EQ(to_string(cases[1]), "conv3d.forward f32 x=1x3x5x5x5 w=4x3x1x1x1 noflip name=v:1");
}

TEST(NetworkLayers, ABadRowIsNamedWithItsNumberAndColumn) {
  const std::string good = "n,1,1,1,1,1,1,3,2,2,1,1,0,0\n";
  const auto error = [&](const std::string& row) {
    return error_of([&] { layers(good + row + "\n"); });
  };
  EXPECT_EQ(layers(good).size(), 1u);
  EXPECT_THAT(error("n,1,1,1,1,1,1,3,2,9,1,1,0,0"), HasSubstr("layers.csv:3: output = '9'"));
  EXPECT_THAT(error("n,1,2,1,1,1,1,3,2,2,1,1,0,0"), HasSubstr("layers.csv:3: input = '3'"));
  EXPECT_THAT(error("n,1,1,1,2,1,2,3,2,2,1,1,0,0"), HasSubstr("in_channels = '1'"));
  EXPECT_THAT(error("n,1,1,1,0,1,1,3,2,2,1,1,0,0"), HasSubstr("groups = '0'"));
  EXPECT_THAT(error("n,1,1,-0,1,1,1,3,2,2,1,1,0,0"), HasSubstr("batch = '-0'"));
  EXPECT_THAT(error("n,1,1,x,1,1,1,3,2,2,1,1,0,0"), HasSubstr("batch = 'x'"));
  EXPECT_THAT(error("n,1,1,1,1,1,1,3,9,2,1,1,0,0"), HasSubstr("layers.csv:3: output extent[0]"));
  EXPECT_THAT(error("n,1"), HasSubstr("14 columns"));
  EXPECT_THAT(error("a b,1,1,1,1,1,1,3,2,2,1,1,0,0"), HasSubstr("layers.csv:3"));
  EXPECT_THAT(error("n,1,77,1,1,1,1,3,2,2,1,1,0,0"), HasSubstr("ndim extents"));
}

TEST(NetworkLayers, AnotherHeaderIsRefused) {
  std::istringstream in("net,layer\n");
  EXPECT_THAT(error_of([&] { read_network_layers(in, "x.csv"); }), HasSubstr("x.csv:1: header"));
}

TEST(CaseLines, CommentsAndEmptyLinesAreSkippedAndABadLineIsNamed) {
  std::istringstream good(
      "# a comment\n\n  # another\r\nconv1d.forward f32 x=1x1x3 w=1x1x2\r\n\t\n");
  EXPECT_EQ(read_case_lines(good, "my.cases").size(), 1u);
  std::istringstream bad("\nconv1d.forward f32 x=1x1x3 w=1x1xQ\n");
  EXPECT_THAT(error_of([&] { read_case_lines(bad, "my.cases"); }),
              HasSubstr("my.cases:2: w = '1x1xQ'"));
}

TEST(CaseLines, AFillAndALayoutThatAreNotKnownAreRefused) {
  const std::string line = "conv1d.forward f32 x=1x1x3 w=1x1x2";
  EXPECT_EQ(read_case(line + " fill=wide layout=nhwc").fill, "wide");
  EXPECT_THAT(error_of([&] { read_case(line + " fill=broad"); }), HasSubstr("fill = 'broad'"));
  EXPECT_THAT(error_of([&] { read_case(line + " layout=chwn"); }), HasSubstr("layout = 'chwn'"));
}

// A file that goes when the test ends.
class File {
 public:
  File(const std::string& name, const std::string& text)
      : path_(std::filesystem::temp_directory_path() / (std::to_string(getpid()) + "." + name)) {
    std::ofstream(path_) << text;
  }
  ~File() { std::filesystem::remove(path_); }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

TEST(Cases, AFileWhoseFirstWordIsBenchdnnsIsRead) {
  const File batch("my.batch", "# mine\n\n --dir=BWD_D --mode=P\nic1iw3oc1kw2\n");
  std::vector<std::string> notes;
  const std::vector<Case> cases = read_cases(batch.path(), {}, &notes);
  ASSERT_EQ(cases.size(), 1u);
  EXPECT_EQ(to_string(cases[0]), "conv1d.grad_inputs f32 x=2x1x3 w=1x1x2 noflip");
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_THAT(notes[0], HasSubstr("my.batch: not modelled: --mode: 1"));
  EXPECT_EQ(read_cases(batch.path()).size(), 1u);
}

TEST(Cases, ABadWordOfBenchdnnIsNamedWithItsFileAndLine) {
  const File bad("bad.batch", "ic1iw3oc1kw2\nic1iw3oc1\n");
  EXPECT_THAT(error_of([&] { read_cases(bad.path()); }), HasSubstr("bad.batch:2: kw = missing"));
}

TEST(Cases, AMissingFileAndAFolderAreRefusedByName) {
  EXPECT_THAT(error_of([] { read_cases("no/such.cases"); }), HasSubstr("no/such.cases"));
  EXPECT_THAT(error_of([] { read_cases("."); }), HasSubstr("file = ."));
}

}  // namespace
}  // namespace convcheck
