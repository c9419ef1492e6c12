// The program on the example and on its broken relatives, as a user would run it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "reference/case.h"
#include "reference/flops.h"

namespace convcheck {
namespace {

using Json = nlohmann::json;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::int64_t kMostMultiplications = 200;

// The exit code of the program, which says nothing.
int exit_of_program(const std::string& arguments) {
  const std::string command = std::string(CONVCHECK_PROGRAM) + " " + arguments + " >/dev/null";
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

struct SuiteRun {
  int exit = -1;
  Json report;

  std::set<std::string> failed_rules() const {
    std::set<std::string> rules;
    for (const Json& row : report.at("by_rule")) {
      if (row.at("failed") > 0) rules.insert(row.at("rule"));
    }
    return rules;
  }
};

// Cases run one after the other: some plugins touch what is not theirs, with what it holds.
SuiteRun suite(const std::string& plugin, const std::string& more = "") {
  const std::string json = testing::TempDir() + "plugins." +
                           std::filesystem::path(plugin).stem().string() + "." +
                           std::to_string(getpid()) + ".json";
  SuiteRun run;
  run.exit = exit_of_program("suite --jobs 1 --cases " CONVCHECK_TEST_CASES " --plugin " + plugin +
                             " --json " + json + more);
  std::ifstream(json) >> run.report;
  std::filesystem::remove(json);
  return run;
}

std::int64_t multiplications(const std::string& line) {
  return flops(conv_problem(parse_case(line))) / 2;
}

TEST(Plugins, TheHonestExamplePassesEverything) {
  const SuiteRun run = suite(CONVCHECK_EXAMPLES "/libdirect.so");
  EXPECT_EQ(run.exit, 0);
  EXPECT_EQ(run.report.at("total").at("skipped"), 0);
  EXPECT_GT(run.report.at("total").at("passed"), 40);
  EXPECT_TRUE(run.failed_rules().empty());
}

struct Mistake {
  const char* plugin;
  const char* rule;           // that is made for it
  bool by_others_too = true;  // other rules see it, as they see every wrong answer
};

void PrintTo(const Mistake& mistake, std::ostream* out) { *out << mistake.plugin; }

class BrokenPlugin : public testing::TestWithParam<Mistake> {
 protected:
  std::string path() const {
    return std::string(CONVCHECK_TEST_PLUGINS) + "/" + GetParam().plugin + ".so";
  }
};

TEST_P(BrokenPlugin, FailsUnderTheRuleThatIsMadeForIt) {
  const SuiteRun run = suite(path());
  EXPECT_EQ(run.exit, 1);
  EXPECT_THAT(run.failed_rules(), Contains(GetParam().rule));
  if (!GetParam().by_others_too) {
    EXPECT_THAT(run.failed_rules(), ElementsAre(GetParam().rule));
  }
}

TEST_P(BrokenPlugin, IsShrunkToACaseThatItsLineRepeats) {
  const SuiteRun run = suite(path(), std::string(" --rule ") + GetParam().rule);
  ASSERT_FALSE(run.report.at("findings").empty());
  const Json& finding = run.report.at("findings").at(0);
  EXPECT_TRUE(finding.contains("shrunk_from"));
  EXPECT_LE(multiplications(finding.at("case")), kMostMultiplications) << finding.at("case");
  const std::string line = finding.at("reproduce");
  EXPECT_THAT(line, HasSubstr(" --plugin " + path()));
  EXPECT_EQ(exit_of_program(line.substr(std::string("convcheck ").size())), 1) << line;
}

constexpr Mistake kMistakes[] = {
    {"forgets_the_right_pad", "value"},
    {"ignores_dilation", "value"},
    {"takes_the_first_group", "value"},
    {"flips_forward_only", "adjoint"},
    {"adds_up_in_half_precision", "value"},
    {"adds_to_what_is_there", "output_unread"},
    {"lets_threads_race", "repeat"},
    {"breaks_its_word", "completes"},
    {"needs_more_workspace", "workspace"},
    {"writes_past_the_end", "bounds", false},
    {"scribbles_on_an_input", "inputs_kept", false},
    {"believes_rows_to_be_dense", "layout", false},
    {"refuses_without_a_reason", "contract", false},
};

INSTANTIATE_TEST_SUITE_P(Plugins, BrokenPlugin, testing::ValuesIn(kMistakes),
                         [](const auto& tested) { return std::string(tested.param.plugin); });

}  // namespace
}  // namespace convcheck
