// The device, its errors and its kernels.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <utility>

#include "tests/gpu/stand_in/blocks.h"
#include "tests/gpu/stand_in/calls.h"

namespace convcheck::stand_in {
namespace {

constexpr std::size_t kUsualSharedBytes = 48 * 1024;

thread_local cudaError_t last_error = cudaSuccess;

// Of kernels that may have more than usual.
std::map<const void*, std::size_t>& shared_bytes() {
  static auto* const only = new std::map<const void*, std::size_t>;
  return *only;
}

bool is_grid(dim3 blocks, dim3 threads) {
  const auto in = [](unsigned value, unsigned most) { return value > 0 && value <= most; };
  return in(blocks.x, 0x7fffffff) && in(blocks.y, 65535) && in(blocks.z, 65535) &&
         in(threads.x, 1024) && in(threads.y, 1024) && in(threads.z, 64) &&
         std::size_t{threads.x} * threads.y * threads.z <= 1024;
}

// Of a grid; all kernels here do all items by any number of blocks.
unsigned most_blocks() {
  static const unsigned most = [] {
    const char* const blocks = std::getenv("CONVCHECK_STAND_IN_BLOCKS");
    return blocks == nullptr ? 0x7fffffffu : static_cast<unsigned>(std::atoi(blocks));
  }();
  return most;
}

}  // namespace

bool is_there() {
  static const bool is = [] {
    const char* const devices = std::getenv("CONVCHECK_STAND_IN_DEVICES");
    return devices == nullptr || std::strcmp(devices, "0") != 0;
  }();
  return is;
}

cudaError_t answer(cudaError_t error) {
  if (error != cudaSuccess) last_error = error;
  return error;
}

cudaError_t launch(const void* kernel, dim3 blocks, dim3 threads, Shared shared,
                   cudaStream_t handle, std::function<void()> thread) {
  return called(handle, [&](CUstream_st& stream) {
    if (!is_grid(blocks, threads)) return cudaErrorInvalidConfiguration;
    const auto more = shared_bytes().find(kernel);
    const std::size_t most = more == shared_bytes().end() ? kUsualSharedBytes : more->second;
    if (shared.bytes > most) return cudaErrorInvalidValue;
    blocks.x = std::min(blocks.x, most_blocks());
    put(stream, [=] { run_grid(blocks, threads, shared, thread); });
    return cudaSuccess;
  });
}

}  // namespace convcheck::stand_in

using namespace convcheck::stand_in;

extern "C" {

cudaError_t cudaGetDeviceCount(int* count) {
  *count = is_there() ? 1 : 0;
  return answer(is_there() ? cudaSuccess : cudaErrorNoDevice);
}
cudaError_t cudaGetDevice(int* device) {
  *device = 0;
  return answer(is_there() ? cudaSuccess : cudaErrorNoDevice);
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  if (!is_there() || device != 0) return answer(cudaErrorInvalidDevice);
  *properties = {};
  std::strcpy(properties->name, "stand-in on the host");
  properties->totalGlobalMem = kDeviceBytes;
  properties->major = 9;
  properties->multiProcessorCount = 1;
  properties->sharedMemPerBlock = kUsualSharedBytes;
  properties->sharedMemPerBlockOptin = kSharedBytes;
  return cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}
cudaError_t cudaDriverGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}
cudaError_t cudaGetLastError() { return std::exchange(last_error, cudaSuccess); }
cudaError_t cudaPeekAtLastError() { return last_error; }
const char* cudaGetErrorName(cudaError_t error) {
  switch (error) {
    case cudaSuccess:
      return "cudaSuccess";
    case cudaErrorInvalidValue:
      return "cudaErrorInvalidValue";
    case cudaErrorMemoryAllocation:
      return "cudaErrorMemoryAllocation";
    case cudaErrorInvalidConfiguration:
      return "cudaErrorInvalidConfiguration";
    case cudaErrorInvalidResourceHandle:
      return "cudaErrorInvalidResourceHandle";
    case cudaErrorNotReady:
      return "cudaErrorNotReady";
    case cudaErrorNoDevice:
      return "cudaErrorNoDevice";
    case cudaErrorStreamCaptureUnsupported:
      return "cudaErrorStreamCaptureUnsupported";
    case cudaErrorStreamCaptureInvalidated:
      return "cudaErrorStreamCaptureInvalidated";
    default:
      return "another error";
  }
}
const char* cudaGetErrorString(cudaError_t error) { return cudaGetErrorName(error); }

cudaError_t cudaFuncSetAttribute(const void* kernel, cudaFuncAttribute attribute, int value) {
  return called([&] {
    if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize) return cudaErrorNotSupported;
    if (value < 0 || static_cast<std::size_t>(value) > kSharedBytes) return cudaErrorInvalidValue;
    shared_bytes()[kernel] = static_cast<std::size_t>(value);
    return cudaSuccess;
  });
}

}  // extern "C"
