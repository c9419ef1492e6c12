// The stand-in's engines compute what their notes say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "reference/backend.h"
#include "reference/loops.h"
#include "tests/gpu/stand_in/cudnn_planned.h"

namespace convcheck::cudnn_stand_in {
namespace {

using testing::ElementsAre;

const Api& api() {
  static const Api loaded = Api::loaded(CONVCHECK_STAND_IN);
  return loaded;
}

cudnnDataType_t named(DataType type) {
  return type == DataType::F64   ? CUDNN_DATA_DOUBLE
         : type == DataType::F32 ? CUDNN_DATA_FLOAT
         : type == DataType::F16 ? CUDNN_DATA_HALF
                                 : CUDNN_DATA_BFLOAT16;
}

Numbers list(const Dims& dims) { return {dims.begin(), dims.end()}; }

TensorRequest tensor_request(const Shape& shape, std::int64_t identity, DataType type) {
  return {list(shape), list(contiguous_strides(shape)), identity, 16, named(type)};
}

Request request_of(const ConvProblem& problem, DataType type, DataType sums) {
  Request request;
  request.x = tensor_request(problem.x_shape(), 'x', type);
  request.w = tensor_request(problem.w_shape(), 'w', type);
  request.y = tensor_request(problem.y_shape(), 'y', type);
  request.axes = static_cast<std::int64_t>(problem.rank);
  request.pads = request.pads_after = request.strides = request.dilations = {};
  for (const Window& window : problem.axes()) {
    request.pads.push_back(window.pad_before);
    request.pads_after.push_back(window.pad_after);
    request.strides.push_back(window.stride);
    request.dilations.push_back(window.dilation);
  }
  request.sums = named(sums);
  request.scale = sums == DataType::F64 ? CUDNN_TYPE_DOUBLE : CUDNN_TYPE_FLOAT;
  request.mode = problem.flip ? CUDNN_CONVOLUTION : CUDNN_CROSS_CORRELATION;
  request.wanted = problem.direction == Direction::Forward      ? 'y'
                   : problem.direction == Direction::GradInputs ? 'x'
                                                                : 'w';
  return request;
}

// A problem with its operands on the host. `step`: values are its multiples, or with 0 integers.
struct Subject {
  ConvProblem problem;
  DataType type, sums;
  Tensor x, w, y;

  Subject(const ConvProblem& of, DataType operands, DataType accumulator, double step = 0)
      : problem(of),
        type(operands),
        sums(accumulator),
        x(of.x_shape(), operands),
        w(of.w_shape(), operands),
        y(of.y_shape(), operands) {
    std::int64_t number = 1;
    for (const Tensor* one : {&x, &w, &y}) {
      for (std::int64_t i = 0; i < one->size(); ++i) {
        number = (number * 1103515245 + 12345) % 2147483648;
        const double value = static_cast<double>(number % 7) - 3;
        store(type, bytes(*one) + static_cast<std::size_t>(i) * size_of(type),
              step == 0 ? value : value + step * static_cast<double>(number % 1021));
      }
    }
  }

