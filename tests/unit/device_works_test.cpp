// What the checker's kernels compute, computed on the host: against the reference's definitions and
// the checker's own loops.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "checker/corpus.h"
#include "checker/device/samples.h"
#include "checker/fill.h"
#include "checker/layout.h"
#include "reference/loops.h"
#include "tests/unit/filled_case.h"
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

}  // namespace
}  // namespace convcheck
