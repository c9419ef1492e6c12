// What the checker's device projects, on the host as a device, beside what the host projects.
#include <gtest/gtest.h>

#include <cmath>

#include "checker/corpus.h"
#include "checker/device/planes.h"
#include "checker/projection/exact_projection.h"
#include "checker/projection/real_projection.h"
#include "reference/loops.h"
#include "tests/unit/filled_case.h"
#include "tests/unit/host_as_device.h"

namespace convcheck {
namespace {

using device::number_at;
using device::set_number;

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
