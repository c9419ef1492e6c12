// Memory of the device that is current, and moments of a stream. Internal to fast/cuda and
// fast/cudnn. Everything throws std::runtime_error where a call of CUDA fails.
#pragma once

#include <cstddef>
#include <utility>

#include "reference/backend.h"

namespace convcheck::gpu {

// Full of one byte that makes small numbers of every type.
class DeviceMemory {
 public:
  DeviceMemory() = default;
  DeviceMemory(std::size_t bytes, const ConvProblem& problem);
  DeviceMemory(DeviceMemory&& other) noexcept { *this = std::move(other); }
  DeviceMemory& operator=(DeviceMemory&& other) noexcept {
    std::swap(data_, other.data_);
    return *this;
  }
  ~DeviceMemory();
  std::byte* data() const { return data_; }

 private:
  std::byte* data_ = nullptr;
};

// A moment in a stream, a cudaStream_t.
class Moment {
 public:
  explicit Moment(const ConvProblem& problem);
  Moment(const Moment&) = delete;
  Moment& operator=(const Moment&) = delete;
  ~Moment();
  void record(void* stream);
  // Waits for both.
  double seconds_since(const Moment& start) const;

 private:
  const ConvProblem& problem_;
  void* event_ = nullptr;
};

}  // namespace convcheck::gpu
