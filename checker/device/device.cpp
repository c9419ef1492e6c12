#include "checker/device/device.h"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

namespace convcheck {
namespace {

struct Registered {
  std::mutex mutex;
  std::function<DevicePtr()> source;
  bool asked = false;
  DevicePtr device;
  std::string reason;
  std::function<void(const std::string&)> lost;
};

// Never destroyed: a check may be made while the program ends.
Registered& registered() {
  static auto* const only = new Registered;
  return *only;
}

// With the mutex held.
void ask(Registered& all) {
  if (std::exchange(all.asked, true) || !all.source) return;
  try {
    all.device = all.source();
  } catch (const DeviceError& error) {
    all.reason = error.what();
  }
}

}  // namespace

void set_device_source(std::function<DevicePtr()> source) {
  Registered& all = registered();
  const std::lock_guard lock(all.mutex);
  all.source = std::move(source);
  all.asked = false;
  all.device = nullptr;
  all.reason.clear();
}

DevicePtr device_in_use() {
  Registered& all = registered();
  const std::lock_guard lock(all.mutex);
  ask(all);
  return all.device;
}

std::string why_no_device() {
  Registered& all = registered();
  const std::lock_guard lock(all.mutex);
  ask(all);
  return all.reason.empty() ? "no CUDA device" : "no CUDA device: " + all.reason;
}

void set_device_lost_action(std::function<void(const std::string&)> action) {
  Registered& all = registered();
  const std::lock_guard lock(all.mutex);
  all.lost = std::move(action);
}

void device_is_lost(const std::string& what) {
  Registered& all = registered();
  std::function<void(const std::string&)> action;
  {
    const std::lock_guard lock(all.mutex);
    action = all.lost;
  }
  if (action) action(what);
}

namespace device {

View view_of(const TensorView& view) {
  View plain{view.data, view.type, static_cast<int>(view.rank())};
  std::copy(view.extents.begin(), view.extents.end(), plain.extents);
  std::copy(view.strides.begin(), view.strides.end(), plain.strides);
  return plain;
}

SumWork sum_work(const ConvProblem& problem, const Operands& operands) {
  SumWork work;
  work.direction = problem.direction == Direction::Forward      ? Summed::Forward
                   : problem.direction == Direction::GradInputs ? Summed::GradInputs
                                                                : Summed::GradWeights;
  work.rank = static_cast<int>(problem.rank);
  work.flip = problem.flip;
  work.unshared = problem.unshared;
  work.batch = problem.batch;
  work.group_channels = problem.group_channels();
  work.group_filters = problem.group_filters();
  for (std::size_t axis = 0; axis < problem.rank; ++axis) {
    const Window& window = problem.windows[axis];
    work.axes[axis] = {.input = window.input,
                       .filter = window.filter,
                       .output = window.output(),
                       .stride = window.stride,
                       .dilation = window.dilation,
                       .pad = window.pad_before};
  }
  work.x = view_of(operands.x);
  work.w = view_of(operands.w);
  work.y = view_of(operands.y);
  return work;
}

std::size_t first_other(const Device& device, const void* bytes, std::size_t count,
                        std::byte pattern, void* stream) {
  if (count == 0) return 0;
  constexpr auto kBlock = static_cast<std::size_t>(CanaryWork::kBlock);
  std::vector<std::int64_t> alike((count + kBlock - 1) / kBlock);
  const std::size_t size = alike.size() * sizeof alike[0];
  const StreamMemory there(device, stream, size);
  device.launch(CanaryWork{static_cast<const unsigned char*>(bytes),
                           static_cast<std::int64_t>(count), static_cast<unsigned char>(pattern),
                           reinterpret_cast<std::int64_t*>(there.data())},
                static_cast<std::int64_t>(alike.size()), stream);
  device.copy_to_host(alike.data(), there.data(), size, stream);
  for (std::size_t block = 0; block < alike.size(); ++block) {
    const std::size_t first = block * kBlock, all = std::min(kBlock, count - first);
    if (static_cast<std::size_t>(alike[block]) < all) {
      return first + static_cast<std::size_t>(alike[block]);
    }
  }
  return count;
}

}  // namespace device
}  // namespace convcheck
