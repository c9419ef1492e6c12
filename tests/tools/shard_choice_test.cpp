#include "tools/shard_choice.h"

#include <gtest/gtest.h>

#include <map>

#include "tools/usage_error.h"

namespace convcheck {
namespace {

using Variables = std::map<std::string, std::string>;

ShardChoice choose(const std::string& text, const Variables& variables) {
  return choose_shard(text, [&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

TEST(ShardChoice, IsAllWithoutAWord) {
  EXPECT_EQ(choose("", {}).shard, (Shard{1, 1}));
  EXPECT_EQ(choose("3/7", {}).shard, (Shard{3, 7}));
}

TEST(ShardChoice, IsTakenFromWhatNumbersTheProcesses) {
  EXPECT_EQ(choose("", {{"SLURM_ARRAY_TASK_ID", "3"}, {"SLURM_ARRAY_TASK_COUNT", "4"}}).shard,
            (Shard{4, 4}));
  EXPECT_EQ(choose("", {{"SLURM_ARRAY_TASK_ID", "15"},
                        {"SLURM_ARRAY_TASK_COUNT", "3"},
                        {"SLURM_ARRAY_TASK_MIN", "5"},
                        {"SLURM_ARRAY_TASK_STEP", "5"}})
                .shard,
            (Shard{3, 3}));
  EXPECT_EQ(choose("", {{"GTEST_SHARD_INDEX", "0"}, {"GTEST_TOTAL_SHARDS", "2"}}).shard,
            (Shard{1, 2}));
  EXPECT_EQ(choose("", {{"OMPI_COMM_WORLD_RANK", "2"}, {"OMPI_COMM_WORLD_SIZE", "4"}}).shard,
            (Shard{3, 4}));
  EXPECT_EQ(choose("", {{"PMI_RANK", "1"}, {"PMI_SIZE", "2"}}).from, "PMI_RANK");
  EXPECT_EQ(choose("*/9", {{"JOB_COMPLETION_INDEX", "8"}}).shard, (Shard{9, 9}));
}

TEST(ShardChoice, TheCommandLineGoesFirst) {
  const Variables slurm{{"SLURM_ARRAY_TASK_ID", "3"}, {"SLURM_ARRAY_TASK_COUNT", "4"}};
  EXPECT_EQ(choose("1/1", slurm).shard, (Shard{1, 1}));
  EXPECT_EQ(choose("*/8", slurm).shard, (Shard{4, 8}));
}

TEST(ShardChoice, OnePartOfOneIsNoDivision) {
  const Variables alone{{"OMPI_COMM_WORLD_RANK", "0"}, {"OMPI_COMM_WORLD_SIZE", "1"}};
  EXPECT_EQ(choose("", alone).shard, (Shard{1, 1}));
  EXPECT_EQ(choose("", alone).from, "");
}

TEST(ShardChoice, RefusesWhatMakesNoSense) {
  for (const char* text : {"0/2", "3/2", "1/0", "1", "/", "*/", "a/b", "1/2/3", "-1/2", " 1/2",
                           "1/99999999999999999999999", "1/99999999999", "*/3"}) {
    EXPECT_THROW(choose(text, {}), UsageError) << text;
  }
  EXPECT_THROW(choose("", {{"JOB_COMPLETION_INDEX", "0"}}), UsageError);
  EXPECT_THROW(choose("", {{"PMI_RANK", "0"}}), UsageError);
  EXPECT_THROW(choose("", {{"PMI_RANK", "2"}, {"PMI_SIZE", "2"}}), UsageError);
  EXPECT_THROW(choose("", {{"PMI_RANK", "x"}, {"PMI_SIZE", "2"}}), UsageError);
  EXPECT_THROW(choose("", {{"PMI_RANK", "0"}, {"PMI_SIZE", "0"}}), UsageError);
  EXPECT_THROW(choose("", {{"PMI_RANK", "0"}, {"PMI_SIZE", "99999999999"}}), UsageError);
  EXPECT_THROW(choose("", {{"PMI_RANK", "0"},
                           {"PMI_SIZE", "2"},
                           {"GTEST_SHARD_INDEX", "1"},
                           {"GTEST_TOTAL_SHARDS", "2"}}),
               UsageError);
  EXPECT_THROW(choose("", {{"GTEST_TOTAL_SHARDS", "2"}}), UsageError);
}

TEST(ShardChoice, RefusesAThirdThatContradictsTwoThatAgree) {
  Variables three{
      {"GTEST_SHARD_INDEX", "0"},    {"GTEST_TOTAL_SHARDS", "2"}, {"OMPI_COMM_WORLD_RANK", "0"},
      {"OMPI_COMM_WORLD_SIZE", "2"}, {"PMI_RANK", "0"},           {"PMI_SIZE", "2"}};
  EXPECT_EQ(choose("", three).shard, (Shard{1, 2}));
  three["PMI_RANK"] = "1";
  EXPECT_THROW(choose("", three), UsageError);
}

TEST(ShardChoice, TwoThatAgreeAreNoContradiction) {
  EXPECT_EQ(choose("", {{"PMI_RANK", "1"},
                        {"PMI_SIZE", "2"},
                        {"OMPI_COMM_WORLD_RANK", "1"},
                        {"OMPI_COMM_WORLD_SIZE", "2"}})
                .shard,
            (Shard{2, 2}));
}

TEST(ShardChoice, FilesOfProcessesAreNotTheSame) {
  const ShardChoice ranked{{2, 4}, "PMI_RANK"}, chosen{{2, 4}, ""};
  EXPECT_EQ(path_of_shard("--json", "a.{shard}.json", ranked), "a.2-of-4.json");
  EXPECT_EQ(path_of_shard("--json", "a.json", chosen), "a.json");
  EXPECT_EQ(path_of_shard("--json", "", ranked), "");
  EXPECT_THROW(path_of_shard("--json", "a.json", ranked), UsageError);
}

}  // namespace
}  // namespace convcheck
