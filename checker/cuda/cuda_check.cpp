#include "checker/cuda/cuda_check.h"

#include "checker/device/device.h"

namespace convcheck::cuda {
namespace {

// Errors after which every call of the process fails.
bool is_lost(cudaError_t error) {
  switch (error) {
    case cudaErrorECCUncorrectable:
    case cudaErrorIllegalAddress:
    case cudaErrorLaunchTimeout:
    case cudaErrorAssert:
    case cudaErrorHardwareStackError:
    case cudaErrorIllegalInstruction:
    case cudaErrorMisalignedAddress:
    case cudaErrorInvalidAddressSpace:
    case cudaErrorInvalidPc:
    case cudaErrorLaunchFailure:
    case cudaErrorUnknown:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::string device_name() {
  int number = 0;
  cudaDeviceProp properties{};
  if (cudaGetDevice(&number) != cudaSuccess) return "cuda";
  std::string name = "cuda:" + std::to_string(number);
  if (cudaGetDeviceProperties(&properties, number) == cudaSuccess) {
    name += std::string(" ") + properties.name;
  }
  return name;
}

void check(cudaError_t error, const char* call) {
  if (error == cudaSuccess) return;
  cudaGetLastError();  // or the program's next question would be answered with it
  throw DeviceError(std::string(call) + ": " + cudaGetErrorString(error) + " (" +
                        cudaGetErrorName(error) + ", on " + device_name() + ")",
                    is_lost(error));
}

}  // namespace convcheck::cuda
