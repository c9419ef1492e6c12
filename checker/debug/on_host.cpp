// Device memory, as far as a check reads it.
#include <dlfcn.h>

#include <mutex>
#include <utility>

#include "checker/debug/checked_call.h"
#include "checker/device/device.h"

namespace convcheck {
namespace {

std::mutex& copy_mutex() {
  static std::mutex mutex;
  return mutex;
}
CopyToHost& copy_in_use() {
  static CopyToHost copy;
  return copy;
}

ConvError cannot_copy(const std::string& why) {
  return {ErrorKind::Memory, "device memory", why, "memory that can be copied to the host"};
}

// Through the CUDA driver's own library, which every program with CUDA has; nothing is linked.
void copy_by_driver(void* host, const void* device, std::size_t bytes) {
  void* const library = dlopen("libcuda.so.1", RTLD_NOW);
  if (library == nullptr) throw cannot_copy("without the CUDA driver's library libcuda.so.1");
  using Synchronize = int (*)();
  using Copy = int (*)(void*, unsigned long long, std::size_t);
  const auto synchronize = reinterpret_cast<Synchronize>(dlsym(library, "cuCtxSynchronize"));
  const auto copy = reinterpret_cast<Copy>(dlsym(library, "cuMemcpyDtoH_v2"));
  if (synchronize == nullptr || copy == nullptr) throw cannot_copy("a libcuda.so.1 without copies");
  int status = synchronize();
  if (status == 0) status = copy(host, reinterpret_cast<std::uintptr_t>(device), bytes);
  if (status != 0) throw cannot_copy("CUDA driver error " + std::to_string(status));
}

// The bytes from the lowest to the highest element, copied; the view points into them.
std::vector<std::byte> copied(TensorView& view, const CopyToHost& copy) {
  const auto size = static_cast<std::int64_t>(size_of(view.type));
  std::int64_t low = 0, high = size;
  for (std::size_t axis = 0; axis < view.rank(); ++axis) {
    const std::int64_t reach = (view.extents[axis] - 1) * view.strides[axis] * size;
    (reach < 0 ? low : high) += reach;
  }
  std::vector<std::byte> bytes(view.empty() ? 0 : static_cast<std::size_t>(high - low));
  if (!bytes.empty()) {
    copy(bytes.data(), static_cast<const std::byte*>(view.data) + low, bytes.size());
    view.data = bytes.data() - low;
  }
  view.memory = MemoryKind::Host;
  return bytes;
}

}  // namespace

void set_copy_to_host(CopyToHost copy) {
  const std::lock_guard lock(copy_mutex());
  copy_in_use() = std::move(copy);
}

debug::OnHost::OnHost(const Operands& operands, void* stream) : operands_(operands) {
  if (operands.x.memory == MemoryKind::Host) return;
  const DevicePtr device = device_in_use();
  const CopyToHost copy = [&] {
    const std::lock_guard lock(copy_mutex());
    if (copy_in_use()) return copy_in_use();
    if (device == nullptr) return CopyToHost(copy_by_driver);
    return CopyToHost([&device, stream](void* host, const void* from, std::size_t bytes) {
      device->copy_to_host(host, from, bytes, stream);
    });
  }();
  for (TensorView* view : {&operands_.x, &operands_.w, &operands_.y}) {
    copies_.push_back(copied(*view, copy));
  }
}

}  // namespace convcheck
