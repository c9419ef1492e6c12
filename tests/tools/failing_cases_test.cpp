#include "tools/failing_cases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "checker/corpus.h"
#include "tools/usage_error.h"

namespace convcheck {
namespace {

namespace fs = std::filesystem;

class FailingCasesTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    path_ = testing::TempDir() + "/" + name + ".cases";
    fs::remove(path_);
  }
  void TearDown() override { fs::remove(path_); }

  static Finding finding(const std::string& line, Outcome outcome = Outcome::Failed) {
    Finding one;
    one.subject = parse_case(line);
    one.backend = "mine";
    one.rule = "value";
    one.verdict.outcome = outcome;
    return one;
  }

  static SuiteResult result(std::vector<Finding> findings) {
    SuiteResult all;
    all.findings = std::move(findings);
    return all;
  }

  std::string path_;
};

constexpr const char* kFirst = "conv1d.forward f32 x=1x1x3 w=1x1x2 seed=9";
constexpr const char* kSecond = "conv1d.grad_inputs f32 x=1x1x5 w=1x1x2";

TEST_F(FailingCasesTest, AreReadAgainAsTheyWere) {
  const FailingCases file(path_);
  const std::string said =
      file.append(result({finding(kFirst), finding(kSecond, Outcome::Broken)}));
  EXPECT_THAT(said, testing::HasSubstr("1 failing cases appended to " + path_));
  EXPECT_THAT(said, testing::HasSubstr("convcheck suite --cases " + path_));
  EXPECT_THAT(read_cases(path_), testing::ElementsAre(parse_case(kFirst)));
}

TEST_F(FailingCasesTest, AreAppendedToWhatIsThereButNotTwice) {
  FailingCases(path_).append(result({finding(kFirst)}));
  FailingCases(path_).append(result({finding(kSecond), finding(kFirst), finding(kSecond)}));
  EXPECT_THAT(FailingCases(path_).append(result({finding(kFirst)})),
              testing::HasSubstr("there already"));
  EXPECT_THAT(read_cases(path_), testing::ElementsAre(parse_case(kFirst), parse_case(kSecond)));
}

TEST_F(FailingCasesTest, MakeNoFileWhereNothingFailed) {
  EXPECT_EQ(FailingCases(path_).append(result({finding(kFirst, Outcome::Broken)})), "");
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(FailingCasesTest, AFileThatCannotBeWrittenIsRefusedBeforeTheRun) {
  EXPECT_THROW(FailingCases("no/such/folder/x.cases"), UsageError);
  EXPECT_THROW(FailingCases{testing::TempDir()}, UsageError);
}

}  // namespace
}  // namespace convcheck
