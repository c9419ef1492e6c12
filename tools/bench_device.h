// Measures backends for device memory side by side on one problem.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "checker/device/device.h"
#include "fast/cudnn/every_plan.h"
#include "fast/measurement.h"
#include "tools/bench_measure.h"

namespace convcheck {

// What it is measured with.
struct BenchDevice {
  DevicePtr device;
  std::shared_ptr<Moments> moments;  // of the device's stream
  // A peer in many ways, of which the fastest counts. May throw.
  std::function<std::vector<CudnnPlan>(const ConvProblem&, const Operands&)> plans = {};
  // Puts a copy within the device's memory into its stream: the peer where filters are unshared.
  std::function<void(void* to, const void* from, std::size_t bytes)> copy = {};
};

// The device in use, CUDA's events and cuDNN; nothing where there is no device.
std::optional<BenchDevice> bench_device();

// Ours for device memory: what automatic() gives, and the backends. `only` as of contestants();
// what is chosen by name only stands beside the others unless it is named.
std::vector<Contestant> device_contestants(const std::vector<std::string>& only);

// The medians of calls in random turn, by moments of the stream, with all operands in the device's
// memory, on the fill `real`, by which the error is judged. The peer is "dnn": the fastest of all
// plans that break no claim, which are measured before the others are, and then once more among
// them; "dnn+tf32", say, stands beside it: the fastest that breaks this claim. Of unshared filters,
// which cuDNN has not got, the peer is a "copy": the time in which the device's memory could read
// and write as many bytes as the operands have. A contestant that throws, or for which there is no
// memory, was not measured. `c` is one problem.
std::vector<BenchResult> measure_on_device(const Case& c,
                                           const std::vector<Contestant>& contestants,
                                           const BenchSettings& settings, const BenchDevice& bench);

}  // namespace convcheck
