#include "reference/backend.h"

#include "tests/unit/planted_backend.h"
#include "tests/unit/worked.h"

namespace convcheck {
namespace {

// A forward call of 1 image, 1 channel, 5 elements and a filter of 2, whose result holds 7s.
struct Call {
  ConvProblem problem = make_problem(Direction::Forward, {1, 1, 5}, {1, 1, 2}, {});
  Tensor x = counting({1, 1, 5}), w = counting({1, 1, 2}), y = f64({1, 1, 4}, {7, 7, 7, 7});
  Operands operands{x, w, y};
};

const Values kUntouched{7, 7, 7, 7};

void expect_untouched(const Call& call, ErrorKind kind, const std::string& argument,
                      const std::string& value) {
  expect_refused([&] { run(*reference_backend(), call.problem, call.operands); }, kind, argument,
                 value);
  EXPECT_EQ(call.y.values(), kUntouched);
}

TEST(CheckCall, AcceptsACallThatFits) {
  const Call call;
  EXPECT_NO_THROW(check_call(call.problem, call.operands));
  run(*reference_backend(), call.problem, call.operands);
  EXPECT_EQ(call.y.values(), (Values{4, 7, 10, 13}));
}

TEST(CheckCall, RefusesAnImpossibleProblem) {
  Call call;
  call.problem.windows[0].stride = 0;
  expect_untouched(call, ErrorKind::Stride, "subsample[0]", "0");
}

TEST(CheckCall, RefusesWrongShapes) {
  for (TensorView Operands::*operand : {&Operands::x, &Operands::w, &Operands::y}) {
    Call call;
    (call.operands.*operand).extents[2] = 3;
    expect_untouched(call, ErrorKind::InputShape, "shape", "1x1x3");
  }
}

TEST(CheckCall, RefusesWrongRanks) {
  Call call;
  call.operands.x = counting({1, 5});
  expect_untouched(call, ErrorKind::Rank, "x", "1x5");
  Call few_strides;
  few_strides.operands.w.strides = {1};
  expect_untouched(few_strides, ErrorKind::Rank, "w", "1x1x2");
}

TEST(CheckCall, RefusesNullData) {
  Call call;
  call.operands.w.data = nullptr;
  expect_untouched(call, ErrorKind::Memory, "w's data", "null");
}

TEST(CheckCall, AcceptsNullDataOfNoElements) {
  const ConvProblem problem = make_problem(Direction::Forward, {1, 0, 5}, {1, 0, 2}, {});
  const Tensor y = f64({1, 1, 4}, {7, 7, 7, 7});
  Operands operands{Tensor(Shape{1, 0, 5}), Tensor(Shape{1, 0, 2}), y};
  operands.x.data = operands.w.data = nullptr;
  run(*reference_backend(), problem, operands);
  EXPECT_EQ(y.values(), Values(4, 0.0));
}

TEST(CheckCall, RefusesMemoryOfTwoKinds) {
  Call call;
  call.operands.x.memory = MemoryKind::Cuda;
  expect_untouched(call, ErrorKind::Memory, "x's memory", "cuda");
}

TEST(CheckCall, RefusesAResultOverAnOperandInEveryDirection) {
  const Tensor memory = f64({20}, Values(20, 7.0));
  const auto at = [&](std::int64_t first, std::int64_t count) {
    TensorView view = memory;
    view.data = memory.view().address({first});
    view.extents = {1, 1, count};
    view.strides = {count, count, 1};
    return view;
  };
  const Call call;
  const auto verdict = [&](Direction direction, const Operands& operands, const char* name) {
    ConvProblem problem = call.problem;
    problem.direction = direction;
    expect_refused([&] { run(*reference_backend(), problem, operands); }, ErrorKind::Memory, name,
                   "overlapping");
    EXPECT_EQ(memory.values(), Values(20, 7.0));
  };
  verdict(Direction::Forward, {at(0, 5), at(10, 2), at(4, 4)}, "x's memory");
  verdict(Direction::Forward, {at(10, 5), at(3, 2), at(0, 4)}, "w's memory");
  verdict(Direction::GradInputs, {at(0, 5), at(4, 2), at(10, 4)}, "w's memory");
  verdict(Direction::GradInputs, {at(0, 5), at(10, 2), at(0, 4)}, "y's memory");
  verdict(Direction::GradWeights, {at(0, 5), at(4, 2), at(10, 4)}, "x's memory");
  verdict(Direction::GradWeights, {at(10, 5), at(3, 2), at(0, 4)}, "y's memory");
  EXPECT_NO_THROW(check_call(call.problem, {at(0, 5), at(5, 2), at(7, 4)})) << "side by side";
  EXPECT_NO_THROW(check_call(call.problem, {at(0, 5), at(0, 2), at(7, 4)})) << "both are read";
}

TEST(CheckCall, SeesOverlapThroughNegativeStrides) {
  const Tensor memory = f64({1, 1, 9}, Values(9, 7.0));
  Call call;
  call.operands.y = reversed(memory, 2);  // from element 8 down to 5
  call.operands.y.extents[2] = 4;
  call.operands.x = memory;
  call.operands.x.extents[2] = 5;
  EXPECT_NO_THROW(check_call(call.problem, call.operands));
  call.operands.x.data = memory.view().address({0, 0, 1});
  expect_refused([&] { check_call(call.problem, call.operands); }, ErrorKind::Memory, "x's memory");
}

TEST(CheckCall, RefusesAResultThatOverlapsItself) {
  Call call;
  call.operands.y.strides[2] = 0;
  expect_untouched(call, ErrorKind::Memory, "the result's strides", "strides 4x4x0");

  const ConvProblem square = make_problem(Direction::Forward, {1, 1, 3, 3}, {1, 1, 2, 2}, {});
  const Tensor x = counting({1, 1, 3, 3}), w = counting({1, 1, 2, 2}), y(Shape{9}, DataType::F64);
  TensorView result = y;
  result.extents = {1, 1, 2, 2};
  for (const Strides& strides : {Strides{0, 0, 1, 1}, Strides{0, 0, -1, 1}}) {
    result.strides = strides;
    expect_refused([&] { check_call(square, {x, w, result}); }, ErrorKind::Memory, "strides");
  }
  for (const Strides& strides : {Strides{0, 0, 1, 2}, Strides{4, 4, 2, 1}, Strides{0, 0, 3, 5}}) {
    result.strides = strides;
    EXPECT_NO_THROW(check_call(square, {x, w, result})) << to_string(strides);
  }
}

TEST(CheckCall, ReadOperandsMayRepeatElements) {
  Call call;
  call.operands.x.strides[2] = 0;
  run(*reference_backend(), call.problem, call.operands);
  EXPECT_EQ(call.y.values(), (Values{3, 3, 3, 3}));
}

TEST(CheckCall, CountsStridesNearTheLargestExactly) {
  // Counted in 64 bits, 4 * 2^61 elements of 8 bytes are none, and x would end where it
  // begins.
  const Tensor memory = f64({1, 1, 9}, Values(9, 7.0));
  Call call;
  call.operands.x = memory;
  call.operands.x.extents[2] = 5;
  call.operands.x.strides[2] = std::int64_t{1} << 61;
  call.operands.y = memory;
  call.operands.y.data = memory.view().address({0, 0, 5});
  call.operands.y.extents[2] = 4;
  expect_refused([&] { check_call(call.problem, call.operands); }, ErrorKind::Memory, "x's memory");
}

TEST(Run, AsksTheBackendFirstAndRepeatsItsReason) {
  const PlantedBackend backend([](const auto&, const auto&) { FAIL() << "was run"; }, "picky",
                               Support::no("filter extent 2, needs 3"));
  const Call call;
  try {
    run(backend, call.problem, call.operands);
    FAIL() << "not refused";
  } catch (const ConvError& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Unsupported);
    EXPECT_EQ(error.value(), "picky");
    EXPECT_THAT(error.what(), testing::HasSubstr("filter extent 2, needs 3"));
  }
}

class HungryBackend final : public Backend {
 public:
  std::string name() const override { return "hungry"; }
  DataType accumulator(DataType type) const override { return type; }
  Claims claims() const override { return {}; }
  Support supports(const ConvProblem&, const Operands&) const override { return {}; }
  std::size_t workspace_bytes(const ConvProblem&, const Operands&,
                              const RunContext& context) const override {
    return 1001 * static_cast<std::size_t>(context.threads);
  }
  void run(const ConvProblem&, const Operands&, std::span<std::byte> workspace,
           const RunContext&) const override {
    size = workspace.size();
    aligned = reinterpret_cast<std::uintptr_t>(workspace.data()) % 64 == 0;
    for (std::byte& byte : workspace) byte = std::byte{1};
  }
  mutable std::size_t size = 0;
  mutable bool aligned = false;
};

TEST(Run, GivesTheWorkspaceThatTheBackendAsksFor) {
  const HungryBackend backend;
  const Call call;
  run(backend, call.problem, call.operands, {.threads = 3});
  EXPECT_EQ(backend.size, 3003u);
  EXPECT_TRUE(backend.aligned);
}

TEST(Compute, RefusesBeforeItAllocates) {
  ConvProblem problem = make_problem(Direction::Forward, {1, 1, 5}, {1, 1, 2}, {});
  problem.batch = std::int64_t{1} << 61;
  problem.filters = 8;
  const Tensor x = counting({1, 1, 5});
  expect_refused([&] { compute(*reference_backend(), problem, x, x, DataType::F32); },
                 ErrorKind::Overflow, "");
}

TEST(ReferenceBackend, IsWhatItClaims) {
  const BackendPtr backend = reference_backend();
  const Call call;
  EXPECT_EQ(backend->name(), "reference");
  EXPECT_EQ(backend->accumulator(DataType::F16), DataType::F64);
  EXPECT_FALSE(backend->claims().multiplies_padding);
  EXPECT_EQ(backend->workspace_bytes(call.problem, call.operands, {}), 0u);
}

TEST(ReferenceBackend, RefusesDeviceMemoryWithTheReason) {
  Call call;
  for (TensorView* view : {&call.operands.x, &call.operands.w, &call.operands.y}) {
    view->memory = MemoryKind::Cuda;
  }
  const Support support = reference_backend()->supports(call.problem, call.operands);
  EXPECT_FALSE(support);
  EXPECT_EQ(support.reason, "cuda memory, needs host memory");
  expect_untouched(call, ErrorKind::Unsupported, "backend", "reference");
}

TEST(ReferenceBackend, TakesEveryCombinationOfTypes) {
  const Call call;
  for (const DataType x : kAllDataTypes) {
    for (const DataType w : kAllDataTypes) {
      for (const DataType y : kAllDataTypes) {
        const Tensor result = compute(*reference_backend(), call.problem,
                                      Tensor::copy_of(call.x, x), Tensor::copy_of(call.w, w), y);
        EXPECT_EQ(result.type(), y);
        EXPECT_EQ(result.values(), (Values{4, 7, 10, 13}));
      }
    }
  }
}

TEST(ReferenceBackend, WritesTheResultAndNothingElse) {
  const Tensor memory = f64({9}, Values(9, 7.0));
  Call call;
  call.operands.y.data = memory.view().address({7});
  call.operands.y.strides = {1, 1, -2};  // elements 7, 5, 3, 1
  run(*reference_backend(), call.problem, call.operands);
  EXPECT_EQ(memory.values(), (Values{7, 13, 7, 10, 7, 7, 7, 4, 7}));
  EXPECT_EQ(call.x.values(), (Values{1, 2, 3, 4, 5}));
  EXPECT_EQ(call.w.values(), (Values{1, 2}));
}

// Says that it needs a workspace, and notes which one it got.
class WantsWorkspace final : public Backend {
 public:
  mutable std::span<std::byte> got;

