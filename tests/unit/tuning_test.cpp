#include "fast/tuning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "fast/flags.h"
#include "reference/reference_backend.h"
#include "tests/unit/planted_backend.h"

namespace convcheck {
namespace {

namespace files = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Tuning example(const std::string& problem = "conv1d.forward f32 x=1x1x4 w=1x1x2") {
  return {
      .key = {.problem = problem, .machine = "a CPU", .candidates = "convcheck 1", .threads = 2},
      .chosen = "b",
      .timings = {{.backend = "a", .reason = "failed: the result\nis not", .wrong = true},
                  {.backend = "b", .seconds = 1.25e-3},
                  {.backend = "c", .reason = "no 3-D"}}};
}

class Folder {
 public:
  Folder() : path_(files::path(testing::TempDir()) / "convcheck_tuning_test") {
    files::remove_all(path_);
  }
  ~Folder() { files::remove_all(path_); }
  std::string path() const { return path_.string(); }
  std::vector<files::path> contents() const {
    return {files::directory_iterator(path_), files::directory_iterator()};
  }

 private:
  files::path path_;
};

TEST(TuningText, IsReadAsItWasWritten) {
  const std::optional<Tuning> read = read_tuning(to_text(example()));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->key, example().key);
  EXPECT_EQ(read->chosen, "b");
  EXPECT_EQ(read->timings[0].reason, "failed: the result is not");
  EXPECT_TRUE(read->timings[0].wrong);
  EXPECT_EQ(read->timings[1], example().timings[1]);
  EXPECT_EQ(read->timings[2], example().timings[2]);
}

TEST(TuningText, WhateverIsMissingOrChangedMakesItNothing) {
  const std::string text = to_text(example());
  for (std::size_t size = 0; size + 1 < text.size(); ++size) {
    EXPECT_FALSE(read_tuning(text.substr(0, size))) << size;
  }
  EXPECT_FALSE(read_tuning(text + "more\n"));
  EXPECT_FALSE(read_tuning("x" + text));
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"tuning 2", "tuning 3"},
                                                        {"threads 2", "threads two"},
                                                        {"chosen b", "chosen a"},  // which is wrong
                                                        {"chosen b", "chosen c"},
                                                        {"chosen b", "chosen d"},
                                                        {"time b 0.00125", "time b nan"},
                                                        {"time b 0.00125", "time b -1"},
                                                        {"time b 0.00125", "time b"},
                                                        {"refused c", "forgot c"}}) {
    std::string changed = text;
    const auto at = changed.find(from);
    ASSERT_NE(at, std::string::npos) << from << " in\n" << text;
    changed.replace(at, from.size(), to);
    EXPECT_FALSE(read_tuning(changed)) << to;
  }
}

TEST(TuningTable, KeepsOneFileAProblem) {
  const Folder folder;
  const TuningTable table(folder.path());
  EXPECT_FALSE(table.find(example().key));
  EXPECT_THAT(table.all(), IsEmpty());
  EXPECT_TRUE(table.keep(example()));
  EXPECT_TRUE(table.keep(example("other")));
  EXPECT_TRUE(table.keep(example()));
  EXPECT_EQ(folder.contents().size(), 2u) << "and nothing that was written beside them";
  ASSERT_TRUE(table.find(example().key));
  EXPECT_EQ(table.find(example().key)->chosen, "b");
  EXPECT_EQ(table.all().size(), 2u);
  TuningKey another = example().key;
  another.threads = 3;
  EXPECT_FALSE(table.find(another));
}

TEST(TuningTable, DamagedFilesAreAsIfTheyWereNotThereAndAreReplaced) {
  const Folder folder;
  const TuningTable table(folder.path());
  table.keep(example());
  const files::path file = folder.contents().front();
  for (const std::string& damage :
       {std::string(), std::string("\0\0\0", 3), std::string("convcheck tuning 2\nproblem x"),
        to_text(example("of another problem")), std::string(3 << 20, 'x')}) {
    std::ofstream(file, std::ios::binary) << damage;
    EXPECT_FALSE(table.find(example().key));
  }
  EXPECT_TRUE(table.keep(example()));
  EXPECT_TRUE(table.find(example().key));
  files::remove(file);
  files::create_directory(file);
  EXPECT_FALSE(table.find(example().key));
  EXPECT_THAT(table.all(), IsEmpty());
}

TEST(TuningTable, AFolderThatCannotBeMadeIsNoError) {
  const Folder folder;
  std::ofstream(folder.path()) << "a file";
  const TuningTable table(folder.path() + "/below");
  EXPECT_FALSE(table.keep(example()));
  EXPECT_FALSE(table.find(example().key));
  EXPECT_THAT(table.all(), IsEmpty());
  EXPECT_FALSE(TuningTable("").keep(example()));
}

