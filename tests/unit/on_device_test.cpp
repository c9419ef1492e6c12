// Backends for device memory under the rules of the suite, with the host as their device.
#include "checker/device/on_device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checker/corpus.h"
#include "checker/rules/all_rules.h"
#include "checker/rules/value.h"
#include "checker/run_case.h"
#include "checker/unit_runner.h"
#include "checker/verify.h"
#include "tests/unit/host_as_device.h"
#include "tests/unit/planted_backend.h"

namespace convcheck {
namespace {

using testing::HasSubstr;

constexpr std::size_t kWorkspace = 200;

// Computes the definition in device memory, and then does something wrong.
class Kernel final : public Backend {
 public:
  using Mistake = std::function<void(const Operands&, std::span<std::byte> workspace)>;

  explicit Kernel(std::shared_ptr<const HostAsDevice> device, Mistake mistake = {})
      : device_(std::move(device)), mistake_(std::move(mistake)) {}

  std::string name() const override { return "kernel"; }
  DataType accumulator(DataType type) const override {
    return type == DataType::F64 ? DataType::F64 : DataType::F32;
  }
  Claims claims() const override { return {}; }
  Support supports(const ConvProblem& problem, const Operands& operands) const override {
    if (operands.x.memory != MemoryKind::Cuda)
      return Support::no("host memory, needs device memory");
    if (problem.unshared) return Support::no("unshared filters");
    return Support::yes();
  }
  std::size_t workspace_bytes(const ConvProblem&, const Operands&,
                              const RunContext&) const override {
    return kWorkspace;
  }
  void run(const ConvProblem& problem, const Operands& operands, std::span<std::byte> workspace,
           const RunContext& context) const override {
    EXPECT_EQ(context.stream, device_->stream());
    EXPECT_TRUE(device_->owns(workspace.data(), workspace.size()));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(workspace.data()) % 64, 0u);
    for (const TensorView* view : {&operands.x, &operands.w, &operands.y}) {
      EXPECT_TRUE(device_->owns(view->data, 0));
    }
    std::memset(workspace.data(), 1, workspace.size());
    device_->launch(device::sum_work(problem, operands), operands.result(problem.direction).size(),
                    context.stream);
    if (mistake_) mistake_(operands, workspace);
  }

 private:
  std::shared_ptr<const HostAsDevice> device_;
  Mistake mistake_;
};

class OnDevice : public testing::Test {
 protected:
  // The verdicts of all rules on one case, by name.
  std::map<std::string, Verdict> verdicts(const BackendPtr& backend, const char* line,
                                          const std::vector<Rule>& rules = all_rules()) const {
    const Subjects subjects{.backends = {backend}, .rules = rules};
    std::vector<Unit> units;
    for (std::size_t rule = 0; rule < subjects.rules.size(); ++rule) units.push_back({0, rule});
    std::map<std::string, Verdict> all;
    in_process_runner(subjects)->run(read_case(line), units, [&](const UnitResult& result) {
      all[subjects.rules[result.unit.rule].name] = result.verdict;
    });
    return all;
  }
  BackendPtr kernel(Kernel::Mistake mistake = {}) const {
    return std::make_shared<Kernel>(device_, std::move(mistake));
  }

