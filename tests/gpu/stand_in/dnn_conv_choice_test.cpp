// What dnn_conv chooses of the engines of the stand-in for cuDNN, most of which are wrong to
// choose, and what it does where that library refuses.

#include <cuda_runtime_api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <optional>
#include <thread>

#include "checker/corpus.h"
#include "checker/cuda/cuda_device.h"
#include "checker/device/device.h"
#include "checker/layout.h"
#include "fast/choice.h"
#include "fast/cudnn/dnn_conv.h"
#include "fast/cudnn/every_plan.h"
#include "fast/cudnn/time_plans.h"
#include "fast/flags.h"
#include "fast/tuning.h"
#include "reference/loops.h"

namespace convcheck {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr std::size_t k64MiB = std::size_t{64} << 20;

// A case with small integers in the host's memory, and room for it in the device's.
class Call {
 public:
  explicit Call(const char* line) : problem_(conv_problem(read_case(line))) {
    const Case c = read_case(line);
    const Layout layout = parse_layout(c.layout);
    host_ = {allocate(x_, OperandName::X, problem_, c.x_type, layout),
             allocate(w_, OperandName::W, problem_, c.x_type, layout),
             allocate(y_, OperandName::Y, problem_, c.x_type, layout)};
    std::int64_t number = 1;
    for (const Tensor* one : {&x_, &w_, &y_}) {
      for (std::int64_t i = 0; i < one->size(); ++i) {
        number = (number * 1103515245 + 12345) % 2147483648;
        store(c.x_type, static_cast<std::byte*>(one->view().data) + offset(*one, i),
              static_cast<double>(number % 5) - 2);
      }
    }
    device_ = {there(x_, host_.x), there(w_, host_.w), there(y_, host_.y)};
  }

  const ConvProblem& problem() const { return problem_; }
  const Operands& operands() const { return device_; }
  std::size_t workspace_bytes() const {
    return dnn_conv_backend()->workspace_bytes(problem_, device_, {});
  }
  // Runs it; whether the result is the definition's.
  bool is_right(void* stream = device_in_use()->stream(),
                const BackendPtr& backend = dnn_conv_backend()) {
    run(*backend, problem_, device_, {.stream = stream});
    const Tensor& owner = problem_.direction == Direction::Forward      ? y_
                          : problem_.direction == Direction::GradInputs ? x_
                                                                        : w_;
    const TensorView result = host_.result(problem_.direction);
    device_in_use()->copy_to_host(owner.view().data, start(owner), bytes(owner), stream);
    const std::vector<double> got = Tensor::copy_of(result).values();
    compute_by_loops(problem_, host_);
    return got == Tensor::copy_of(result).values();
  }

 private:
  static std::size_t offset(const Tensor& tensor, std::int64_t element) {
    return static_cast<std::size_t>(element) * size_of(tensor.type());
  }
  static std::size_t bytes(const Tensor& tensor) { return offset(tensor, tensor.size()); }
  void* start(const Tensor& tensor) const {
    return memory_[&tensor == &x_ ? 0 : &tensor == &w_ ? 1 : 2].data();
  }
  TensorView there(const Tensor& owner, TensorView view) {
    const DevicePtr device = device_in_use();
    memory_.emplace_back(device, bytes(owner));
    device->copy_to_device(memory_.back().data(), owner.view().data, bytes(owner),
                           device->stream());
    view.data = memory_.back().data() +
                (static_cast<std::byte*>(view.data) - static_cast<std::byte*>(owner.view().data));
    view.memory = MemoryKind::Cuda;
    return view;
  }

  ConvProblem problem_;
  Tensor x_, w_, y_;
  Operands host_, device_;
  std::vector<device::Memory> memory_;
};

class DnnConvChoice : public testing::Test {
 protected:
  void SetUp() override {
    // Of this run alone: what an earlier one measured is not asked for.
    static const std::string folder =
        testing::TempDir() + "choice_test." + std::to_string(getpid());
    setenv("XDG_CACHE_HOME", folder.c_str(), 1);
    use_cuda_device();
    ASSERT_NE(device_in_use(), nullptr) << why_no_device();
    ASSERT_EQ(why_no_cudnn(), "");
    before_ = flags().values();
  }
  void TearDown() override { flags().assign(before_); }
  static void TearDownTestSuite() { std::filesystem::remove_all(std::getenv("XDG_CACHE_HOME")); }
  void use(const char* algorithm) {
    flags().assign(before_);
    flags().set(std::string("dnn.conv.algo_fwd=") + algorithm);
  }

