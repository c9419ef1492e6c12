// What the real cuDNN says of the descriptors that dnn_conv builds, without a device: its plans for
// one that is described. Nothing is executed. Skipped where the library is missing, or is older
// than such descriptions (9.8).
#ifndef CONVCHECK_HAVE_CUDNN

#include <gtest/gtest.h>

TEST(CudnnPlans, AreMade) { GTEST_SKIP() << "dnn_conv was not built: no headers of cuDNN 9"; }

#else

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "checker/corpus.h"
#include "checker/grids.h"
#include "checker/layout.h"
#include "fast/cudnn/graph.h"

namespace convcheck::cudnn {
namespace {

using testing::HasSubstr;

// CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR and its attribute, of which older headers do not know.
constexpr auto kDeviceType = static_cast<cudnnBackendDescriptorType_t>(38);
constexpr auto kDeviceText = static_cast<cudnnBackendAttributeName_t>(2702);
constexpr auto kCharType = static_cast<cudnnBackendAttributeType_t>(24);
constexpr std::size_t kOldest = 90800;

// An H200 (compute capability 9.0).
constexpr std::string_view kH200 = R"({
  "deviceName": "NVIDIA H200", "deviceVer": 900, "driverVer": 13000, "cudaDeviceId": 0,
  "pciDeviceId": 0, "isTccDriver": 0, "supportCoopLaunch": 1, "multiProcessorCount": 132,
  "warpSize": 32, "maxGridSize": [2147483647, 65535, 65535], "maxBlockSize": [1024, 1024, 64],
  "maxThreadsPerBlock": 1024, "maxThreadsPerSM": 2048, "maxCtasPerSM": 32, "regsPerBlock": 65536,
  "maxRegistersPerSM": 65536, "maxSharedMemoryPerBlock": 49152,
  "maxSharedMemoryPerBlockOptin": 232448, "reservedSharedMemoryPerBlock": 1024,
  "totalGlobalMem": 150000000000, "l2CacheSize": 62914560, "smClockRateKHz": 1980000,
  "memClockRateKHz": 3201000})";

std::string why_not() {
  const Cudnn& cudnn = library();
  if (!cudnn.library.reason().empty()) return "cuDNN cannot be used: " + cudnn.library.reason();
  if (cudnn.get_version() >= kOldest) return "";
  return "cuDNN " + std::to_string(cudnn.get_version()) + " makes no plans for described devices";
}

Descriptor described_device() {
  Descriptor device(kDeviceType);
  device.set(kDeviceText, kCharType, static_cast<std::int64_t>(kH200.size()), kH200.data());
  device.finalize();
  return device;
}

// Operands that have an address and nothing else.
Operands laid_out(const ConvProblem& problem, DataType type, const Layout& layout) {
  const auto view = [&](OperandName name) {
    const Placement placement = place(name, problem, type, layout.of(name));
    return TensorView{nullptr, type, placement.extents, placement.strides};
  };
  return {view(OperandName::X), view(OperandName::W), view(OperandName::Y)};
}

bool is_empty(const ConvProblem& problem) {
  return element_count(problem.x_shape()) == 0 || element_count(problem.w_shape()) == 0 ||
         element_count(problem.y_shape()) == 0;
}

// A single convolution with shared filters in one type, none of it empty.
bool is_for_cudnn(const Case& c) {
  if (c.function != Function::Conv || c.unshared || c.x_type != c.w_type || c.x_type != c.y_type) {
    return false;
  }
  return !is_empty(conv_problem(c));
}

// How a call would be passed: its plan's name, and what each way of copying that was tried before
// was refused for.
struct Answer {
  std::string plan;
  Copies copies = Copies::Needed;
  std::vector<std::string> refusals;
};

Answer ask(const Case& c, const Target& target, std::string_view precision = "as_input_f32",
           std::string_view algorithm = "none") {
  Answer answer;
  const ConvProblem problem = conv_problem(c);
  const Operands operands = laid_out(problem, c.x_type, parse_layout(c.layout));
  const Arithmetic arithmetic = arithmetic_of(c.x_type, precision);
  for (const Copies copies : kAllCopies) {
    answer.copies = copies;
    try {
      const Graph graph(arrange(problem, operands, copies), arithmetic, target);
      const GraphPlans made = plans_of(graph, arithmetic, algorithm);
      if (!made.plans.empty()) {
        answer.plan = made.plans.front().name;
        return answer;
      }
      answer.refusals.push_back("no plan " + made.failure);
    } catch (const CudnnError& error) {
      answer.refusals.emplace_back(error.what());
    }
  }
  return answer;
}

