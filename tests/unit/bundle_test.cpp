#include "checker/bundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "checker/debug_mode.h"
#include "checker/fill.h"
#include "tests/unit/planted_backend.h"

namespace convcheck {
namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder() {
    std::string name = fs::temp_directory_path() / "bundle-XXXXXX";
    path_ = mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path_); }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(path_), fs::directory_iterator()));
  }
  std::string string() const { return path_.string(); }

 private:
  fs::path path_;
};

Bundle example() {
  Bundle bundle;
  bundle.texts = {{"case", "conv2d.forward f16 x=2x3x5x6 w=4x3x3x3 fill=real"},
                  {"report", "two\nlines"},
                  {"cut_from", ""}};
  bundle.x = Tensor({2, 3, 5, 6}, DataType::F16);
  bundle.w = Tensor({4, 3, 3, 3}, DataType::F16);
  bundle.y = Tensor({2, 4, 3, 4}, DataType::F16);
  bundle.x.set({1, 2, 3, 4}, 0.25);
  bundle.has_operands = true;
  return bundle;
}

std::string contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

TEST(PlainBundle, ReadingIsTheInverseOfWriting) {
  const Folder folder;
  const Bundle bundle = example();
  write_plain_bundle(folder / "a.bundle", bundle);
  const Bundle read = read_plain_bundle(folder / "a.bundle");
  EXPECT_EQ(read.texts, bundle.texts);
  ASSERT_TRUE(read.has_operands);
  EXPECT_EQ(read.x.type(), DataType::F16);
  EXPECT_EQ(read.x.values(), bundle.x.values());
  EXPECT_EQ(read.y.shape(), bundle.y.shape());
  EXPECT_EQ(to_string(bundle_case(read)), bundle.text("case"));
  EXPECT_EQ(folder.files(), 1u);
}

TEST(PlainBundle, EveryTruncationAndEveryFalseHeaderIsRefused) {
  const Folder folder;
  write_plain_bundle(folder / "a.bundle", example());
  const std::string whole = contents(folder / "a.bundle");
  for (std::size_t size = 0; size < whole.size(); size += 1 + size / 50) {
    std::ofstream(folder / "b.bundle", std::ios::binary) << whole.substr(0, size);
    EXPECT_THROW(read_plain_bundle(folder / "b.bundle"), BundleError) << size;
  }
  for (const char* text : {"", "convcheck bundle 2\nend\n", "convcheck bundle 1\nend\nmore",
                           "convcheck bundle 1\ntext a 9223372036854775807\nx\nend\n",
                           "convcheck bundle 1\ntext a -1\n\nend\n",
                           "convcheck bundle 1\ntensor q f32 1 4\n1234\nend\n",
                           "convcheck bundle 1\ntensor x f32 1 4\n1234\nend\n",
                           "convcheck bundle 1\ntensor x f99 1 4\n1234\nend\n",
                           "convcheck bundle 1\ntensor x f32 4294967296x4294967296 4\n1234\nend\n",
                           "convcheck bundle 1\ntensor x f32 -1 4\n1234\nend\n"}) {
    std::ofstream(folder / "b.bundle", std::ios::binary) << text;
    EXPECT_THROW(read_plain_bundle(folder / "b.bundle"), BundleError) << text;
  }
  EXPECT_THROW(read_plain_bundle(folder / "none.bundle"), BundleError);
}

TEST(BundleCase, OperandsThatAreNotTheCasesAreRefused) {
  Bundle bundle = example();
  bundle.x = Tensor({2, 3, 5, 7}, DataType::F16);
  EXPECT_THROW(bundle_case(bundle), BundleError);
  bundle = example();
  bundle.texts["case"] = "conv2d.forwards";
  EXPECT_THROW(bundle_case(bundle), BundleError);
}

TEST(CutAround, ThePartGivesTheSameElement) {
  for (const Direction direction : kAllDirections) {
    for (const bool unshared : {false, true}) {
      ConvProblem problem;
      problem.direction = direction;
      problem.batch = 3;
      problem.channels = 4;
      problem.filters = 6;
      problem.groups = 2;
      problem.unshared = unshared;
      problem.windows[0] = {5, 3, 1, 1, 1, 1};
      problem.windows[1] = {6, 2, 2, 1, 0, 1};
      const Tensor x(problem.x_shape()), w(problem.w_shape()), y(problem.y_shape());
      const Operands operands{x, w, y};
      const CallTypes types;
      Data data = make_data(problem, types, Fill::Real, 3);
      write_inputs(data, direction, operands);
      compute_right(problem, operands);
      const TensorView& result = operands.result(direction);
      Index at(result.rank(), 0);
      do {
        const CutCall cut = cut_around(problem, operands, at);
        check_call(cut.problem, cut.operands);
        const TensorView& part = cut.operands.result(direction);
        bool found = false;
        Index inner(part.rank(), 0);
        do {
          if (part.address(inner) != result.address(at)) continue;
          found = true;
          EXPECT_EQ(result_at(cut.problem, cut.operands, inner).value,
                    result_at(problem, operands, at).value);
        } while (advance(inner, part.extents));
        EXPECT_TRUE(found) << to_string(problem);
      } while (advance(at, result.extents));
    }
  }
}

