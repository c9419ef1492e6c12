// What the checker's kernels compute, computed on the host: against the reference's definitions and
// the checker's own loops.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "checker/corpus.h"
#include "checker/device/planes.h"
#include "checker/device/samples.h"
#include "checker/fill.h"
#include "checker/grids.h"
#include "checker/layout.h"
#include "checker/projection/exact_projection.h"
#include "checker/projection/exact_state.h"
#include "checker/projection/random.h"
#include "checker/projection/real_projection.h"
#include "checker/run_case.h"
#include "checker/schedule.h"
#include "reference/flops.h"
#include "reference/loops.h"
#include "tests/unit/host_as_device.h"

namespace convcheck {
namespace {

using device::number_at;
using device::set_number;

template <class Work>
void run_all(const Work& work, std::int64_t items) {
  for (std::int64_t item = items; item-- > 0;) work(item);
}

TEST(DeviceNumbers, EveryShortNumberIsReadAsTheReferenceReadsIt) {
  for (const DataType type : {DataType::F16, DataType::BF16}) {
    for (int bits = 0; bits < 1 << 16; ++bits) {
      const auto stored = static_cast<std::uint16_t>(bits);
      const double expected = load(type, &stored), got = number_at(type, &stored, 0);
      ASSERT_TRUE(got == expected || (std::isnan(got) && std::isnan(expected))) << bits;
      ASSERT_EQ(std::signbit(got), std::signbit(expected)) << bits;
    }
  }
}

// Neighbours, ties and what lies beside a tie, of every magnitude.
TEST(DeviceNumbers, NumbersAreRoundedAsTheReferenceRoundsThem) {
  for (const DataType type : kAllDataTypes) {
    for (int bits = 0; bits < 1 << 16; ++bits) {
      const auto first = static_cast<std::uint16_t>(bits), second = std::uint16_t(bits + 1);
      const double a = f16_value(first), b = f16_value(second), c = bf16_value(first);
      for (const double value : {a, (a + b) / 2, std::nextafter((a + b) / 2, b), c * (1 + 0x1p-8),
                                 c * (1 + 3 * 0x1p-9), c * 0x1p-160, a * 0x1p-1030}) {
        std::uint64_t expected = 0, got = 0;
        store(type, &expected, value);
        set_number(type, &got, 0, value);
        ASSERT_TRUE(expected == got || std::isnan(value)) << to_string(type) << " " << value;
        if (std::isnan(value)) {
          ASSERT_TRUE(std::isnan(load(type, &got)));
        }
      }
    }
  }
}

std::vector<Case> small_cases(std::int64_t most_flops) {
  std::vector<Case> cases;
  for (const Grid& grid : all_grids()) {
    for (const Case& c : grid.cases) {
      if (is_one_problem(c) && flops(conv_problem(c)) <= most_flops) cases.push_back(c);
    }
  }
  return cases;
}

TEST(DeviceFill, EveryFillHasTheHostsBitsInEveryLayout) {
  const ConvProblem problem = conv_problem(read_case("conv2d.forward f32 x=2x3x5x6 w=4x3x3x2"));
  for (const Fill fill : kAllFills) {
    for (const DataType type : kAllDataTypes) {
      for (const char* words : {"", "nhwc", "permuted,gaps,reversed", "subview,loose"}) {
        for (const std::uint64_t seed : {1u, 2u, 9u}) {
          const CallTypes types{type, type, type, type == DataType::F64 ? type : DataType::F32};
          const Data data = make_data(problem, types, fill, seed);
          Tensor expected_owner, got_owner;
          const Layout layout = parse_layout(words);
          const TensorView expected =
              allocate(expected_owner, OperandName::X, problem, type, layout);
          const TensorView got = allocate(got_owner, OperandName::X, problem, type, layout);
          write(data.x, expected);
          run_all(device::FillWork{data.x, device::view_of(got)}, got.size());
          Index at(got.rank(), 0);
          do {
            ASSERT_EQ(std::memcmp(expected.address(at), got.address(at), size_of(type)), 0)
                << to_string(fill) << " " << to_string(type) << " " << words;
          } while (advance(at, got.extents));
        }
      }
    }
  }
}

TEST(DeviceFill, RealNumbersAreRoundedToTheFillsTypeAndNotOnlyToTheViews) {
  for (const DataType type : kAllDataTypes) {
    const OperandFill values{.kind = OperandFill::Kind::Real, .key = 11, .type = type};
    Tensor got({1000}, DataType::F64);
    run_all(device::FillWork{values, device::view_of(got)}, got.size());
    for (std::int64_t i = 0; i < got.size(); ++i) ASSERT_EQ(got.at({i}), values.at(i));
  }
}

TEST(DeviceCanary, TheFirstOtherByteIsFound) {
  const HostAsDevice device;
  constexpr std::size_t kCount = 2 * device::CanaryWork::kBlock + 37;
  auto* const bytes = static_cast<std::byte*>(device.allocate(kCount));
  for (const std::size_t at : {std::size_t{0}, std::size_t{1023}, std::size_t{1024}, kCount - 1}) {
    device.fill_bytes(bytes, std::byte{0xff}, kCount, nullptr);
    EXPECT_EQ(device::first_other(device, bytes, kCount, std::byte{0xff}, nullptr), kCount);
    bytes[at] = std::byte{0x7f};
    bytes[kCount - 1] = std::byte{0};
    EXPECT_EQ(device::first_other(device, bytes, kCount, std::byte{0xff}, nullptr), at);
  }
  EXPECT_EQ(device::first_other(device, bytes, 0, std::byte{0xff}, nullptr), 0u);
  EXPECT_EQ(device.live(), 1u);
}

TEST(DeviceCanary, ADeviceThatFailsKeepsNoMemory) {
  const HostAsDevice device;
  const device::StreamMemory bytes(device, nullptr, 5000);
  for (const char* call : {"launch", "copy_to_host"}) {
    device.fails = call;
    EXPECT_THROW(device::first_other(device, bytes.data(), 5000, std::byte{0}, nullptr),
                 DeviceError);
    EXPECT_EQ(device.live(), 1u) << call;
  }
}

// Operands of a case, filled and laid out as it says; the result is not written.
struct Filled {
  PreparedCase ready;
  const ConvProblem& problem;
  const Operands& operands;