  std::string name() const override { return "wants"; }
  DataType accumulator(DataType type) const override { return type; }
  Claims claims() const override { return {}; }
  Support supports(const ConvProblem&, const Operands&) const override { return Support::yes(); }
  std::size_t workspace_bytes(const ConvProblem&, const Operands&,
                              const RunContext&) const override {
    return 100;
  }
  void run(const ConvProblem&, const Operands&, std::span<std::byte> workspace,
           const RunContext&) const override {
    got = workspace;
  }
};

TEST(Run, DeviceMemoryGetsItsWorkspaceFromTheRegisteredSource) {
  Call call;
  for (TensorView* view : {&call.operands.x, &call.operands.w, &call.operands.y}) {
    view->memory = MemoryKind::Cuda;
  }
  const WantsWorkspace backend;
  set_device_workspaces({});
  expect_refused([&] { run(backend, call.problem, call.operands); }, ErrorKind::Memory,
                 "workspace");
  int stream = 0;
  bool alive = false;
  std::byte memory{};
  set_device_workspaces([&](std::size_t bytes, void* of) {
    EXPECT_EQ(bytes, 100u);
    EXPECT_EQ(of, &stream);
    alive = true;
    return std::shared_ptr<std::byte>(&memory, [&](std::byte*) { alive = false; });
  });
  run(backend, call.problem, call.operands, {.stream = &stream});
  EXPECT_EQ(backend.got.data(), &memory);
  EXPECT_EQ(backend.got.size(), 100u);
  EXPECT_FALSE(alive) << "it is given back";
  set_device_workspaces({});
}

}  // namespace
}  // namespace convcheck
