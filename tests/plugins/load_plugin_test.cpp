#include "checker/load_plugin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/unit/planted_backend.h"

namespace convcheck {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string test_plugin(const std::string& name) {
  return std::string(CONVCHECK_TEST_PLUGINS) + "/" + name + ".so";
}

std::string refusal_of(const std::string& path) {
  try {
    load_plugin(path);
  } catch (const ConvError& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Unsupported);
    return error.what();
  }
  return "loaded";
}

// A folder of its own, which is gone at the end.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "plugins.XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::filesystem::path operator/(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

TEST(LoadPlugin, TheExampleIsABackendThatKnowsItsPath) {
  const std::string path = std::string(CONVCHECK_EXAMPLES) + "/libdirect.so";
  const BackendPtr backend = load_plugin(path);
  EXPECT_EQ(backend->name(), "direct-c");
  EXPECT_EQ(plugin_path(*backend), path);
  EXPECT_TRUE(backend->claims().deterministic_across_threads);
  EXPECT_EQ(plugin_path(*right_backend()), "");
}

TEST(LoadPlugin, APathWithoutASlashIsAFileOfTheWorkingDirectory) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(CONVCHECK_EXAMPLES);
  EXPECT_EQ(load_plugin("libdirect.so")->name(), "direct-c");
  EXPECT_THAT(refusal_of("libc.so.6"), HasSubstr("plugin = libc.so.6: expected a file"));
  std::filesystem::current_path(before);
}

TEST(LoadPlugin, WhatIsNoSharedObjectIsRefusedByName) {
  const Folder folder;
  EXPECT_THAT(refusal_of(""), HasSubstr("plugin = '': expected the path of a shared object"));
  EXPECT_THAT(refusal_of(folder / "none.so"), AllOf(HasSubstr("none.so"), HasSubstr("No such")));
  EXPECT_THAT(refusal_of(folder / "."), HasSubstr("it is a folder"));
  std::ofstream(folder / "text.so") << "not a shared object\n";
  EXPECT_THAT(refusal_of(folder / "text.so"), AllOf(HasSubstr("text.so"), HasSubstr("loaded")));
  std::ofstream(folder / "empty.so").close();
  EXPECT_THAT(refusal_of(folder / "empty.so"), AllOf(HasSubstr("empty.so"), HasSubstr("loaded")));
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(refusal_of(folder / "pipe"), HasSubstr("no regular file"));
  EXPECT_THAT(refusal_of(std::string(10000, 'a')), HasSubstr("too long"));
}

TEST(LoadPlugin, ATruncatedSharedObjectIsRefusedWhereverItEnds) {
  const Folder folder;
  std::ifstream whole(test_plugin("null_run"), std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(whole), {});
  ASSERT_GT(bytes.size(), 4096u);
  // The last part, names and places of sections, is nothing that is loaded.
  for (const std::size_t length : {4, 63, 64, 100, 600, 4095, 4096, 5000}) {
    const std::filesystem::path part = folder / ("part." + std::to_string(length)).c_str();
    std::ofstream(part, std::ios::binary) << bytes.substr(0, length);
    EXPECT_THAT(refusal_of(part), AllOf(HasSubstr(part.filename()), HasSubstr("expected a")));
  }
}

TEST(LoadPlugin, ASharedObjectThatIsNoPluginIsRefusedWithTheReason) {
  EXPECT_THAT(refusal_of(test_plugin("no_symbol")),
              AllOf(HasSubstr("no_symbol.so"), HasSubstr("exports convcheck_plugin")));
  EXPECT_THAT(refusal_of(test_plugin("returns_null")),
              AllOf(HasSubstr("returns_null.so"), HasSubstr("convcheck_plugin() returned NULL")));
  EXPECT_THAT(refusal_of(test_plugin("wrong_version")),
              AllOf(HasSubstr("wrong_version.so: abi_version = 7"), HasSubstr("expected 1")));
  EXPECT_THAT(refusal_of(test_plugin("null_run")), HasSubstr("null_run.so: run = NULL"));
}

}  // namespace
}  // namespace convcheck
