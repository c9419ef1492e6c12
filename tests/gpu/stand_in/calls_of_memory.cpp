// Memory of the device, page-locked memory of the host, and copies between them.
#include <cstdlib>
#include <cstring>
#include <map>
#include <vector>

#include "tests/gpu/stand_in/blocks.h"
#include "tests/gpu/stand_in/calls.h"
#include "tests/gpu/stand_in/memory.h"

namespace convcheck::stand_in {
namespace {

std::map<std::byte*, std::size_t>& pinned() {
  static auto* const only = new std::map<std::byte*, std::size_t>;
  return *only;
}

bool is_pinned(const void* first, std::size_t bytes) {
  auto* const at = static_cast<std::byte*>(const_cast<void*>(first));
  auto piece = pinned().upper_bound(at);
  if (piece == pinned().begin()) return false;
  --piece;
  return at + bytes <= piece->first + piece->second;
}

cudaError_t copy(CUstream_st& stream, void* to, const void* from, std::size_t bytes,
                 cudaMemcpyKind kind) {
  const bool to_device = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
  const bool from_device = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
  if (kind == cudaMemcpyDefault || kind == cudaMemcpyHostToHost) return cudaErrorNotSupported;
  if (bytes == 0) return cudaSuccess;
  if (to_device ? !is_on_device(to, bytes) : is_of_device(to)) return cudaErrorInvalidValue;
  if (from_device ? !is_on_device(from, bytes) : is_of_device(from)) return cudaErrorInvalidValue;
  if (to_device && !from_device && !is_pinned(from, bytes)) {
    // Pageable: it is read before the call returns.
    const auto* const first = static_cast<const std::byte*>(from);
    put(stream, [to, kept = std::vector<std::byte>(first, first + bytes)] {
      std::memcpy(to, kept.data(), kept.size());
    });
    return cudaSuccess;
  }
  put(stream, [=] { std::memmove(to, from, bytes); });
  if (from_device && !to_device && !is_pinned(to, bytes)) finish(stream);
  return cudaSuccess;
}

cudaError_t set_bytes(CUstream_st& stream, void* to, int value, std::size_t bytes) {
  if (bytes == 0) return cudaSuccess;
  if (!is_on_device(to, bytes)) return cudaErrorInvalidValue;
  put(stream, [=] { std::memset(to, value, bytes); });
  return cudaSuccess;
}

// All pools are one.
void* pools() {
  static char one = 0;
  return &one;
}
bool is_pool(cudaMemPool_t pool) { return pool == pools(); }

cudaError_t have(void** memory, std::size_t bytes) {
  if (memory == nullptr) return cudaErrorInvalidValue;
  *memory = nullptr;
  if (bytes == 0) return cudaSuccess;
  *memory = allocate(bytes);
  return *memory == nullptr ? cudaErrorMemoryAllocation : cudaSuccess;
}

}  // namespace
}  // namespace convcheck::stand_in

using namespace convcheck::stand_in;

extern "C" {

cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  return called([&] {
    *free = kDeviceBytes - bytes_in_use();
    *total = kDeviceBytes;
    return cudaSuccess;
  });
}

cudaError_t cudaMalloc(void** memory, std::size_t bytes) {
  return called_beside([&] { return have(memory, bytes); });
}
cudaError_t cudaFree(void* memory) {
  return called_beside([&] {
    finish_all_streams();
    const bool was = memory == nullptr || release(static_cast<std::byte*>(memory));
    return was ? cudaSuccess : cudaErrorInvalidValue;
  });
}
cudaError_t cudaMemPoolCreate(cudaMemPool_t* pool, const cudaMemPoolProps* properties) {
  return called([&] {
    if (properties->allocType != cudaMemAllocationTypePinned || properties->location.id != 0 ||
        properties->location.type != cudaMemLocationTypeDevice) {
      return cudaErrorInvalidValue;
    }
    *pool = reinterpret_cast<cudaMemPool_t>(pools());
    return cudaSuccess;
  });
}
cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t pool, cudaMemPoolAttr attribute, void* value) {
  return called([&] {
    const bool is_known = attribute == cudaMemPoolAttrReleaseThreshold && value != nullptr;
    return is_pool(pool) && is_known ? cudaSuccess : cudaErrorInvalidValue;
  });
}
cudaError_t cudaMallocFromPoolAsync(void** memory, std::size_t bytes, cudaMemPool_t pool,
                                    cudaStream_t handle) {
  return called(handle, [&](CUstream_st&) {
    return is_pool(pool) ? have(memory, bytes) : cudaErrorInvalidValue;
  });
}
cudaError_t cudaFreeAsync(void* memory, cudaStream_t handle) {
  return called(handle, [&](CUstream_st& stream) {
    if (memory == nullptr) return cudaSuccess;
    if (!is_on_device(memory, 1)) return cudaErrorInvalidValue;
    put(stream, [memory] {
      if (!release(static_cast<std::byte*>(memory))) die("memory is freed twice");
    });
    return cudaSuccess;
  });
}
cudaError_t cudaHostAlloc(void** memory, std::size_t bytes, unsigned) {
  return called_beside([&] {
    *memory = std::malloc(bytes);
    if (*memory == nullptr) return cudaErrorMemoryAllocation;
    std::memset(*memory, 0xff, bytes);
    pinned()[static_cast<std::byte*>(*memory)] = bytes;
    return cudaSuccess;
  });
}
cudaError_t cudaFreeHost(void* memory) {
  return called([&] {
    finish_all_streams();
    if (pinned().erase(static_cast<std::byte*>(memory)) == 0) return cudaErrorInvalidValue;
    std::free(memory);
    return cudaSuccess;
  });
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t handle) {
  return called(handle, [&](CUstream_st& stream) { return copy(stream, to, from, bytes, kind); });
}
cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
  return called(nullptr, [&](CUstream_st& stream) {
    const cudaError_t error = copy(stream, to, from, bytes, kind);
    finish(stream);
    return error;
  });
}
cudaError_t cudaMemsetAsync(void* to, int value, std::size_t bytes, cudaStream_t handle) {
  return called(handle, [&](CUstream_st& stream) { return set_bytes(stream, to, value, bytes); });
}
cudaError_t cudaMemset(void* to, int value, std::size_t bytes) {
  return cudaMemsetAsync(to, value, bytes, nullptr);  // no host waits for it
}

}  // extern "C"