  FlagValues before_;
};

// "engine 67+tf32": with the claims that it breaks.
std::vector<std::string> plans(const char* line) {
  const Call call(line);
  std::vector<std::string> names;
  for (const CudnnPlan& one : every_cudnn_plan(call.problem(), call.operands())) {
    names.push_back(one.backend->name() + one.broken);
    const std::string before = "dnn_conv by ";
    EXPECT_EQ(names.back().rfind(before, 0), 0u);
    names.back().erase(0, before.size());
  }
  return names;
}

TEST_F(DnnConvChoice, IsOfThosePlansThatHoldTheClaims) {
  EXPECT_THAT(plans("conv2d.forward f32 x=2x4x9x8 w=6x4x3x3"),
              ElementsAre("engine 68+tf32", "engine 67+tf32", "engine 5+transforms",
                          "engine 4+transforms", "engine 25+nondeterministic", "engine 67+tf32",
                          "engine 70", "engine 0", "engine 25+nondeterministic", "engine 0"));
  EXPECT_THAT(plans("conv2d.forward f16 x=2x4x9x8 w=6x4x3x2"),
              ElementsAre("engine 67", "engine 4+transforms", "engine 25+nondeterministic",
                          "engine 47+short_sums", "engine 67", "engine 70", "engine 0",
                          "engine 25+nondeterministic", "engine 0"));
  EXPECT_THAT(
      plans("conv2d.forward f64 x=2x4x9x8 w=6x4x3x2"),
      ElementsAre("engine 68+rounded_inputs", "engine 4+transforms", "engine 25+nondeterministic",
                  "engine 70", "engine 0", "engine 25+nondeterministic", "engine 0"));
}

// Also where operands are copied first.
TEST_F(DnnConvChoice, IsOfPlansThatAreRightByThemselves) {
  int ran = 0;
  for (const char* line : {"conv2d.grad_inputs f32 x=2x4x9x8 w=6x4x3x3 border=(1,2),0",
                           "conv2d.forward f64 x=2x3x5x4 w=3x3x2x2 layout=x-subview"}) {
    Call call(line);
    for (const CudnnPlan& one : every_cudnn_plan(call.problem(), call.operands())) {
      if (!one.broken.empty()) continue;
      EXPECT_TRUE(call.is_right(device_in_use()->stream(), one.backend))
          << line << " " << one.backend->name();
      ++ran;
    }
  }
  EXPECT_EQ(ran, 6);
}

TEST_F(DnnConvChoice, FallsBackWhereHeuristicsHaveNothing) {
  EXPECT_THAT(plans("conv3d.forward f64 x=1x2x4x5x4 w=3x2x2x3x2"),
              ElementsAre("engine 25+nondeterministic", "engine 0"));
  Call depthwise("conv2d.grad_inputs f32 x=2x3x7x6 w=3x1x3x3 groups=3");
  EXPECT_TRUE(depthwise.is_right());
}

TEST_F(DnnConvChoice, IsByWorkspace) {
  constexpr const char* kHungry = "conv2d.forward f32 x=7x2x5x4 w=3x2x2x2 noflip";
  use("large");
  EXPECT_GT(Call(kHungry).workspace_bytes(), k64MiB);
  EXPECT_TRUE(Call(kHungry).is_right());
  use("small");
  EXPECT_GT(Call(kHungry).workspace_bytes(), 0u);
  EXPECT_LT(Call(kHungry).workspace_bytes(), k64MiB);
  EXPECT_TRUE(Call(kHungry).is_right());
  use("none");
  EXPECT_EQ(Call(kHungry).workspace_bytes(), 0u);
  EXPECT_TRUE(Call(kHungry).is_right());
}

// The first in the list is the fastest and wrong, and no note says so.
TEST_F(DnnConvChoice, ByTimeIsOfPlansThatAreRight) {
  constexpr const char* kLiar = "conv2d.forward f32 x=11x8x15x14 w=5x8x2x2 noflip";
  use("large");
  EXPECT_FALSE(Call(kLiar).is_right()) << "or this test shows nothing";
  for (const char* algorithm : {"time_once", "time_on_shape_change"}) {
    use(algorithm);
    EXPECT_TRUE(Call(kLiar).is_right()) << algorithm;
  }
}

// The tuning of a problem, as a later process reads it.
Tuning kept_for(const ConvProblem& problem) {
  for (const Tuning& one : TuningTable(tuning_folder()).all()) {
    if (one.key.problem == to_string(make_case(problem, DataType::F32))) return one;
  }
  return {};
}

TEST_F(DnnConvChoice, ByTimeOnceIsReadFromTheTuningCache) {
  const Call call("conv2d.forward f32 x=2x8x9x14 w=5x8x2x2 noflip");
  const cudnn::Arithmetic arithmetic{DataType::F32, DataType::F32};
  const cudnn::Arrangement arrangement =
      cudnn::arrange(call.problem(), call.operands(), cudnn::Copies::Needed);
  const cudnn::Graph graph(arrangement, arithmetic, cudnn::Target::current());
  const cudnn::GraphPlans made = cudnn::plans_of(graph, arithmetic, "time_once");
  ASSERT_EQ(made.plans.size(), 3u);
  const auto fastest = [&] {
    return cudnn::fastest_plan(made.plans,
                               {call.problem(), call.operands(), arrangement, arithmetic}, true);
  };
  const std::optional<std::size_t> measured = fastest();
  ASSERT_TRUE(measured);
  Tuning kept = kept_for(call.problem());
  ASSERT_EQ(kept.timings.size(), 3u);
  EXPECT_EQ(kept.chosen, kept.timings[*measured].backend);
  const std::size_t other = (*measured + 1) % 3;
  kept.chosen = kept.timings[other].backend;
  ASSERT_TRUE(TuningTable(tuning_folder()).keep(kept));
  EXPECT_EQ(fastest(), other) << "it was measured again";
}

TEST_F(DnnConvChoice, NotesWhatTheLibraryNoLongerOffers) {
  Choice choice;
  const ChoiceListener listener(choice);
  use("fft");
  EXPECT_TRUE(Call("conv2d.forward f32 x=2x4x9x8 w=6x4x3x3").is_right());
  EXPECT_THAT(choice.why, HasSubstr("fft: a transform"));
}

// And says no more than that: nothing was tried that it did not offer.
TEST_F(DnnConvChoice, RefusesWhatNoPlanDoes) {
  flags().set("dnn.conv.precision=float64");
  const Call call("conv2d.forward f32 x=2x4x9x8 w=6x4x3x3");
  const Support support = dnn_conv_backend()->supports(call.problem(), call.operands());
  EXPECT_FALSE(support);
  EXPECT_EQ(support.reason,
            "cuDNN has no plan that is a deterministic classical sum in its precision");
}

// The stand-in convolves no inputs with gaps, and pads no dilated volumes.
TEST_F(DnnConvChoice, CopiesWhereTheLibraryRefuses) {
  for (const char* line : {"conv2d.forward f32 x=2x3x5x4 w=3x3x2x2 layout=x-subview",
                           "conv2d.grad_weights f64 x=2x3x5x4 w=3x3x2x2 layout=x-gaps",
                           "conv3d.grad_inputs f32 x=1x2x4x5x4 w=3x2x2x3x2 border=1 dilation=2"}) {
    Call call(line);
    EXPECT_GT(call.workspace_bytes(), 0u) << line;
    EXPECT_TRUE(call.is_right()) << line;
  }
  Call taken("conv2d.forward f32 x=2x3x5x4 w=3x3x2x2 layout=x-subview noflip");
  use("none");
  EXPECT_EQ(taken.workspace_bytes(), 0u);
  EXPECT_TRUE(taken.is_right());
}

TEST_F(DnnConvChoice, AWorkspaceThatIsTooSmallIsAnError) {
  use("small");
  const Call call("conv2d.forward f32 x=2x4x9x8 w=6x4x3x3");
  ASSERT_GT(call.workspace_bytes(), 0u);
  try {
    dnn_conv_backend()->run(call.problem(), call.operands(), {}, {});
    FAIL() << "it ran";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("a workspace of 0 bytes, needs"));
  }
}

// They share the handle, and its stream.
TEST_F(DnnConvChoice, ThreadsWithStreamsOfTheirOwnAreAllRight) {
  constexpr int kThreads = 4, kCalls = 8;
  std::vector<std::thread> threads;
  std::vector<int> right(kThreads, 0);
  for (int number = 0; number < kThreads; ++number) {
    threads.emplace_back([&, number] {
      cudaStream_t stream = nullptr;
      cudaStreamCreate(&stream);
      try {
        for (int i = 0; i < kCalls; ++i) {
          right[static_cast<std::size_t>(number)] +=
              Call("conv2d.forward f32 x=2x4x9x8 w=6x4x3x3 border=(0,1),0").is_right(stream);
        }
      } catch (const std::exception& error) {
        ADD_FAILURE() << error.what();
      }
      cudaStreamDestroy(stream);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(right, testing::Each(kCalls));
}

}  // namespace
}  // namespace convcheck
