// Calls for the tests of DebugMode, with the host as the device.
#pragma once

#include "tests/unit/debug_call.h"
#include "tests/unit/host_as_device.h"

namespace convcheck {

// A call whose operands are on the device, and what it computes there.
struct There {
  const HostAsDevice& device;
  ConvProblem problem;
  Operands operands;

  There(const HostAsDevice& to, const Call& call)
      : device(to), problem(call.problem), operands{image(call.x), image(call.w), image(call.y)} {}
  TensorView image(const Tensor& tensor) const {
    const auto bytes = static_cast<std::size_t>(tensor.size()) * size_of(tensor.type());
    void* const memory = device.allocate(bytes);
    device.copy_to_device(memory, tensor.view().data, bytes, nullptr);
    return moved(tensor, memory);
  }
  void compute() const {
    device.launch(device::sum_work(problem, operands), result().size(), nullptr);
  }
  const TensorView& result() const { return operands.result(problem.direction); }
  void add(std::int64_t element, double error) const {
    device::set_number(result().type, result().data, element,
                       device::number_at(result().type, result().data, element) + error);
  }
};

}  // namespace convcheck
