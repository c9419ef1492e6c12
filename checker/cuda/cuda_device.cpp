#include "checker/cuda/cuda_device.h"

#include <cuda_runtime_api.h>

#include <utility>

#include "checker/cuda/cuda_check.h"
#include "checker/cuda/cuda_memory.h"
#include "checker/cuda/kernels.h"
#include "checker/device/device.h"

namespace convcheck {
namespace {

using cuda::BesideCaptures;
using cuda::check;
using cuda::device_name;
using cuda::Pinned;
using cuda::Pools;

cudaStream_t cuda_stream(void* stream) { return static_cast<cudaStream_t>(stream); }

// What is recorded for later is not run now, and what is ours would be part of the program's graph.
void refuse_capture(cudaStream_t stream) {
  cudaStreamCaptureStatus capture = cudaStreamCaptureStatusNone;
  check(cudaStreamIsCapturing(stream, &capture), "cudaStreamIsCapturing");
  if (capture != cudaStreamCaptureStatusNone) {
    throw DeviceError("the stream is being captured into a graph", false);
  }
}

class CudaArrival final : public Device::Arrival {
 public:
  CudaArrival(std::shared_ptr<Pinned> pinned, const void* from, std::size_t bytes,
              cudaStream_t stream)
      : pinned_(std::move(pinned)), bytes_(bytes == 0 ? 1 : bytes) {
    memory_ = pinned_->take(bytes_);
    try {
      check(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming), "cudaEventCreateWithFlags");
      check(cudaMemcpyAsync(memory_, from, bytes, cudaMemcpyDeviceToHost, stream),
            "cudaMemcpyAsync to the host");
      check(cudaEventRecord(event_, stream), "cudaEventRecord");
    } catch (const DeviceError&) {
      if (event_ != nullptr) cudaEventDestroy(event_);
      throw;  // the copy may be under way: its memory is not used again
    }
  }
  CudaArrival(const CudaArrival&) = delete;
  CudaArrival& operator=(const CudaArrival&) = delete;
  ~CudaArrival() override {
    const BesideCaptures beside;
    const bool done = cudaEventSynchronize(event_) == cudaSuccess;
    cudaEventDestroy(event_);
    if (done) pinned_->give_back(memory_, bytes_);
  }

  bool here() const override {
    const BesideCaptures beside;
    const cudaError_t state = cudaEventQuery(event_);
    if (state == cudaErrorNotReady) {
      cudaGetLastError();
      return false;
    }
    check(state, "cudaEventQuery");
    return true;
  }
  const std::byte* wait() const override {
    const BesideCaptures beside;
    check(cudaEventSynchronize(event_), "cudaEventSynchronize");
    return static_cast<const std::byte*>(memory_);
  }

 private:
  std::shared_ptr<Pinned> pinned_;
  std::size_t bytes_;
  void* memory_ = nullptr;
  cudaEvent_t event_ = nullptr;
};

class CudaMark final : public Device::Mark {
 public:
  explicit CudaMark(cudaStream_t stream) {
    check(cudaEventCreate(&event_), "cudaEventCreate");
    if (const cudaError_t error = cudaEventRecord(event_, stream); error != cudaSuccess) {
      cudaEventDestroy(event_);
      check(error, "cudaEventRecord");
    }
  }
  CudaMark(const CudaMark&) = delete;
  CudaMark& operator=(const CudaMark&) = delete;
  ~CudaMark() override { cudaEventDestroy(event_); }

  double seconds_since(const Mark& earlier) const override {
    float milliseconds = 0;
    const BesideCaptures beside;
    check(cudaEventSynchronize(event_), "cudaEventSynchronize");
    check(cudaEventElapsedTime(&milliseconds, static_cast<const CudaMark&>(earlier).event_, event_),
          "cudaEventElapsedTime");
    return milliseconds / 1e3;
  }

 private:
  cudaEvent_t event_ = nullptr;
};

class CudaDevice final : public Device {
 public:
  CudaDevice() {
    check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
  }
  // The stream is left to the end of the process, when the driver may be gone already.