  explicit Filled(const Case& c)
      : ready(c, usual_types(c), {}), problem(ready.problem()), operands(ready.operands()) {}
  const TensorView& result() const { return operands.result(problem.direction); }
};

// Of every element of the result.
std::vector<Sum> sums_in_parts(const Filled& of, std::int64_t parts) {
  constexpr std::int64_t kMost = device::SumWork::kMostChosen;
  const auto size = of.result().size();
  std::vector<Sum> all;
  std::vector<device::ElementSum> sums(static_cast<std::size_t>(kMost * parts));
  double got[kMost];
  device::SumWork work = device::sum_work(of.problem, of.operands);
  work.sums = sums.data();
  work.got = got;
  work.parts = parts;
  for (std::int64_t first = 0; first < size; first += kMost) {
    const std::int64_t count = std::min(kMost, size - first);
    std::iota(work.chosen, work.chosen + count, first);
    work.elements = count;
    run_all(work, count * parts);
    for (std::int64_t i = 0; i < count; ++i) {
      all.push_back(device::joined(sums.data() + i, parts, count));
    }
  }
  return all;
}

TEST(DeviceSums, AreTheDefinitionsOnEveryCaseOfTheGrids) {
  std::int64_t cases = 0, elements = 0;
  for (const Case& c : small_cases(6000)) {
    const Filled of(c);
    if (of.result().empty()) continue;
    const bool special = of.ready.data().fill == Fill::Special;
    const std::int64_t parts = 1 + cases % 5;
    Index at(of.result().rank(), 0);
    for (const Sum& got : sums_in_parts(of, parts)) {
      const Sum expected = result_at(of.problem, of.operands, at);
      const bool both_nan = std::isnan(expected.value) && std::isnan(got.value);
      ASSERT_EQ(got.terms, expected.terms) << to_string(c);
      ASSERT_TRUE(both_nan ||
                  std::abs(got.value - expected.value) <=
                      (of.ready.data().exact() ? 0 : 0x1p-52 * expected.magnitude) ||
                  got.value == expected.value)
          << to_string(c) << " " << got.value << " not " << expected.value;
      ASSERT_TRUE(special ||
                  std::abs(got.magnitude - expected.magnitude) <= 0x1p-40 * expected.magnitude)
          << to_string(c);
      advance(at, of.result().extents);
      ++elements;
    }
    ++cases;
  }
  EXPECT_GT(cases, 5000);
  EXPECT_GT(elements, 100000);
}

TEST(DeviceSums, AreStoredAsTheLoopsStoreThem) {
  for (const char* line : {"conv2d.grad_weights f16 x=2x4x6x5 w=6x2x3x2 groups=2 border=1,(0,2)",
                           "conv3d.grad_inputs bf16 x=1x2x4x5x3 w=3x2x2x2x2 subsample=2x1x2",
                           "conv2d.forward f32 x=2x3x6x7 w=4x5x3x3x2x5 unshared dilation=1x1"}) {
    const Filled expected(read_case(line)), got(read_case(line));
    compute_by_loops(expected.problem, expected.operands);
    run_all(device::sum_work(got.problem, got.operands), got.result().size());
    EXPECT_EQ(Tensor::copy_of(got.result()).values(), Tensor::copy_of(expected.result()).values());
  }
}

// The operands of a case on the device.
struct Moved {
  const HostAsDevice& device;
  Operands operands;

