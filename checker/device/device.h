// Memory that is not the host's, as the checker uses it. checker/cuda implements it and is
// registered by the program; nothing here knows CUDA.
//
// A stream is the device's own handle (a cudaStream_t); null is its default stream. What is put
// into one stream is done in that order. Every function throws DeviceError, whose words name the
// call that failed and the device, and may be called by any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include "checker/device/projection_work.h"
#include "checker/device/sum_work.h"
#include "checker/device/works.h"
#include "reference/backend.h"

namespace convcheck {

class DeviceError : public std::runtime_error {
 public:
  // `lost`: no later call of this process will succeed, as after an access outside all memory.
  DeviceError(const std::string& what, bool lost) : std::runtime_error(what), lost_(lost) {}
  bool lost() const { return lost_; }

 private:
  bool lost_;
};

class Device {
 public:
  // Bytes that are on their way to the host.
  class Arrival {
   public:
    virtual ~Arrival() = default;
    // Without waiting.
    virtual bool here() const = 0;
    // Waits; valid as long as this object.
    virtual const std::byte* wait() const = 0;
  };

  // A moment of a stream.
  class Mark {
   public:
    virtual ~Mark() = default;
    // Of the stream's time; waits for both.
    virtual double seconds_since(const Mark& earlier) const = 0;
  };

  virtual ~Device() = default;

  // "cuda:0 NVIDIA H200".
  virtual std::string name() const = 0;
  // One of its own, for which the default stream does not wait.
  virtual void* stream() const = 0;

  // At a multiple of 256 bytes; at least one byte. Releasing waits for the work that uses it.
  virtual void* allocate(std::size_t bytes) const = 0;
  virtual void release(void* memory) const noexcept = 0;
  // For work in this stream alone, had and given back in its order, without waiting.
  virtual void* allocate_in(void* stream, std::size_t bytes) const = 0;
  virtual void release_in(void* stream, void* memory) const noexcept = 0;

  // Both wait until the bytes are there.
  virtual void copy_to_device(void* to, const void* from, std::size_t bytes,
                              void* stream) const = 0;
  virtual void copy_to_host(void* to, const void* from, std::size_t bytes, void* stream) const = 0;
  // Does not wait.
  virtual std::unique_ptr<Arrival> send_to_host(const void* from, std::size_t bytes,
                                                void* stream) const = 0;
  virtual void fill_bytes(void* to, std::byte pattern, std::size_t bytes, void* stream) const = 0;
  virtual void synchronise(void* stream) const = 0;
  // Put into the stream, without waiting.
  virtual std::unique_ptr<Mark> mark(void* stream) const = 0;

  // Put `items` items of a work into the stream.
  virtual void launch(const device::FillWork& work, std::int64_t items, void* stream) const = 0;
  virtual void launch(const device::CanaryWork& work, std::int64_t items, void* stream) const = 0;
  virtual void launch(const device::SumWork& work, std::int64_t items, void* stream) const = 0;
  // All blocks of it.
  virtual void launch(const device::ProjectionWork<std::uint64_t>& work, void* stream) const = 0;
  virtual void launch(const device::ProjectionWork<double>& work, void* stream) const = 0;
};

using DevicePtr = std::shared_ptr<const Device>;

// Where the device comes from; asked once, when it is first needed. Null, or a DeviceError, for
// none.
void set_device_source(std::function<DevicePtr()> source);
// Null: there is none.
DevicePtr device_in_use();
// "no CUDA device", and why where that is known.
std::string why_no_device();

// What is done when a backend has left the device in a state that only another process can use;
// by default nothing more than throwing the DeviceError. A worker process ends here, as it does of
// a crash on the host.
void set_device_lost_action(std::function<void(const std::string& what)> action);
void device_is_lost(const std::string& what);

namespace device {

// Memory of a device that is given back.
class Memory {
 public:
  Memory() = default;
  Memory(DevicePtr device, std::size_t bytes)
      : device_(std::move(device)), data_(device_->allocate(bytes)) {}
  Memory(Memory&& other) noexcept { *this = std::move(other); }
  Memory& operator=(Memory&& other) noexcept {
    std::swap(device_, other.device_);
    std::swap(data_, other.data_);
    return *this;
  }
  ~Memory() {
    if (data_ != nullptr) device_->release(data_);
  }
  std::byte* data() const { return static_cast<std::byte*>(data_); }

 private:
  DevicePtr device_;
  void* data_ = nullptr;
};

// The same of one stream alone: had and given back in its order, without waiting.
class StreamMemory {
 public:
  StreamMemory(const Device& device, void* stream, std::size_t bytes)
      : device_(device), stream_(stream), data_(device.allocate_in(stream, bytes)) {}
  StreamMemory(const StreamMemory&) = delete;
  StreamMemory& operator=(const StreamMemory&) = delete;
  ~StreamMemory() { device_.release_in(stream_, data_); }
  std::byte* data() const { return static_cast<std::byte*>(data_); }

 private:
  const Device& device_;
  void* stream_;
  void* data_;
};

View view_of(const TensorView& view);

// Of a valid problem and operands that fit it.
SumWork sum_work(const ConvProblem& problem, const Operands& operands);

// The first byte of the device's memory that is not `pattern`, or the number of bytes. Waits.
std::size_t first_other(const Device& device, const void* bytes, std::size_t count,
                        std::byte pattern, void* stream);

}  // namespace device
}  // namespace convcheck
