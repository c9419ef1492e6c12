#include "fast/cuda/library.h"

#include <cuda_runtime_api.h>
#include <dlfcn.h>

namespace convcheck::gpu {

Library::Library(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    handle_ = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle_ != nullptr) {
      name_ = name;
      reason_.clear();
      return;
    }
    const char* const error = dlerror();
    if (reason_.empty()) reason_ = error == nullptr ? name + " was not found" : error;
  }
}

void* Library::address(const char* symbol) {
  if (handle_ == nullptr) return nullptr;
  void* const found = dlsym(handle_, symbol);
  if (found == nullptr && reason_.empty()) reason_ = name_ + " has no " + symbol;
  return found;
}

bool has_device() {
  static const bool has = [] {
    int count = 0;
    const bool asked = cudaGetDeviceCount(&count) == cudaSuccess;
    if (!asked) cudaGetLastError();
    return asked && count > 0;
  }();
  return has;
}

}  // namespace convcheck::gpu
