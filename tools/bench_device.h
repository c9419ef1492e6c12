// Measures backends for device memory side by side on one problem.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "checker/device/device.h"
#include "fast/measurement.h"
#include "tools/bench_measure.h"

namespace convcheck {

// What it is measured with.
struct BenchDevice {
  DevicePtr device;
  std::shared_ptr<Moments> moments;  // of the device's stream
  // A peer in many ways, of which the fastest counts: cuDNN's plans. May throw.
  std::function<std::vector<BackendPtr>(const ConvProblem&, const Operands&)> plans;
};

// The device in use, CUDA's events and cuDNN; nothing where there is no device.
std::optional<BenchDevice> bench_device();

// Ours for device memory: what automatic() gives, and the backends. `only` as of contestants();
// what is chosen by name only stands beside the others unless it is named.
std::vector<Contestant> device_contestants(const std::vector<std::string>& only);

// The medians of calls in random turn, by moments of the stream, with all operands in the device's
// memory, on the fill `real`, by which the error is judged. The peer is "dnn": the fastest of all
// plans, which are measured before the others are, and then once more among them. A contestant that
// throws, or for which there is no memory, was not measured. `c` is one problem.
std::vector<BenchResult> measure_on_device(const Case& c,
                                           const std::vector<Contestant>& contestants,
                                           const BenchSettings& settings, const BenchDevice& bench);

}  // namespace convcheck
