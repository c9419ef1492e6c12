// What it costs to leave DebugMode switched on where operands lie in a device's memory.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "checker/debug_mode.h"
#include "checker/device/device.h"
#include "fast/measurement.h"
#include "tools/debug_layers.h"

namespace convcheck {

struct DebugDevice {
  DevicePtr device;
  std::shared_ptr<Moments> moments;  // of the device's stream
  BackendPtr backend;                // whose calls are checked
  double bandwidth = 0;              // bytes a second that copying reads and writes
};

// The device in use, with its copy bandwidth measured; nothing where there is none. `backend` takes
// device memory.
std::optional<DebugDevice> debug_device(const BackendPtr& backend);

// Seconds of the stream, medians.
struct DebugCost {
  double convolution = 0, checked = 0;  // a call, and the same call with its check
  double floor = 0;                     // the bytes of x, w and y over the bandwidth
  DebugTotals totals = {};              // of the checked calls

  double check() const { return checked - convolution; }
};

// Of calls at the level `projection`, in turn with calls that nobody checks, on real numbers in
// f32. Throws DeviceError, and what the backend throws.
DebugCost debug_cost(const ConvProblem& problem, const DebugDevice& with, int rounds);

struct BudgetCost {
  double convolutions = 0, checked = 0;  // seconds of the stream, of all passes
  DebugTotals totals = {};

  double share() const { return checked / convolutions - 1; }
};

// So many passes over all layers, without checks and with them under budget=`budget` in a session
// that starts with them. All operands are in memory at once.
BudgetCost budget_cost(const std::vector<DebugLayer>& layers, const DebugDevice& with,
                       const std::string& budget, int passes);

}  // namespace convcheck