TEST(TuningTable, WritersAndReadersAtTheSameTimeSeeWholeFiles) {
  const Folder folder;
  const TuningTable table(folder.path());
  table.keep(example());
  std::vector<std::thread> writers;
  for (int i = 0; i < 3; ++i) {
    writers.emplace_back([&] {
      for (int round = 0; round < 50; ++round) table.keep(example());
    });
  }
  for (int round = 0; round < 200; ++round) EXPECT_TRUE(table.find(example().key));
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(folder.contents().size(), 1u);
}

TEST(TuningKey, DependsOnTypesLayoutThreadsAndCandidates) {
  const ConvProblem problem = make_problem(Direction::Forward, {2, 3, 4}, {1, 3, 2}, {});
  const Tensor x({2, 3, 4}), w({1, 3, 2}), y({2, 1, 3});
  const Operands operands{x, w, y};
  const auto key = [&](const Operands& of, int threads, const std::vector<BackendPtr>& candidates) {
    return tuning_key(problem, of, {.threads = threads}, candidates);
  };
  const TuningKey one = key(operands, 1, {reference_backend()});
  EXPECT_EQ(one.layout, "");
  EXPECT_THAT(one.machine, Not(IsEmpty()));
  EXPECT_EQ(one, key(operands, 1, {reference_backend()}));
  EXPECT_FALSE(one == key(operands, 2, {reference_backend()}));
  EXPECT_FALSE(one == key(operands, 1, {reference_backend(), right_backend()}));
  Operands strided = operands;
  strided.x.strides = {12, 1, 3};
  EXPECT_EQ(key(strided, 1, {}).layout, "x,12,1,3");
  Operands mixed = operands;
  mixed.x.type = DataType::BF16;
  EXPECT_THAT(key(mixed, 1, {}).problem, HasSubstr("bf16"));
  EXPECT_GT(key(operands, 0, {}).threads, 0);
}

// Which plans dnn_conv may take, and how they add up: no two settings share what was measured.
TEST(TuningKey, OnADeviceDependsOnTheFlagsOfCudnn) {
  const ConvProblem problem = make_problem(Direction::Forward, {2, 3, 4}, {1, 3, 2}, {});
  const Tensor x({2, 3, 4}), w({1, 3, 2}), y({2, 1, 3});
  Operands operands{x, w, y};
  const auto key = [&](const char* setting) {
    const FlagValues before = flags().values();
    flags().set(setting);
    const TuningKey made = tuning_key(problem, operands, {.threads = 1}, {});
    flags().assign(before);
    return made;
  };
  EXPECT_EQ(key("dnn.conv.precision=float32"), key("")) << "the host has no cuDNN";
  for (TensorView* view : {&operands.x, &operands.w, &operands.y}) view->memory = MemoryKind::Cuda;
  std::vector<std::string> seen;
  for (const char* setting :
       {"", "dnn.conv.precision=as_input", "dnn.conv.precision=float16",
        "dnn.conv.precision=float32", "dnn.conv.precision=float64", "dnn.enabled=False",
        "dnn.conv.algo_fwd=time_once", "dnn.conv.algo_fwd=none"}) {
    seen.push_back(to_text(key(setting)));
    EXPECT_EQ(std::count(seen.begin(), seen.end(), seen.back()), 1) << setting;
  }
  EXPECT_EQ(key("dnn.conv.algo_bwd_data=time_once"), key("")) << "of another direction";
  EXPECT_EQ(key("dnn.conv.precision=float16"), key("dnn.conv.precision=float16"));
}

// As the version before this one wrote it.
TEST(TuningText, FilesWithoutSettingsAreNotRead) {
  const std::string text = to_text(example());
  std::string old = text;
  old.replace(old.find("tuning 2"), 8, "tuning 1");
  old.erase(old.find("settings "), std::string("settings \n").size());
  EXPECT_FALSE(read_tuning(old));
  std::string mixed = text;
  mixed.erase(mixed.find("settings "), std::string("settings \n").size());
  EXPECT_FALSE(read_tuning(mixed));
  ASSERT_TRUE(read_tuning(text));
  Tuning with = example();
  with.key.settings = "dnn.conv.precision=float16";
  ASSERT_TRUE(read_tuning(to_text(with)));
  EXPECT_EQ(read_tuning(to_text(with))->key, with.key);
}

TEST(TuningFolder, IsTheUsersCacheDirectory) {
  setenv("XDG_CACHE_HOME", "/somewhere/cache", 1);
  EXPECT_EQ(tuning_folder(), "/somewhere/cache/convcheck/tuning-2");
  setenv("HOME", "/home/me", 1);
  setenv("XDG_CACHE_HOME", "not/absolute", 1);
  EXPECT_EQ(tuning_folder(), "/home/me/.cache/convcheck/tuning-2");
  unsetenv("XDG_CACHE_HOME");
  EXPECT_EQ(tuning_folder(), "/home/me/.cache/convcheck/tuning-2");
  unsetenv("HOME");
  EXPECT_EQ(tuning_folder(), "");
}

}  // namespace
}  // namespace convcheck
