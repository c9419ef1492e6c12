// Options of benchdnn and its batch files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "checker/benchdnn.h"

namespace convcheck {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

namespace fs = std::filesystem;

BenchdnnCases read(const std::string& text) {
  std::istringstream in(text);
  return read_benchdnn(in, "my.batch", ".");
}

// Of cases with the smallest problem: "forward f32", "grad_inputs bf16 layout=nhwc".
std::vector<std::string> choices(const BenchdnnCases& read) {
  std::vector<std::string> all;
  for (const Case& c : read.cases) {
    const std::string line = to_string(c), shapes = " x=2x1x1 w=1x1x1 noflip";
    const std::size_t at = line.find(shapes), dot = line.find('.') + 1;
    all.push_back(at == std::string::npos
                      ? line
                      : line.substr(dot, at - dot) + line.substr(at + shapes.size()));
  }
  return all;
}

const std::string kTiny = " ic1iw1oc1kw1 ";

std::vector<std::string> chosen(const std::string& options) {
  return choices(read(options + kTiny));
}

std::string error(const std::string& text) {
  try {
    read(text);
  } catch (const ConvError& error) {
    return error.what();
  }
  return "no error";
}

TEST(BenchdnnOptions, ListsAreMultipliedOut) {
  EXPECT_THAT(chosen("--dir=FWD_D,bwd_d --dt=f32,bf16:bf16:f32 --stag=axb,abx --dtag=any"),
              ElementsAre("forward f32 layout=x-nhwc", "forward f32",
                          "forward types=bf16,bf16,f32 layout=x-nhwc",
                          "forward types=bf16,bf16,f32", "grad_inputs f32 layout=x-nhwc",
                          "grad_inputs f32", "grad_inputs types=bf16,bf16,f32 layout=x-nhwc",
                          "grad_inputs types=bf16,bf16,f32"));
}

TEST(BenchdnnOptions, HoldForTheDescriptorsAfterThemUntilReset) {
  EXPECT_THAT(choices(read(kTiny + "--dir=BWD_W" + kTiny + kTiny + "--reset" + kTiny)),
              ElementsAre("forward f32", "grad_weights f32", "grad_weights f32", "forward f32"));
  EXPECT_THAT(choices(read("--deconv --dir=BWD_W --reset ic1ih1oc1kh1")),
              ElementsAre(HasSubstr("conv2d_transpose.forward")));
}

TEST(BenchdnnOptions, MbReplacesTheDescriptorsBatchUnlessItIsZero) {
  EXPECT_THAT(choices(read("--mb=0,5 mb3ic1iw1oc1kw1")),
              ElementsAre(HasSubstr("x=3x1x1"), HasSubstr("x=5x1x1")));
}

TEST(BenchdnnOptions, ConfigurationsAreTypes) {
  EXPECT_THAT(
      chosen("--cfg=f32,f16,bf16bf16bf16,bf16bf16f32,bf16f32bf16,f32bf16bf16"),
      ElementsAre("forward f32", "forward f16", "forward bf16", "forward types=bf16,bf16,f32",
                  "forward types=bf16,f32,bf16", "forward types=f32,bf16,bf16"));
  EXPECT_THAT(chosen("--cfg=f32_wino"), ElementsAre("forward f32"));
}

TEST(BenchdnnOptions, TagsAreLayoutsOfOursOrLeftOut) {
  EXPECT_THAT(chosen("--stag=ncw,nwc,acb,cba,any,undef --wtag=owi"),
              ElementsAre("forward f32 layout=w-nhwc", "forward f32 layout=x-nhwc,w-nhwc",
                          "forward f32 layout=x-permuted,w-nhwc"));
  const BenchdnnCases blocked = read("--dir=FWD_D --stag=axb,aBx16b" + kTiny);
  EXPECT_EQ(blocked.cases.size(), 1u);
  EXPECT_THAT(notes_of(blocked),
              ElementsAre("left out: --stag=aBx16b, which is no layout of ours: 1"));
  EXPECT_THAT(choices(read("--dtag=nhwc --wtag=hwio ic1ih1oc1kh1")), IsEmpty());
}

TEST(BenchdnnOptions, TypesThatAreNotOursAreLeftOutAndCounted) {
  const BenchdnnCases some = read("--dir=FWD_D --dt=u8:s8:f32,f32" + kTiny + kTiny);
  EXPECT_EQ(some.cases.size(), 2u);
  EXPECT_THAT(some.left_out, ElementsAre(Pair(HasSubstr("types u8:s8:f32"), 2)));
  EXPECT_THAT(read("--cfg=u8s8s32" + kTiny).left_out, ElementsAre(Pair(HasSubstr("u8s8s32"), 1)));
}

TEST(BenchdnnOptions, AllOthersAreCountedAsNotModelled) {
  const BenchdnnCases some = read("--dir=FWD_D --alg=WINO,DIRECT -v5 --attr-post-ops=relu" + kTiny +
                                  "--attr-post-ops= --mode=P");
  EXPECT_EQ(some.cases.size(), 1u);
  EXPECT_THAT(some.not_modelled, ElementsAre(Pair("--alg", 1), Pair("--attr-post-ops", 2),
                                             Pair("--mode", 1), Pair("-v", 1)));
}

TEST(BenchdnnOptions, ABiasIsNotModelledAndTheCaseIsReadOnce) {
  const BenchdnnCases some = read("--dir=FWD_B,FWD_D,FWD_I" + kTiny);
  EXPECT_EQ(some.cases.size(), 1u);
  EXPECT_THAT(some.not_modelled, ElementsAre(Pair("the bias of --dir=FWD_B", 1)));
  EXPECT_THAT(some.left_out, ElementsAre(Pair(HasSubstr("the same case"), 2)));
}

TEST(BenchdnnOptions, AWrongValueIsRefusedWithItsOption) {
  EXPECT_THAT(error("--dir=FWD"), HasSubstr("my.batch:1: --dir = 'FWD': expected FWD_B"));
  EXPECT_THAT(error("\n\n--dir="), HasSubstr("my.batch:3: --dir = ''"));
  EXPECT_THAT(error("--dt=f33"), HasSubstr("--dt = 'f33'"));
  EXPECT_THAT(error("--dt=f32:f32"), HasSubstr("one type or three"));
  EXPECT_THAT(error("--dt=f32,"), HasSubstr("--dt = ''"));
  EXPECT_THAT(error("--cfg=f32f32"), HasSubstr("one type or three"));
  EXPECT_THAT(error("--cfg="), HasSubstr("--cfg = ''"));
  EXPECT_THAT(error("--cfg=bf16bf"), HasSubstr("--cfg = 'bf16bf'"));
  EXPECT_THAT(error("--cfg=" + std::string(100000, 'b')), HasSubstr("--cfg"));
  EXPECT_THAT(error("--mb=-1"), HasSubstr("--mb = '-1'"));
  EXPECT_THAT(error("--mb=99999999999999999999"), HasSubstr("--mb"));
  EXPECT_THAT(error("--stag=a:b"), HasSubstr("--stag = 'a:b': expected a tag"));
  EXPECT_THAT(error("--reset=1"), HasSubstr("--reset = '--reset=1'"));
  EXPECT_THAT(error("--matmul 3x4"), HasSubstr("option = '--matmul'"));
}

TEST(BenchdnnOptions, TooManyCombinationsAreRefused) {
  std::string list = "any";
  for (int i = 0; i < 99; ++i) list += ",any";
  const std::string options = "--stag=" + list + " --wtag=" + list + " --dtag=" + list;
  EXPECT_THAT(error(options + kTiny), HasSubstr("1000000 combinations': expected at most 100000"));
}

// A folder that goes when the test ends.
class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / ("benchdnn." + std::to_string(getpid()))) {
    fs::create_directories(path_ / "inner");
  }
  ~Folder() { fs::remove_all(path_); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
  }
  std::string at(const std::string& name) const { return (path_ / name).string(); }
  std::string error(const std::string& name) const {
    try {
      read_benchdnn(at(name));
    } catch (const ConvError& error) {
      return error.what();
    }
    return "no error";
  }

 private:
  fs::path path_;
};