  std::shared_ptr<const HostAsDevice> device_ = std::make_shared<HostAsDevice>();
  DeviceInUse in_use_{device_};
};

constexpr const char* kLine = "conv2d.forward f32 x=2x3x6x7 w=4x3x3x2 border=1,(0,2)";

std::byte* end_of(const TensorView& view) {
  return static_cast<std::byte*>(view.data) + view.size() * std::int64_t(size_of(view.type));
}

TEST_F(OnDevice, ARightKernelPassesEveryRuleThatAppliesAndGivesItsMemoryBack) {
  for (const char* line :
       {kLine, "conv2d.grad_inputs f64 x=2x4x6x7 w=6x2x3x2 groups=2 layout=nhwc",
        "conv1d.grad_weights f16 x=3x2x9 w=3x2x4 dilation=2 layout=gaps,reversed",
        "conv3d.forward bf16 x=1x2x4x5x4 w=3x2x2x3x2 subsample=2x1x2 fill=real"}) {
    for (const auto& [rule, verdict] : verdicts(kernel(), line)) {
      EXPECT_EQ(verdict.outcome, Outcome::Passed) << line << " " << rule << ": " << verdict.reason;
    }
  }
  EXPECT_EQ(device_->live(), 0u);
}

constexpr const char* kProjected = "conv2d.forward f32 x=8x16x10x12 w=32x16x3x3 border=1";

TEST_F(OnDevice, ALargeResultIsProjectedWhereItLies) {
  const Verdict right = verdicts(kernel(), kProjected, {value_rule()}).at("value");
  EXPECT_EQ(right.outcome, Outcome::Passed);
  EXPECT_THAT(right.note, HasSubstr("every element by exact projection on host, "));
  const Verdict wrong =
      verdicts(kernel([](const Operands& of, auto) { static_cast<float*>(of.y.data)[4321] += 1; }),
               kProjected, {value_rule()})
          .at("value");
  EXPECT_EQ(wrong.outcome, Outcome::Failed);
  ASSERT_TRUE(wrong.worst);
  EXPECT_EQ(wrong.worst->wrong, 1);
  EXPECT_EQ(device_->live(), 0u);
}

TEST_F(OnDevice, ADeviceThatDisagreesWithTheHostIsBroken) {
  class Forgetful final : public HostAsDevice {
   public:
    using HostAsDevice::launch;
    void launch(const device::ProjectionWork<std::uint64_t>& work, void* stream) const override {
      HostAsDevice::launch(work, stream);
      work.operands[0].to[3] += 1;
    }
  };
  device_ = std::make_shared<Forgetful>();
  const DeviceInUse other(device_);
  const Verdict verdict = verdicts(kernel(), kProjected, {value_rule()}).at("value");
  EXPECT_EQ(verdict.outcome, Outcome::Broken);
  EXPECT_THAT(verdict.reason, HasSubstr("the device says that the result is wrong"));
}

TEST_F(OnDevice, AWriteOutsideIsSeenByTheRuleOfTheHost) {
  struct Expected {
    const char* rule;
    const char* text;
    Kernel::Mistake mistake;
  };
  for (const Expected& expected : {
           Expected{"bounds", "writes byte +3 past the end of y (",
                    [](const Operands&of, auto) { end_of(of.y)[3] = std::byte{1}; }},
           Expected{"bounds", "writes byte -9 before the start of x (",
                    [](const Operands&of, auto) {
                      static_cast<std::byte*>(of.x.data)[-9] = std::byte{1};
                    }},
           Expected{"bounds", "writes byte +30000 past the end of w (",
                    [](const Operands&of, auto) { end_of(of.w)[30000] = std::byte{1}; }},
           Expected{"workspace", "writes byte +0 past the end of the workspace (200 bytes)",
                    [](const Operands&, auto workspace) {
                      *(workspace.data() + workspace.size()) = std::byte{0};
                    }},
       }) {
    const auto all = verdicts(kernel(expected.mistake), kLine);
    EXPECT_EQ(all.at(expected.rule).outcome, Outcome::Failed) << expected.text;
    EXPECT_THAT(all.at(expected.rule).reason, HasSubstr(expected.text));
    EXPECT_EQ(all.at("value").outcome, Outcome::Failed) << "in memory without guards";
    EXPECT_THAT(all.at("value").reason, HasSubstr("in the device's memory: expected ff, got 0"));
  }
}

TEST_F(OnDevice, AWriteBesideAnEmptyOperandIsNamed) {
  const auto backend = on_device(
      kernel([](const Operands& of, auto) { static_cast<std::byte*>(of.y.data)[3] = {}; }));
  ConvProblem problem = conv_problem(parse_case("conv1d.forward f32 x=0x1x5 w=1x1x2"));
  const Tensor x(problem.x_shape()), w(problem.w_shape()), y(problem.y_shape());
  Operands operands{x, w, y};
  operands.x.data = operands.y.data = nullptr;
  try {
    run(*backend, problem, operands);
    FAIL() << "accepted";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("it writes byte +3 past the end of y (0 bytes)"));
  }
}

TEST_F(OnDevice, WrittenInputsWrongValuesAndStaleResultsFailTheirRules) {
  const auto writes = verdicts(
      kernel([](const Operands& of, auto) { static_cast<float*>(of.w.data)[1] = 77; }), kLine);
  EXPECT_EQ(writes.at("inputs_kept").outcome, Outcome::Failed);
  EXPECT_THAT(writes.at("inputs_kept").reason, HasSubstr("of w, in w[0,0,0,1]"));
  const auto wrong = verdicts(
      kernel([](const Operands& of, auto) { static_cast<float*>(of.y.data)[5] += 1; }), kLine);
  EXPECT_EQ(wrong.at("value").outcome, Outcome::Failed);
  EXPECT_EQ(wrong.at("repeat").outcome, Outcome::Passed);
  // What it reads outside is NaN.
  const auto reads = verdicts(kernel([](const Operands& of, auto) {
                                static_cast<float*>(of.y.data)[5] +=
                                    0 * *reinterpret_cast<float*>(end_of(of.w));
                              }),
                              kLine);
  EXPECT_EQ(reads.at("value").outcome, Outcome::Failed);
  // The workspace comes back, and holds what the rule put there.
  const auto counts = verdicts(kernel([](const Operands& of, std::span<std::byte> workspace) {
                                 static_cast<float*>(of.y.data)[5] +=
                                     workspace[0] == std::byte{1} ? 0.f : 1.f;
                               }),
                               kLine);
  EXPECT_EQ(counts.at("value").outcome, Outcome::Passed);
}

