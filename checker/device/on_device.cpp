#include "checker/device/on_device.h"

#include <atomic>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "checker/buffers/faults.h"
#include "checker/buffers/hostile_call.h"
#include "checker/device/device.h"

namespace convcheck {
namespace {

constexpr std::size_t kBoundary = 256;
// Of a band; no larger than the guards on the host.
constexpr std::size_t kBand = std::size_t{32} << 10;
constexpr auto kPoison = static_cast<std::byte>(Poison::NotANumber);

// The bytes from the lowest to the highest element of a view.
std::span<std::byte> bytes_of(const TensorView& view) {
  if (view.empty()) return {static_cast<std::byte*>(view.data), 0};
  const auto size = static_cast<std::int64_t>(size_of(view.type));
  std::int64_t low = 0, high = size;
  for (std::size_t axis = 0; axis < view.rank(); ++axis) {
    const std::int64_t reach = (view.extents[axis] - 1) * view.strides[axis] * size;
    (reach < 0 ? low : high) += reach;
  }
  return {static_cast<std::byte*>(view.data) + low, static_cast<std::size_t>(high - low)};
}

// The copy of some host memory between two bands.
class Image {
 public:
  Image(DevicePtr device, const char* name, std::span<std::byte> host, void* stream)
      : device_(std::move(device)),
        name_(name),
        host_(host),
        stream_(stream),
        size_(2 * kBand + kBoundary + host.size()),
        memory_(device_, size_),
        data_(memory_.data() + kBand + reinterpret_cast<std::uintptr_t>(host.data()) % kBoundary) {
    device_->fill_bytes(memory_.data(), kPoison, size_, stream_);
    // From plain memory: the driver may want to lock what it reads, guarded pages or not.
    const std::vector<std::byte> bytes(host_.begin(), host_.end());
    device_->copy_to_device(data_, bytes.data(), bytes.size(), stream_);
  }

  std::byte* data() const { return data_; }
  // The device's address of an address in the host's memory.
  void* address_of(const void* host) const {
    return data_ + (static_cast<const std::byte*>(host) - host_.data());
  }

  // Changes on the host what has changed on the device.
  void bring_back() const {
    std::vector<std::byte> now(host_.size());
    device_->copy_to_host(now.data(), data_, now.size(), stream_);
    constexpr std::size_t kPiece = 4096;
    for (std::size_t first = 0; first < now.size(); first += kPiece) {
      const std::size_t last = std::min(now.size(), first + kPiece);
      if (std::memcmp(host_.data() + first, now.data() + first, last - first) == 0) continue;
      for (std::size_t at = first; at < last; ++at) {
        if (host_[at] != now[at]) host_[at] = now[at];
      }
    }
    make_again(memory_.data(), data_);
    make_again(data_ + host_.size(), memory_.data() + size_);
  }

 private:
  // The first write to a band.
  void make_again(const std::byte* first, const std::byte* last) const {
    const auto count = static_cast<std::size_t>(last - first);
    const std::size_t at = device::first_other(*device_, first, count, kPoison, stream_);
    if (at == count) return;
    std::byte got{};
    device_->copy_to_host(&got, first + at, 1, stream_);
    const std::int64_t offset = first + at - data_;
    // An empty operand has no address on the host.
    std::byte* const host = host_.data() == nullptr ? nullptr : host_.data() + offset;
    if (host != nullptr && is_watched(host)) {
      *static_cast<volatile std::byte*>(host) = got;
      return;
    }
    const auto size = static_cast<std::int64_t>(host_.size());
    const std::string where = offset < 0
                                  ? std::to_string(offset) + " before the start of "
                                  : "+" + std::to_string(offset - size) + " past the end of ";
    throw std::runtime_error("it writes byte " + where + name_ + " (" + std::to_string(size) +
                             " bytes) in the device's memory: expected " + hex(kPoison) + ", got " +
                             hex(got));
  }

  DevicePtr device_;
  const char* name_;
  std::span<std::byte> host_;
  void* stream_;
  std::size_t size_;
  device::Memory memory_;
  std::byte* data_;
};

// The call's memory on the device.
struct Images {
  Image x, w, y, workspace;

  Images(const DevicePtr& device, const Operands& operands, std::span<std::byte> scratch,
         void* stream)
      : x(device, "x", bytes_of(operands.x), stream),
        w(device, "w", bytes_of(operands.w), stream),
        y(device, "y", bytes_of(operands.y), stream),
        workspace(device, "the workspace", scratch, stream) {}