  static std::byte* bytes(const Tensor& tensor) {
    return static_cast<std::byte*>(tensor.view().data);
  }
  Operands operands() const { return {x, w, y}; }
  const Tensor& result() const {
    return problem.direction == Direction::Forward      ? y
           : problem.direction == Direction::GradInputs ? x
                                                        : w;
  }
  std::vector<double> expected() const {
    const Tensor before = Tensor::copy_of(operands().result(problem.direction));
    compute_by_loops(problem, operands());
    const std::vector<double> values = result().values();
    std::memcpy(bytes(result()), before.view().data,
                static_cast<std::size_t>(before.size()) * size_of(type));
    return values;
  }
};

// What the engine gives, after descriptors have been destroyed.
std::vector<double> computed(const Subject& subject, Engine engine,
                             cudnnBackendHeurMode_t mode = CUDNN_HEUR_MODE_A,
                             const std::function<void(Request&)>& change = {},
                             std::vector<unsigned char>* workspace_left = nullptr) {
  Request request = request_of(subject.problem, subject.type, subject.sums);
  if (change) change(request);
  std::vector<std::unique_ptr<DeviceBytes>> memory;
  std::vector<void*> data;
  for (const Tensor* one : {&subject.x, &subject.w, &subject.y}) {
    memory.push_back(std::make_unique<DeviceBytes>(static_cast<std::size_t>(one->size()) *
                                                   size_of(subject.type)));
    memory.back()->copy_from(one->view().data);
    data.push_back(memory.back()->get());
  }
  std::unique_ptr<DeviceBytes> workspace;
  {
    Planned planned(api(), request, engine, mode);
    EXPECT_EQ(planned.made().status(), CUDNN_STATUS_SUCCESS);
    if (planned.plan() == nullptr) return {};
    workspace = std::make_unique<DeviceBytes>(planned.workspace());
    const std::vector<unsigned char> poison(planned.workspace(), 0xee);
    workspace->copy_from(poison.data());
    EXPECT_EQ(planned.execute(planned.pack(data, workspace->get())), CUDNN_STATUS_SUCCESS);
  }
  cudaDeviceSynchronize();
  if (workspace_left != nullptr) {
    workspace_left->resize(workspace->size());
    workspace->copy_to(workspace_left->data());
  }
  const Tensor got(subject.result().view().extents, subject.type);
  const std::size_t place = subject.problem.direction == Direction::Forward      ? 2
                            : subject.problem.direction == Direction::GradInputs ? 0
                                                                                 : 1;
  memory[place]->copy_to(got.view().data);
  return got.values();
}

ConvProblem problem_of(Direction direction, std::size_t rank = 2) {
  ConvProblem problem;
  problem.direction = direction;
  problem.rank = rank;
  problem.batch = 2;
  problem.channels = 4;
  problem.filters = 6;
  problem.groups = 2;
  problem.windows = {Window{7, 3, 1, 2, 1, 1}, Window{8, 2, 3, 1, 0, 0}, Window{5, 2, 2, 1, 1, 1}};
  if (rank == 3) problem.windows[0].dilation = 1;
  return problem;
}

TEST(CudnnEngines, AreRightWhereTheirNotesSaySo) {
  for (const Direction direction : kAllDirections) {
    for (const std::size_t rank : {std::size_t{2}, std::size_t{3}}) {
      for (const bool flip : {false, true}) {
        for (const DataType type : kAllDataTypes) {
          ConvProblem problem = problem_of(direction, rank);
          problem.flip = flip;
          const DataType sums = type == DataType::F64 ? DataType::F64 : DataType::F32;
          const Subject subject(problem, type, sums);
          const std::vector<double> expected = subject.expected();
          EXPECT_EQ(computed(subject, Engine::Exact, CUDNN_HEUR_MODE_FALLBACK), expected)
              << to_string(problem) << " " << to_string(type);
          if (rank == 3 && type == DataType::F64) continue;  // no heuristics
          EXPECT_EQ(computed(subject, Engine::Staged), expected)
              << to_string(problem) << " " << to_string(type);
        }
      }
    }
  }
}

TEST(CudnnEngines, AWorkspaceIsWrittenToItsLastByte) {
  std::vector<unsigned char> left;
  const Subject subject(problem_of(Direction::Forward), DataType::F32, DataType::F32, 1e-3);
  computed(subject, Engine::Staged, CUDNN_HEUR_MODE_A, {}, &left);
  EXPECT_GT(left.size(), 13u);
  EXPECT_LT(std::count(left.begin(), left.end(), 0xee), static_cast<std::int64_t>(left.size()) / 8);
  EXPECT_NE(left.back(), 0xee);
}

TEST(CudnnEngines, AlphaAndBetaScaleTheSumAndWhatWasThere) {
  const Subject subject(problem_of(Direction::Forward), DataType::F32, DataType::F32);
  std::vector<double> expected = subject.expected();
  const std::vector<double> before = subject.y.values();
  for (std::size_t i = 0; i < expected.size(); ++i) expected[i] = 2 * expected[i] + 3 * before[i];
  EXPECT_EQ(computed(subject, Engine::Exact, CUDNN_HEUR_MODE_A,
                     [](Request& request) {
                       request.alpha = 2;
                       request.beta = 3;
                     }),
            expected);
}

TEST(CudnnEngines, TensorCoresAndDownConversionsLoseBitsOfInputs) {
  const Subject wide(problem_of(Direction::Forward), DataType::F32, DataType::F32, 0x1p-15);
  const Subject narrow(problem_of(Direction::Forward), DataType::F32, DataType::F32, 0x1p-3);
  EXPECT_EQ(computed(narrow, Engine::TensorCores).size(), narrow.expected().size());
  EXPECT_NE(computed(wide, Engine::TensorCores), computed(wide, Engine::Exact));
  EXPECT_NE(computed(wide, Engine::DownConverts), computed(wide, Engine::Exact));
  const Subject twice(problem_of(Direction::Forward), DataType::F64, DataType::F64, 0x1p-40);
  EXPECT_NE(computed(twice, Engine::DownConverts), computed(twice, Engine::Exact));
  const Subject half(problem_of(Direction::Forward), DataType::F16, DataType::F32, 0x1p-8);
  EXPECT_EQ(computed(half, Engine::TensorCores), computed(half, Engine::Exact));
}

TEST(CudnnEngines, ShortSumsLoseBits) {
  const Subject half(problem_of(Direction::GradWeights), DataType::F16, DataType::F32, 0x1p-6);
  EXPECT_NE(computed(half, Engine::ShortSums), computed(half, Engine::Exact));
}

TEST(CudnnEngines, AtomicAdditionsDifferFromCallToCall) {
  const Subject real(problem_of(Direction::GradWeights), DataType::F32, DataType::F32, 1e-3);
  EXPECT_NE(computed(real, Engine::Atomics), computed(real, Engine::Atomics));
  EXPECT_EQ(computed(real, Engine::Exact), computed(real, Engine::Exact));
  EXPECT_EQ(computed(real, Engine::Staged), computed(real, Engine::Staged));
}

TEST(CudnnEngines, TransformsAreNearAndNotExact) {
  ConvProblem problem = problem_of(Direction::Forward);
  problem.windows = {Window{7, 3, 1, 1, 1, 1}, Window{8, 3, 1, 1, 1, 1}, Window{}};
  const Subject subject(problem, DataType::F32, DataType::F32);
  const std::vector<double> expected = subject.expected();
  for (const Engine engine : {Engine::Fft, Engine::Winograd}) {
    const std::vector<double> got = computed(subject, engine);
    ASSERT_EQ(got.size(), expected.size());
    EXPECT_NE(got, expected);
    for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-3);
  }
}

TEST(CudnnEngines, AreOfferedWithTheWrongOnesFirst) {
  const Subject subject(problem_of(Direction::Forward), DataType::F32, DataType::F32);
  Planned planned(api(), request_of(subject.problem, DataType::F32, DataType::F32), Engine::Fft);
  EXPECT_THAT(planned.offered(),
              ElementsAre(Engine::DownConverts, Engine::TensorCores, Engine::Winograd, Engine::Fft,
                          Engine::Atomics, Engine::Refusing, Engine::TensorCores, Engine::Staged,
                          Engine::Exact));
  EXPECT_THAT(planned.notes(), ElementsAre(CUDNN_NUMERICAL_NOTE_FFT));
  ConvProblem liars = subject.problem;
  liars.batch = 11;
  EXPECT_EQ(Planned(api(), request_of(liars, DataType::F32, DataType::F32), Engine::Liar)
                .offered()
                .front(),
            Engine::Liar);
  liars.batch = 7;
  EXPECT_GT(
      Planned(api(), request_of(liars, DataType::F32, DataType::F32), Engine::Hungry).workspace(),
      std::size_t{64} << 20);
}

TEST(CudnnEngines, PlansThatCannotBeBuiltAreRefused) {
  const auto status = [](Engine engine, DataType type, DataType sums,
                         const std::function<void(Request&)>& change = {}) {
    Request request = request_of(problem_of(Direction::Forward), type, sums);
    if (change) change(request);
    Planned planned(api(), request, engine);
    return planned.plan() == nullptr ? -1 : static_cast<int>(planned.made().status());
  };
  constexpr DataType kF32 = DataType::F32;
  EXPECT_EQ(status(Engine::Exact, kF32, kF32), CUDNN_STATUS_SUCCESS);
  EXPECT_EQ(status(Engine::Refusing, kF32, kF32),
            CUDNN_STATUS_NOT_SUPPORTED_SHARED_MEMORY_INSUFFICIENT);
  EXPECT_EQ(status(Engine::Winograd, kF32, kF32), CUDNN_STATUS_NOT_SUPPORTED_SHAPE);
  EXPECT_EQ(status(Engine::Exact, kF32, DataType::F64), -1) << "there are no such sums";
  EXPECT_EQ(status(Engine::Exact, kF32, kF32,
                   [](Request& request) {
                     request.pads_after[0] = 2;  // as many outputs
                     request.strides[0] = 2;
                     request.pads[0] = 0;
                     request.y.extents[2] = 3;
                   }),
            CUDNN_STATUS_NOT_SUPPORTED_PADDING);
  EXPECT_EQ(status(Engine::Exact, kF32, kF32,
                   [](Request& request) {
                     request.mode = CUDNN_CONVOLUTION;
                     request.x.strides[0] *= 2;
                   }),
            CUDNN_STATUS_NOT_SUPPORTED_LAYOUT);
  ConvProblem volume = problem_of(Direction::Forward, 3);
  volume.windows[0].dilation = 2;
  EXPECT_EQ(Planned(api(), request_of(volume, kF32, kF32), Engine::Exact).made().status(),
            CUDNN_STATUS_NOT_SUPPORTED_PADDING);
  EXPECT_EQ(
      Planned(api(), request_of(problem_of(Direction::Forward, 3), DataType::F64, DataType::F64),
              Engine::Exact)
          .made()
          .status(),
      CUDNN_STATUS_NOT_SUPPORTED);
  EXPECT_EQ(Planned(api(), Request{}, Engine::Exact, static_cast<cudnnBackendHeurMode_t>(7))
                .made()
                .status(),
            CUDNN_STATUS_BAD_PARAM);
}

}  // namespace
}  // namespace convcheck::cudnn_stand_in