TEST_F(OnDevice, ARefusalIsToldInTheWordsForDeviceMemory) {
  const auto all = verdicts(kernel(), "conv2d.forward f32 x=1x2x4x5 w=3x3x3x2x2x3 unshared");
  EXPECT_EQ(all.at("value").outcome, Outcome::Skipped);
  EXPECT_EQ(all.at("value").reason, "unshared filters");
}

TEST_F(OnDevice, WithoutADeviceItIsSkippedByName) {
  set_device_source([]() -> DevicePtr { return nullptr; });
  for (const char* rule : {"value", "bounds", "workspace", "repeat"}) {
    const Verdict verdict = verdicts(kernel(), kLine).at(rule);
    EXPECT_EQ(verdict.outcome, Outcome::Skipped);
    EXPECT_EQ(verdict.reason, "no CUDA device");
  }
  set_device_source([]() -> DevicePtr { throw DeviceError("cudaGetDeviceCount: no", false); });
  EXPECT_EQ(verdicts(kernel(), kLine).at("value").reason, "no CUDA device: cudaGetDeviceCount: no");
}

TEST_F(OnDevice, ABackendForHostMemoryIsLeftAlone) {
  int calls = 0;
  const BackendPtr own = planted([&](const ConvProblem& problem, const Operands& operands) {
    ++calls;
    EXPECT_EQ(operands.x.memory, MemoryKind::Host);
    compute_right(problem, operands);
  });
  EXPECT_EQ(verdicts(own, kLine).at("value").outcome, Outcome::Passed);
  EXPECT_GT(calls, 0);
}

TEST_F(OnDevice, ALostDeviceIsToldWhateverTheBackendThrows) {
  class Faulty final : public HostAsDevice {
   public:
    mutable bool faulty = false;
    void synchronise(void* stream) const override {
      if (faulty) throw DeviceError("illegal address", true);
      HostAsDevice::synchronise(stream);
    }
  };
  const auto faulty = std::make_shared<Faulty>();
  device_ = faulty;
  const DeviceInUse other(device_);
  std::string lost;
  set_device_lost_action([&](const std::string& what) { lost = what; });
  const auto planted = [&](bool is_lost) {
    return kernel([&faulty, is_lost](const Operands&, auto) {
      faulty->faulty = is_lost;
      throw std::runtime_error("a launch failed");
    });
  };
  EXPECT_EQ(verdicts(planted(false), kLine, {value_rule()}).at("value").outcome, Outcome::Failed);
  EXPECT_EQ(lost, "");
  EXPECT_EQ(verdicts(planted(true), kLine, {value_rule()}).at("value").outcome, Outcome::Failed);
  set_device_lost_action({});
  EXPECT_EQ(lost, "kernel: illegal address");
}

TEST_F(OnDevice, ALostDeviceIsToldAndNamed) {
  device_->fails = "synchronise";
  const Verdict failed = verdicts(kernel(), kLine).at("value");
  EXPECT_EQ(failed.outcome, Outcome::Failed);
  EXPECT_EQ(failed.reason, "the call threw: synchronise: planted (on host)");
  device_->fails = "allocate";
  EXPECT_EQ(verdicts(kernel(), kLine).at("value").reason,
            "the call threw: allocate: planted (on host)");
  device_->fails = "";
  std::string lost;
  set_device_lost_action([&](const std::string& what) { lost = what; });
  verdicts(kernel([](const Operands&, auto) { throw DeviceError("illegal address", true); }),
           kLine);
  set_device_lost_action({});
  EXPECT_EQ(lost, "kernel: illegal address");
  EXPECT_EQ(device_->live(), 0u);
}

TEST_F(OnDevice, ABackendIsVerifiedForOperandsInDeviceMemory) {
  const ConvProblem problem = conv_problem(read_case(kLine));
  const auto view = [](const Shape& shape) {
    return TensorView{nullptr, DataType::F32, shape, contiguous_strides(shape), MemoryKind::Cuda};
  };
  const Operands operands{view(problem.x_shape()), view(problem.w_shape()),
                          view(problem.y_shape())};
  EXPECT_EQ(verify_backend(*kernel(), problem, operands).outcome, Outcome::Passed);
  const BackendPtr wrong =
      kernel([](const Operands& of, auto) { static_cast<float*>(of.y.data)[0] = 0.5f; });
  EXPECT_EQ(verify_backend(*wrong, problem, operands).outcome, Outcome::Failed);
}

}  // namespace
}  // namespace convcheck