TEST(BenchdnnFiles, WordsAreSplitAtBlanksAndJoinedByABackslash) {
  EXPECT_THAT(
      choices(read("# ic9\n\t--dir=BWD_D, \\\n   BWD_W #comment ic9\r\n" + kTiny + "# end")),
      ElementsAre("grad_inputs f32", "grad_weights f32"));
  EXPECT_THAT(choices(read("--dir=BWD_\\\nD" + kTiny + "\\")), ElementsAre("grad_inputs f32"));
  EXPECT_THAT(read("").cases, IsEmpty());
}

TEST(BenchdnnFiles, AreFoundFromTheFolderOfTheFileThatNamesThem) {
  const Folder folder;
  folder.write("outer", "--dir=BWD_D --batch=inner/one" + kTiny);
  folder.write("inner/one", kTiny + "--batch=two");
  folder.write("inner/two", "--dir=BWD_W" + kTiny);
  EXPECT_THAT(choices(read_benchdnn(folder.at("outer"))),
              ElementsAre("grad_inputs f32", "grad_weights f32", "grad_weights f32"));
}

TEST(BenchdnnFiles, ThatIncludeOneAnotherOrAreMissingAreRefused) {
  const Folder folder;
  folder.write("a", "\n--batch=b");
  folder.write("b", "--batch=inner/../a");
  folder.write("c", "--batch=no/such");
  folder.write("d", "--batch=inner");
  folder.write("e", "--batch=f");
  folder.write("f", "\nic1");
  EXPECT_THAT(folder.error("a"), HasSubstr("b:1: --batch = "));
  EXPECT_THAT(folder.error("a"), HasSubstr("does not include itself"));
  EXPECT_THAT(folder.error("c"), HasSubstr("c:1: --batch = "));
  EXPECT_THAT(folder.error("d"), HasSubstr("a file that can be read"));
  EXPECT_THAT(folder.error("e"), HasSubstr("f:2: oc = missing"));
  EXPECT_THAT(folder.error("none"), HasSubstr("file = "));
}

TEST(BenchdnnFiles, ThatMultiplyEndAtALimit) {
  const Folder folder;
  for (char name = 'a'; name < 'z'; ++name) {
    const std::string next(1, static_cast<char>(name + 1));
    folder.write(std::string(1, name), "--batch=" + next + " --batch=" + next);
  }
  folder.write("z", "");
  EXPECT_THAT(folder.error("a"), HasSubstr("at most 10000"));
}

}  // namespace
}  // namespace convcheck