  Moved(const HostAsDevice& to, const Filled& from) : device(to) {
    operands.x = image(from.operands.x);
    operands.w = image(from.operands.w);
    operands.y = image(from.operands.y);
  }
  // Row-major, of the same type.
  TensorView image(const TensorView& view) const {
    const Tensor copy = Tensor::copy_of(view);
    const auto bytes = static_cast<std::size_t>(copy.size()) * size_of(copy.type());
    void* const memory = device.allocate(bytes);
    device.copy_to_device(memory, copy.view().data, bytes, nullptr);
    return moved(copy, memory);
  }
};

TEST(DeviceProjection, OfIntegersDecidesAsTheHostsOnEveryCaseOfTheGrids) {
  const auto device = std::make_shared<HostAsDevice>();
  const DeviceInUse in_use(device);
  std::int64_t cases = 0;
  for (const Case& c : small_cases(4000)) {
    Case narrow = c;
    narrow.fill = "";
    const Filled of(narrow);
    if (of.result().empty() || of.ready.types().amplification > 0) continue;
    if (cases++ % 3 != 0) continue;  // each third is enough
    compute_by_loops(of.problem, of.operands);
    const ExactProjection projection(of.problem, of.operands, of.ready.data().largest, c.seed);
    const HostAsDevice own;
    const Moved moved(own, of);
    const TensorView& result = moved.operands.result(of.problem.direction);
    // The plane is asked of the device in use; whose memory it is does not matter on the host.
    const ProjectionCheck right = projection.check(result), host = projection.check(of.result());
    ASSERT_EQ(right.matches(), host.matches()) << to_string(c);
    ASSERT_EQ(right.positions, host.positions);
    const std::int64_t element = cases % result.size();
    set_number(result.type, result.data, element, number_at(result.type, result.data, element) + 1);
    ASSERT_FALSE(projection.check(result).matches()) << to_string(c);
    set_number(result.type, result.data, element, 0.5);
    ASSERT_FALSE(projection.check(result).representable) << to_string(c);
  }
  EXPECT_GT(cases, 3000);
  EXPECT_EQ(device->live(), 0u);
}

// With an element that is wrong: what the device projects is judged as what the host does.
void expect_the_hosts(const Filled& of) {
  const HostAsDevice device;
  compute_by_loops(of.problem, of.operands);
  of.result().set(Index(of.result().rank(), 0), 7);
  const DataType accumulator = of.ready.types().accumulator;
  const std::string line = to_string(of.problem);
  {
    // Whose memory it is does not matter on the host.
    const device::SignedSums all(device, of.problem, of.operands, 5, nullptr);
    EXPECT_TRUE(all.here());
    projection::CallSums there = all.get();
    const RealProjection host(of.problem, of.operands, accumulator, 5);
    const RealProjection projection(of.problem, std::move(there.of_operands), of.result().type,
                                    RealArithmetic{accumulator}, 5);
    const projection::ResultSums sums =
        projection::result_sums(of.problem, of.result(), host.signs(), true, 1);
    ASSERT_EQ(there.of_result.values.size(), sums.values.size());
    for (std::size_t at = 0; at < sums.values.size(); ++at) {
      ASSERT_NEAR(there.of_result.values[at], sums.values[at], 1e-9) << line;
      ASSERT_NEAR(there.of_result.squares[at], sums.squares[at], 1e-9) << line;
    }
    const RealCheck expected = host.check(of.result()), got = projection.check(there.of_result);
    ASSERT_EQ(got.violated, expected.violated) << line;
    EXPECT_EQ(got.impossible, expected.impossible) << line;
    EXPECT_EQ(got.worst_position, expected.worst_position) << line;
    if (std::isinf(expected.worst_ratio)) {  // where nothing meets
      EXPECT_EQ(got.worst_ratio, expected.worst_ratio) << line;
    } else {
      EXPECT_NEAR(got.worst_ratio, expected.worst_ratio, 1e-3 * expected.worst_ratio) << line;
    }
    EXPECT_NEAR(got.rms_limit, expected.rms_limit, 1e-6 * expected.rms_limit) << line;
    EXPECT_NEAR(got.element_limit, expected.element_limit, 1e-6 * expected.element_limit) << line;
  }
  EXPECT_EQ(device.live(), 0u);
}

TEST(DeviceProjection, OfRealNumbersIsTheHosts) {
  for (const char* line :
       {"conv2d.forward f32 x=4x6x7x8 w=8x3x3x3 groups=2 border=1,(0,2) fill=real",
        "conv2d.grad_inputs f32 x=4x6x7x8 w=8x3x3x3 groups=2 subsample=2x1 fill=real",
        "conv2d.grad_weights f32 x=4x6x7x8 w=8x3x3x3 groups=2 dilation=1x2 fill=real",
        "conv2d.grad_weights f64 x=3x2x5x4 w=4x3x3x2x3x2 unshared fill=real",
        "conv2d.forward f16 x=3x2x5x4 w=4x3x3x2x3x2 unshared fill=real",
        "conv1d.grad_inputs f32 x=4x4x9 w=6x7x4x3 unshared fill=real",
        // Rows of the result for several blocks, and wide planes.
        "conv2d.forward f32 x=32x6x7x8 w=40x6x3x3 border=half fill=real",
        "conv2d.grad_inputs f32 x=32x40x7x8 w=6x40x3x3 border=half noflip fill=real",
        "conv2d.grad_weights f32 x=3x96x7x8 w=80x96x1x1 fill=real",
        "conv3d.forward bf16 x=2x4x5x6x7 w=6x4x2x3x2 layout=nhwc fill=real",
        "conv2d.grad_weights f32 x=6x8x12x13 w=6x4x3x3 groups=2 layout=nhwc fill=real"}) {
    expect_the_hosts(Filled(read_case(line)));
  }
}

TEST(DeviceProjection, OfRealNumbersIsTheHostsOnEveryCaseOfTheGrids) {
  std::int64_t cases = 0;
  for (Case c : small_cases(4000)) {
    c.fill = "real";
    const Filled of(c);
    if (of.result().empty() || of.ready.types().amplification > 0 || cases++ % 8 != 0) continue;
    expect_the_hosts(of);
  }
  EXPECT_GT(cases, 3000);
}

}  // namespace
}  // namespace convcheck
