// A device that is the host: it runs every work, last item first, in memory that it knows and that
// nobody else should touch. What only a device can show stays unseen; all index arithmetic does
// not.
#pragma once

#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <vector>

#include "checker/device/device.h"

namespace convcheck {

class HostAsDevice : public Device {
 public:
  // Arrivals are under way while this is true, unless somebody waits.
  mutable bool slow = false;
  mutable int synchronised = 0;  // how often a caller waited for a stream
  mutable std::string fails;     // the name of a call that fails
  mutable double now = 0;        // of its streams, in seconds; moves when a test moves it

  ~HostAsDevice() override {
    for (const auto& [memory, bytes] : live_) std::free(memory);
  }

  std::size_t live() const { return live_.size(); }
  // Whether the bytes lie in one piece of this memory.
  bool owns(const void* first, std::size_t bytes) const {
    const std::lock_guard lock(mutex_);
    auto piece = live_.upper_bound(const_cast<void*>(first));
    if (piece == live_.begin()) return false;
    --piece;
    const auto* const begin = static_cast<const std::byte*>(piece->first);
    const auto* const at = static_cast<const std::byte*>(first);
    return at + bytes <= begin + piece->second;
  }

  std::string name() const override { return "host"; }
  void* stream() const override { return const_cast<HostAsDevice*>(this); }

  void* allocate(std::size_t bytes) const override {
    call("allocate");
    void* const memory = std::aligned_alloc(256, (bytes + 256) / 256 * 256);
    const std::lock_guard lock(mutex_);
    live_[memory] = bytes;
    return memory;
  }
  void release(void* memory) const noexcept override {
    const std::lock_guard lock(mutex_);
    if (live_.erase(memory) == 1) std::free(memory);
  }
  void* allocate_in(void*, std::size_t bytes) const override { return allocate(bytes); }
  void release_in(void*, void* memory) const noexcept override { release(memory); }

  void copy_to_device(void* to, const void* from, std::size_t bytes, void*) const override {
    call("copy_to_device");
    if (bytes > 0) std::memcpy(mine(to, bytes), from, bytes);
  }
  void copy_to_host(void* to, const void* from, std::size_t bytes, void* stream) const override {
    call("copy_to_host");
    if (bytes > 0) std::memcpy(to, mine(from, bytes), bytes);
    synchronise(stream);
  }
  std::unique_ptr<Arrival> send_to_host(const void* from, std::size_t bytes, void*) const override {
    call("send_to_host");
    return std::make_unique<Sent>(*this, mine(from, bytes), bytes);
  }
  void fill_bytes(void* to, std::byte pattern, std::size_t bytes, void*) const override {
    if (bytes > 0) std::memset(const_cast<void*>(mine(to, bytes)), int(pattern), bytes);
  }
  void synchronise(void*) const override {
    call("synchronise");
    ++synchronised;
  }

  std::unique_ptr<Mark> mark(void*) const override {
    call("mark");
    return std::make_unique<At>(now);
  }

  void launch(const device::FillWork& work, std::int64_t items, void*) const override {
    each(work, items);
  }
  void launch(const device::CanaryWork& work, std::int64_t items, void*) const override {
    each(work, items);
  }
  void launch(const device::SumWork& work, std::int64_t items, void*) const override {
    each(work, items);
  }
  void launch(const device::ProjectionWork<std::uint64_t>& work, void*) const override {
    each_block(work);
  }
  void launch(const device::ProjectionWork<double>& work, void*) const override {
    each_block(work);
  }

 private:
  struct Sent final : Arrival {
    Sent(const HostAsDevice& of, const void* from, std::size_t bytes)
        : device(of), copy((bytes + 7) / 8) {
      std::memcpy(copy.data(), from, bytes);
    }
    bool here() const override { return !device.slow; }
    const std::byte* wait() const override {
      return reinterpret_cast<const std::byte*>(copy.data());
    }
    const HostAsDevice& device;
    std::vector<std::uint64_t> copy;
  };

  struct At final : Mark {
    explicit At(double seconds) : at(seconds) {}
    double seconds_since(const Mark& earlier) const override {
      return at - static_cast<const At&>(earlier).at;
    }
    double at;
  };

  void call(const char* name) const {
    if (fails == name) throw DeviceError(std::string(name) + ": planted (on host)", false);
  }
  void* mine(const void* memory, std::size_t bytes) const {
    if (!owns(memory, bytes)) throw DeviceError("memory that is not the device's", true);
    return const_cast<void*>(memory);
  }
  template <class Work>
  void each(const Work& work, std::int64_t items) const {
    call("launch");
    while (items-- > 0) work(items);
  }

  // The threads of a block, last first.
  template <class Sums>
  struct Threads {
    std::vector<Sums> own;
    template <class What>
    void each(const What& what) {
      for (auto thread = own.size(); thread-- > 0;) what(static_cast<int>(thread), own[thread]);
    }
  };
  template <class Work>
  void each_block(const Work& work) const {
    call("launch");
    const auto shared = std::make_unique<typename Work::Shared>();
    Threads<typename Work::Sums> threads{std::vector<typename Work::Sums>(Work::kThreads)};
    for (std::int64_t block = work.blocks(); block-- > 0;) work.run(block, *shared, threads);
  }

  mutable std::mutex mutex_;
  mutable std::map<void*, std::size_t> live_;
};

// The device in use while this object lives.
class DeviceInUse {
 public:
  explicit DeviceInUse(DevicePtr device) {
    set_device_source([device] { return device; });
  }
  ~DeviceInUse() { set_device_source({}); }
};

// The same view of other memory.
inline TensorView moved(TensorView view, void* data) {
  view.data = data;
  view.memory = MemoryKind::Cuda;
  return view;
}

}  // namespace convcheck