// A call whose result is wrong, under settings; the violation.
DebugViolation wrong_call(DebugSession& session, const DebugSettings& settings) {
  const ConvProblem problem = make_problem(Direction::Forward, {2, 3, 5, 6}, {4, 3, 3, 3}, {});
  const Tensor x(problem.x_shape()), w(problem.w_shape());
  Tensor y(problem.y_shape());
  y.set({1, 2, 0, 0}, 3);
  DebugOptions options;
  options.settings = settings;
  options.settings.action = DebugAction::Callback;
  options.settings.report = false;
  options.session = &session;
  return verify(problem, {x, w, y}, options).violations.at(0);
}

TEST(DebugModeBundles, AreWrittenUpToTheirNumberAndCutAboveTheirSize) {
  const Folder folder;
  DebugSession session;
  DebugSettings settings;
  settings.bundles = folder / "new/folder";
  settings.bundle_limit = 2;
  const DebugViolation whole = wrong_call(session, settings);
  EXPECT_NE(whole.text.find("convcheck replay " + whole.bundle), std::string::npos);
  EXPECT_EQ(read_plain_bundle(whole.bundle).y.at({1, 2, 0, 0}), 3);
  settings.bundle_bytes = 1000;
  const Bundle cut = read_plain_bundle(wrong_call(session, settings).bundle);
  EXPECT_EQ(cut.text("case"), "conv2d.forward f32 x=1x3x5x6 w=1x3x3x3 fill=real");
  EXPECT_EQ(cut.text("cut_from"), "conv2d.forward f32 x=2x3x5x6 w=4x3x3x3 fill=real");
  EXPECT_EQ(cut.y.at({0, 0, 0, 0}), 3);
  EXPECT_EQ(wrong_call(session, settings).bundle, "not written: there are 2 already");
}

TEST(DebugModeBundles, OperandsAboveTheLimitEvenWhenCutAreLeftOut) {
  const Folder folder;
  DebugSession session;
  DebugSettings settings;
  settings.bundles = folder.string();
  settings.bundle_bytes = 10;
  const Bundle bundle = read_plain_bundle(wrong_call(session, settings).bundle);
  EXPECT_FALSE(bundle.has_operands);
  EXPECT_NE(bundle.text("report").find("expected 0   got 3"), std::string::npos);
  EXPECT_NE(bundle.text("environment").find("processor "), std::string::npos);
}

TEST(DebugModeBundles, TroubleIsToldAndLosesNothing) {
  const Folder folder;
  std::ofstream(folder / "file") << "no folder";
  for (const std::string& bundles :
       {folder / "file", folder / "file/below", std::string("/proc/x")}) {
    DebugSession session;
    DebugSettings settings;
    settings.bundles = bundles;
    const DebugViolation violation = wrong_call(session, settings);
    EXPECT_EQ(violation.bundle.rfind("not written: ", 0), 0u) << violation.bundle;
    EXPECT_NE(violation.text.find("expected 0   got 3"), std::string::npos);
    EXPECT_NE(violation.text.find("bundle   not written: "), std::string::npos);
  }
}

TEST(DebugModeBundles, AFullDiskLeavesNoFileAndLosesNothing) {
  const Folder folder;
  DebugSession session;
  DebugSettings settings;
  settings.bundles = folder.string();
  set_bundle_format({".bundle", [](const std::string& path, const Bundle&) {
                       write_atomically(path, [](const std::string& beside) {
                         std::ofstream(beside) << "half";
                         throw std::runtime_error("No space left on device");
                       });
                     }});
  const DebugViolation violation = wrong_call(session, settings);
  set_bundle_format({});
  EXPECT_NE(violation.bundle.find("No space left on device"), std::string::npos);
  EXPECT_EQ(folder.files(), 0u);
}

}  // namespace
}  // namespace convcheck