  std::string name() const override { return device_name(); }
  void* stream() const override { return stream_; }

  void* allocate(std::size_t bytes) const override {
    void* memory = nullptr;
    const BesideCaptures beside;
    check(cudaMalloc(&memory, bytes == 0 ? 1 : bytes), "cudaMalloc");
    return memory;
  }
  void release(void* memory) const noexcept override {
    const BesideCaptures beside;
    if (cudaFree(memory) != cudaSuccess) cudaGetLastError();
  }
  void* allocate_in(void* stream, std::size_t bytes) const override {
    refuse_capture(cuda_stream(stream));
    return pools_->take(bytes == 0 ? 1 : bytes, cuda_stream(stream));
  }
  void release_in(void* stream, void* memory) const noexcept override {
    if (cudaFreeAsync(memory, cuda_stream(stream)) != cudaSuccess) cudaGetLastError();
  }

  void copy_to_device(void* to, const void* from, std::size_t bytes, void* stream) const override {
    if (bytes == 0) return;
    refuse_capture(cuda_stream(stream));
    check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, cuda_stream(stream)),
          "cudaMemcpyAsync to the device");
    synchronise(stream);
  }
  void copy_to_host(void* to, const void* from, std::size_t bytes, void* stream) const override {
    if (bytes == 0) return;
    refuse_capture(cuda_stream(stream));
    check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, cuda_stream(stream)),
          "cudaMemcpyAsync to the host");
    synchronise(stream);
  }
  std::unique_ptr<Arrival> send_to_host(const void* from, std::size_t bytes,
                                        void* stream) const override {
    return std::make_unique<CudaArrival>(pinned_, from, bytes, cuda_stream(stream));
  }
  void fill_bytes(void* to, std::byte pattern, std::size_t bytes, void* stream) const override {
    if (bytes == 0) return;
    check(cudaMemsetAsync(to, std::to_integer<int>(pattern), bytes, cuda_stream(stream)),
          "cudaMemsetAsync");
  }
  void synchronise(void* stream) const override {
    refuse_capture(cuda_stream(stream));
    const BesideCaptures beside;
    check(cudaStreamSynchronize(cuda_stream(stream)), "cudaStreamSynchronize");
  }
  std::unique_ptr<Mark> mark(void* stream) const override {
    refuse_capture(cuda_stream(stream));
    return std::make_unique<CudaMark>(cuda_stream(stream));
  }

  void launch(const device::FillWork& work, std::int64_t items, void* stream) const override {
    launched("fill", cuda::launch(work, items, stream));
  }
  void launch(const device::CanaryWork& work, std::int64_t items, void* stream) const override {
    launched("canary", cuda::launch(work, items, stream));
  }
  void launch(const device::SumWork& work, std::int64_t items, void* stream) const override {
    launched("sum", cuda::launch(work, items, stream));
  }
  void launch(const device::ProjectionWork<std::uint64_t>& work, void* stream) const override {
    launched("integer projection", cuda::launch(work, stream));
  }
  void launch(const device::ProjectionWork<double>& work, void* stream) const override {
    launched("projection", cuda::launch(work, stream));
  }

 private:
  static void launched(const char* kernel, int error) {
    check(static_cast<cudaError_t>(error),
          (std::string("cudaLaunchKernel of the ") + kernel + " kernel").c_str());
  }

  std::shared_ptr<Pinned> pinned_ = std::make_shared<Pinned>();
  std::unique_ptr<Pools> pools_ = std::make_unique<Pools>();
  cudaStream_t stream_ = nullptr;
};

DevicePtr cuda_device() {
  int count = 0;
  const cudaError_t error = cudaGetDeviceCount(&count);
  if (error == cudaErrorNoDevice || error == cudaErrorInsufficientDriver) {
    cudaGetLastError();
    return nullptr;
  }
  check(error, "cudaGetDeviceCount");
  return count > 0 ? std::make_shared<CudaDevice>() : nullptr;
}

}  // namespace

void use_cuda_device() { set_device_source(cuda_device); }

}  // namespace convcheck