class CudnnPlans : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = why_not(); !reason.empty()) GTEST_SKIP() << reason;
    device_ = described_device();
  }
  Target target() const { return {.description = &device_}; }
  void expect_plans(const std::vector<Case>& cases, std::size_t least) {
    std::size_t asked = 0;
    for (const Case& c : cases) {
      if (!is_for_cudnn(c)) continue;
      const Answer answer = ask(c, target());
      ++asked;
      EXPECT_FALSE(answer.plan.empty())
          << to_string(c) << ": " << testing::PrintToString(answer.refusals);
      // What it refuses is a layout, and nothing else.
      if (c.layout.empty() || c.layout == "nhwc") {
        EXPECT_EQ(answer.copies, Copies::Needed)
            << to_string(c) << ": " << testing::PrintToString(answer.refusals);
      }
    }
    EXPECT_GE(asked, least);
  }

  Descriptor device_;
};

TEST_F(CudnnPlans, EveryKindOfCallHasOneThatHoldsTheClaims) {
  std::vector<Case> some;
  std::size_t number = 0;
  for (const Grid& grid : all_grids()) {
    for (const Case& c : grid.cases) {
      if (number++ % 101 == 0) some.push_back(c);  // a prime
    }
  }
  expect_plans(some, 400);
}

TEST_F(CudnnPlans, LayersOfNetworksHaveThemInEveryTypeAndDirection) {
  if (!std::ifstream(CONVCHECK_LAYERS)) GTEST_SKIP() << "the corpus of layers is not here";
  std::vector<Case> some;
  std::size_t number = 0;
  for (const Case& layer : read_cases(CONVCHECK_LAYERS)) {
    for (const DataType type : {DataType::F64, DataType::F32, DataType::F16, DataType::BF16}) {
      for (const Part part : {Part::Forward, Part::GradInputs, Part::GradWeights}) {
        for (const char* layout : {"", "nhwc"}) {
          if (number++ % 53 != 0) continue;
          Case c = layer;
          c.x_type = c.w_type = c.y_type = type;
          c.part = part;
          c.layout = layout;
          some.push_back(c);
        }
      }
    }
  }
  expect_plans(some, 300);
}

// Tensors of more than 2^31 elements and batches of more than 2^16 images among them.
TEST_F(CudnnPlans, LargeCallsHaveThemToo) {
  std::vector<Case> large;
  for (const char* line : {"conv2d.forward f32 x=64x64x1024x1024 w=64x64x3x3 border=1 noflip",
                           "conv2d.grad_inputs f16 x=64x64x1024x1024 w=64x64x3x3 border=1",
                           "conv2d.grad_weights bf16 x=64x64x1024x1024 w=64x64x3x3 border=1",
                           "conv3d.forward f64 x=16x64x128x256x256 w=8x64x3x3x3 noflip",
                           "conv2d.grad_weights f32 x=300000x1x9x9 w=1x1x3x3 noflip",
                           "conv2d.forward f32 x=2x3000000x3x3 w=3000000x1x3x3 groups=3000000",
                           "conv1d.forward f32 x=1x1x2000000000 w=1x1x5"}) {
    large.push_back(read_case(line));
  }
  expect_plans(large, large.size());
}

// Pads that are even, layouts that it takes and filters that it flips itself.
TEST_F(CudnnPlans, NothingIsCopiedThatItTakesAsItIs) {
  for (const char* line :
       {"conv2d.forward f32 x=2x4x9x8 w=6x2x3x2 border=1,2 groups=2",
        "conv2d.grad_inputs f32 x=2x4x9x8 w=6x2x3x2 border=1 subsample=2 groups=2 noflip",
        "conv2d.grad_weights f16 x=2x8x9x8 w=16x8x3x3 border=1 dilation=2 layout=nhwc",
        "conv3d.forward bf16 x=1x8x5x6x7 w=8x8x3x3x3 border=half",
        "conv1d.forward f64 x=2x3x17 w=4x3x5 subsample=3",
        "conv2d.forward f32 x=2x4x9x8 w=6x4x3x2 layout=x-subview,y-subview"}) {
    const Answer answer = ask(read_case(line), target());
    EXPECT_FALSE(answer.plan.empty()) << line;
    EXPECT_EQ(answer.copies, Copies::Needed)
        << line << ": " << testing::PrintToString(answer.refusals);
  }
}

