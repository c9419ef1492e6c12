#include "checker/device/loops.h"

#include "checker/device/device.h"

namespace convcheck {
namespace {

class DeviceLoops final : public Backend {
 public:
  std::string name() const override { return "device_loops"; }
  DataType accumulator(DataType) const override { return DataType::F64; }
  Claims claims() const override { return {}; }
  Support supports(const ConvProblem&, const Operands& operands) const override {
    if (operands.x.memory == MemoryKind::Cuda) return Support::yes();
    return Support::no("host memory, needs device memory");
  }
  std::size_t workspace_bytes(const ConvProblem&, const Operands&,
                              const RunContext&) const override {
    return 0;
  }
  void run(const ConvProblem& problem, const Operands& operands, std::span<std::byte>,
           const RunContext& context) const override {
    const DevicePtr device = device_in_use();
    if (device == nullptr)
      throw ConvError(ErrorKind::Unsupported, "device", why_no_device(), "one");
    device->launch(device::sum_work(problem, operands), operands.result(problem.direction).size(),
                   context.stream);
  }
};

}  // namespace

BackendPtr device_loops_backend() {
  static const BackendPtr only = std::make_shared<const DeviceLoops>();
  return only;
}

}  // namespace convcheck
