// A shared library that is loaded when it is first used: programs start where it is missing, and
// wait for none that they do not use. Internal to fast/cuda and fast/cudnn.
#pragma once

#include <string>
#include <vector>

namespace convcheck::gpu {

class Library {
 public:
  // The first of the names that the loader finds; stays loaded to the end of the process.
  explicit Library(const std::vector<std::string>& names);

  // Why it cannot be used; empty when it can.
  const std::string& reason() const { return reason_; }
  // Sets `function`; when the library has not got it, that is the reason.
  template <class Function>
  void find(const char* symbol, Function& function) {
    function = reinterpret_cast<Function>(address(symbol));
  }

 private:
  void* address(const char* symbol);

  std::string name_, reason_;
  void* handle_ = nullptr;
};

// Whether this machine has a CUDA device.
bool has_device();

}  // namespace convcheck::gpu