TEST_F(CudnnPlans, WhatItRefusesIsCopied) {
  for (const char* line : {"conv2d.forward f32 x=2x4x9x8 w=6x4x3x2 layout=x-reversed",
                           "conv2d.grad_inputs f32 x=2x4x9x8 w=6x4x3x2 layout=w-gaps",
                           "conv2d.grad_weights f32 x=2x4x9x8 w=6x4x3x2 layout=w-subview"}) {
    const Answer answer = ask(read_case(line), target());
    EXPECT_FALSE(answer.plan.empty()) << line;
    EXPECT_EQ(answer.copies, Copies::All) << line;
  }
}

// dnn.conv.precision: sums as long as the operands or in f32, and f16 sums of a forward call.
TEST_F(CudnnPlans, PrecisionsThatItDoesNotHaveAreRefused) {
  const auto has = [&](const char* line, std::string_view precision) {
    return !ask(read_case(line), target(), precision).plan.empty();
  };
  EXPECT_TRUE(has("conv2d.forward f16 x=2x8x9x8 w=16x8x3x3", "float16"));
  EXPECT_TRUE(has("conv2d.forward f16 x=2x8x9x8 w=16x8x3x3", "float32"));
  EXPECT_TRUE(has("conv2d.forward f64 x=2x8x9x8 w=16x8x3x3", "float64"));
  EXPECT_FALSE(has("conv2d.forward f64 x=2x8x9x8 w=16x8x3x3", "float32"));
  EXPECT_FALSE(has("conv2d.forward f32 x=2x8x9x8 w=16x8x3x3", "float16"));
  EXPECT_FALSE(has("conv2d.forward f32 x=2x8x9x8 w=16x8x3x3", "float64"));
}

// It says again what it was told, and so knows it when all other descriptors have been destroyed.
TEST_F(CudnnPlans, SayOfTheCallWhatItIs) {
  const auto plan_of = [&](const char* line) {
    const Case c = read_case(line);
    const ConvProblem problem = conv_problem(c);
    const Arithmetic arithmetic = arithmetic_of(c.x_type, "as_input_f32");
    const Graph graph(arrange(problem, laid_out(problem, c.x_type, Layout{}), Copies::Needed),
                      arithmetic, target());
    return std::move(plans_of(graph, arithmetic, "none").plans.front());
  };
  const auto said = [](const GraphPlan& plan) {
    std::string text(1 << 16, ' ');
    text.resize(static_cast<std::size_t>(
        plan.plan.get(CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION, kCharType,
                      static_cast<std::int64_t>(text.size()), text.data())));
    text.erase(std::remove_if(text.begin(), text.end(), [](char one) { return one == ' '; }),
               text.end());
    return text;
  };
  const std::string convolution = said(plan_of(
      "conv2d.forward f16 x=2x4x9x8 w=6x2x3x2 border=1,2 subsample=2x1 dilation=1x3 groups=2"));
  for (const char* text :
       {R"("mode":"CUDNN_CONVOLUTION")", R"("mathPrec":"CUDNN_DATA_FLOAT")", R"("pad":[1,2])",
        R"("stride":[2,1])", R"("dilation":[1,3])", R"("alpha":1.0)", R"("beta":0.0)",
        R"("X":"120")", R"("W":"119")", R"("Y":"121")", R"("dim":[6,2,3,2])",
        R"("dataType":"CUDNN_DATA_HALF")", R"("ptrAlignment":16)"}) {
    EXPECT_THAT(convolution, HasSubstr(text));
  }
  EXPECT_THAT(said(plan_of("conv2d.grad_weights f64 x=2x4x9x8 w=6x4x3x2 noflip")),
              testing::AllOf(HasSubstr(R"("mode":"CUDNN_CROSS_CORRELATION")"),
                             HasSubstr(R"("mathPrec":"CUDNN_DATA_DOUBLE")"),
                             HasSubstr("CONVOLUTION_BACKWARD_FILTER")));
}

// What the descriptors say is looked at: an output that does not follow from the rest is refused.
TEST_F(CudnnPlans, AnOutputThatIsTooLargeIsRefused) {
  const ConvProblem problem = conv_problem(read_case("conv2d.forward f32 x=2x4x9x8 w=6x4x3x2"));
  Arrangement wrong = arrange(problem, laid_out(problem, DataType::F32, Layout{}), Copies::Needed);
  wrong.y.extents[3] += 1;
  try {
    const Graph graph(wrong, Arithmetic{}, target());
    FAIL() << "it was taken";
  } catch (const CudnnError& error) {
    EXPECT_TRUE(error.is_refusal()) << error.what();
    EXPECT_THAT(error.what(), HasSubstr("BAD_PARAM"));
  }
}

}  // namespace
}  // namespace convcheck::cudnn

#endif