  Operands operands(Operands host) const {
    for (const auto& [image, view] :
         {std::pair(&x, &host.x), std::pair(&w, &host.w), std::pair(&y, &host.y)}) {
      view->data = image->address_of(view->data);
      view->memory = MemoryKind::Cuda;
    }
    return host;
  }
};

Operands in_device_memory(Operands operands) {
  for (TensorView* view : {&operands.x, &operands.w, &operands.y}) view->memory = MemoryKind::Cuda;
  return operands;
}

// Whether a backend accepts any of some plain problems in that memory.
bool takes(const Backend& backend, MemoryKind memory) {
  for (const Direction direction : kAllDirections) {
    for (const std::size_t rank : {2u, 1u, 3u}) {
      for (const DataType type : {DataType::F32, DataType::F16, DataType::BF16, DataType::F64}) {
        ConvProblem problem;
        problem.direction = direction;
        problem.rank = rank;
        problem.batch = 2;
        problem.channels = problem.filters = 8;
        for (Window& window : problem.axes()) window = {8, 3, 1, 1, 1, 1};
        const auto view = [&](const Shape& shape) {
          return TensorView{nullptr, type, shape, contiguous_strides(shape), memory};
        };
        const Operands operands{view(problem.x_shape()), view(problem.w_shape()),
                                view(problem.y_shape())};
        if (backend.supports(problem, operands)) return true;
      }
    }
  }
  return false;
}

class OnDevice final : public Backend {
 public:
  OnDevice(BackendPtr backend, DeviceUse use) : backend_(std::move(backend)), use_(use) {
    if (use == DeviceUse::Always) needs_device_ = Needs::Yes;
  }

  std::string name() const override { return backend_->name(); }
  std::string version() const override { return backend_->version(); }
  DataType accumulator(DataType type) const override { return backend_->accumulator(type); }
  Claims claims() const override { return backend_->claims(); }

  Support supports(const ConvProblem& problem, const Operands& operands) const override {
    if (operands.x.memory != MemoryKind::Host) return backend_->supports(problem, operands);
    if (use_ == DeviceUse::WhereNeeded) {
      const Support own = backend_->supports(problem, operands);
      if (own || !needs_device()) return own;
    }
    if (device_in_use() == nullptr) return Support::no(why_no_device());
    return backend_->supports(problem, in_device_memory(operands));
  }

  std::size_t workspace_bytes(const ConvProblem& problem, const Operands& operands,
                              const RunContext& context) const override {
    const bool there = goes_to_device(problem, operands);
    return backend_->workspace_bytes(problem, there ? in_device_memory(operands) : operands,
                                     there ? with_stream(context) : context);
  }

  void run(const ConvProblem& problem, const Operands& operands, std::span<std::byte> workspace,
           const RunContext& context) const override {
    if (!goes_to_device(problem, operands)) {
      return backend_->run(problem, operands, workspace, context);
    }
    try {
      run_there(problem, operands, workspace, with_stream(context));
    } catch (const DeviceError& error) {
      if (error.lost()) device_is_lost(backend_->name() + ": " + error.what());
      throw;
    } catch (const std::exception&) {
      // A later launch of the backend's own may be the first to say that its device is lost, in an
      // error of its own.
      tell_if_lost();
      throw;
    }
  }

  // Of a call that was accepted.
  bool goes_to_device(const ConvProblem& problem, const Operands& operands) const {
    if (operands.x.memory != MemoryKind::Host || needs_device_ != Needs::Yes) return false;
    return use_ == DeviceUse::Always || !backend_->supports(problem, operands);
  }
  const Backend& backend() const { return *backend_; }

 private:
  enum class Needs { NotAsked, No, Yes };

  // Asked once, and not before a call is refused: another backend's answers are not disturbed.
  bool needs_device() const {
    if (needs_device_ == Needs::NotAsked) {
      const bool needs = !takes(*backend_, MemoryKind::Host) && takes(*backend_, MemoryKind::Cuda);
      needs_device_ = needs ? Needs::Yes : Needs::No;
    }
    return needs_device_ == Needs::Yes;
  }

  // Otherwise the next case would be the one to find it lost.
  void tell_if_lost() const {
    const DevicePtr device = device_in_use();
    if (device == nullptr) return;
    try {
      device->synchronise(device->stream());
    } catch (const DeviceError& error) {
      if (error.lost()) device_is_lost(backend_->name() + ": " + error.what());
    }
  }

  // A stream that waits for no other shows work that was put elsewhere.
  static RunContext with_stream(RunContext context) {
    const DevicePtr device = device_in_use();
    if (context.stream == nullptr && device != nullptr) context.stream = device->stream();
    return context;
  }

  void run_there(const ConvProblem& problem, const Operands& operands,
                 std::span<std::byte> workspace, const RunContext& context) const {
    const DevicePtr device = device_in_use();
    if (device == nullptr) throw DeviceError(why_no_device(), false);
    const Images images(device, operands, workspace, context.stream);
    backend_->run(problem, images.operands(operands), {images.workspace.data(), workspace.size()},
                  context);
    device->synchronise(context.stream);
    for (const Image* image : {&images.x, &images.w, &images.y, &images.workspace}) {
      image->bring_back();
    }
  }

  BackendPtr backend_;
  DeviceUse use_;
  mutable std::atomic<Needs> needs_device_{Needs::NotAsked};
};

}  // namespace

BackendPtr on_device(const BackendPtr& backend, DeviceUse use) {
  return std::make_shared<OnDevice>(backend, use);
}

const Backend* backend_on_device(const Backend& backend, const ConvProblem& problem,
                                 const Operands& operands) {
  const auto* const own = dynamic_cast<const OnDevice*>(&backend);
  const bool there =
      own != nullptr && own->supports(problem, operands) && own->goes_to_device(problem, operands);
  return there ? &own->backend() : nullptr;
}

BackendPtr on_device(const Backend& backend, DeviceUse use) {
  return on_device(BackendPtr(BackendPtr(), &backend), use);
}

}  // namespace convcheck
