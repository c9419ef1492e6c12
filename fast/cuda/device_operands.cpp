#include "fast/cuda/device_operands.h"

#include <cstdint>
#include <string>

namespace convcheck::gpu {

Support supports_operands(const ConvProblem& problem, const Operands& operands) {
  const DataType type = operands.x.type;
  for (const TensorView* view : {&operands.x, &operands.w, &operands.y}) {
    if (view->memory != MemoryKind::Cuda) {
      return Support::no(std::string(to_string(view->memory)) + " memory, needs device memory");
    }
    if (view->type != type) {
      return Support::no(std::string("types ") + to_string(type) + " and " + to_string(view->type) +
                         ", needs one type");
    }
    if (reinterpret_cast<std::uintptr_t>(view->data) % size_of(view->type) != 0) {
      return Support::no("data at no multiple of " + std::to_string(size_of(type)) +
                         " bytes, the size of an element");
    }
  }
  for (const Window& window : problem.axes()) {
    if (window.filter > INT32_MAX) {
      return Support::no("filter extent " + std::to_string(window.filter) + ", needs below 2^31");
    }
  }
  return Support::yes();
}

}  // namespace convcheck::gpu
