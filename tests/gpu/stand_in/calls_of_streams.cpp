// Streams and events.
#include <set>
#include <utility>

#include "tests/gpu/stand_in/calls.h"

namespace convcheck::stand_in {
namespace {

std::set<cudaEvent_t>& events() {
  static auto* const only = new std::set<cudaEvent_t>;
  return *only;
}

thread_local cudaStreamCaptureMode capture_mode = cudaStreamCaptureModeGlobal;

std::set<CUstream_st*>& captured() {
  static auto* const only = new std::set<CUstream_st*>;
  return *only;
}

}  // namespace

bool is_allowed_beside_captures() {
  if (captured().empty() || capture_mode == cudaStreamCaptureModeRelaxed) return true;
  for (CUstream_st* stream : captured()) stream->capture = cudaStreamCaptureStatusInvalidated;
  return false;
}

bool is_event(cudaEvent_t event) { return events().count(event) == 1; }

}  // namespace convcheck::stand_in

using namespace convcheck::stand_in;

extern "C" {

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags) {
  return called([&] {
    *stream = make_stream((flags & cudaStreamNonBlocking) == 0);
    return cudaSuccess;
  });
}
cudaError_t cudaStreamCreate(cudaStream_t* stream) {
  return cudaStreamCreateWithFlags(stream, cudaStreamDefault);
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  return called([&] { return end_stream(stream) ? cudaSuccess : cudaErrorInvalidResourceHandle; });
}
cudaError_t cudaStreamSynchronize(cudaStream_t handle) {
  return called(handle, [](CUstream_st& stream) {
    if (!is_allowed_beside_captures() || stream.capture != cudaStreamCaptureStatusNone) {
      return cudaErrorStreamCaptureUnsupported;
    }
    finish(stream);
    return cudaSuccess;
  });
}
cudaError_t cudaStreamQuery(cudaStream_t handle) {
  return called(handle, [](const CUstream_st& stream) {
    return stream.queue.empty() ? cudaSuccess : cudaErrorNotReady;
  });
}
cudaError_t cudaStreamIsCapturing(cudaStream_t handle, cudaStreamCaptureStatus* status) {
  return called(handle, [&](const CUstream_st& stream) {
    *status = stream.capture;
    return cudaSuccess;
  });
}
cudaError_t cudaThreadExchangeStreamCaptureMode(cudaStreamCaptureMode* mode) {
  std::swap(capture_mode, *mode);
  return cudaSuccess;
}
// Work is put into the stream all the same: nothing here puts any into one that is captured.
cudaError_t cudaStreamBeginCapture(cudaStream_t handle, cudaStreamCaptureMode mode) {
  return called(handle, [&](CUstream_st& stream) {
    if (mode != cudaStreamCaptureModeGlobal) return cudaErrorNotSupported;
    stream.capture = cudaStreamCaptureStatusActive;
    captured().insert(&stream);
    return cudaSuccess;
  });
}
cudaError_t cudaStreamEndCapture(cudaStream_t handle, cudaGraph_t* graph) {
  return called(handle, [&](CUstream_st& stream) {
    *graph = nullptr;
    captured().erase(&stream);
    const auto was = std::exchange(stream.capture, cudaStreamCaptureStatusNone);
    return was == cudaStreamCaptureStatusActive ? cudaSuccess : cudaErrorStreamCaptureInvalidated;
  });
}
cudaError_t cudaGraphDestroy(cudaGraph_t) { return cudaSuccess; }
cudaError_t cudaStreamWaitEvent(cudaStream_t handle, cudaEvent_t event, unsigned) {
  return called_with(event, [&] {
    CUstream_st* const stream = stream_of(handle);
    if (stream == nullptr) return cudaErrorInvalidResourceHandle;
    if (event->moment != nullptr) put(*stream, [moment = event->moment] { finish(*moment); });
    return cudaSuccess;
  });
}
cudaError_t cudaLaunchHostFunc(cudaStream_t handle, cudaHostFn_t function, void* data) {
  return called(handle, [&](CUstream_st& stream) {
    put(stream, [=] { function(data); });
    return cudaSuccess;
  });
}
cudaError_t cudaDeviceSynchronize() {
  return called([] {
    finish_all_streams();
    return cudaSuccess;
  });
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags) {
  return called([&] {
    *event = new CUevent_st{.timed = (flags & cudaEventDisableTiming) == 0};
    events().insert(*event);
    return cudaSuccess;
  });
}
cudaError_t cudaEventCreate(cudaEvent_t* event) {
  return cudaEventCreateWithFlags(event, cudaEventDefault);
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  return called_with(event, [&] {
    events().erase(event);
    delete event;
    return cudaSuccess;
  });
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t handle) {
  return called_with(event, [&] {
    CUstream_st* const stream = stream_of(handle);
    if (stream == nullptr) return cudaErrorInvalidResourceHandle;
    event->moment = put_moment(*stream);
    event->asked = false;
    return cudaSuccess;
  });
}
// The first answer is that it is under way; whoever asks again in a loop comes to an end.
cudaError_t cudaEventQuery(cudaEvent_t event) {
  return called_with(event, [&] {
    if (!is_allowed_beside_captures()) return cudaErrorStreamCaptureUnsupported;
    if (event->moment == nullptr || event->moment->passed) return cudaSuccess;
    if (!std::exchange(event->asked, true)) return cudaErrorNotReady;
    finish(*event->moment);
    return cudaSuccess;
  });
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  return called_with(event, [&] {
    if (!is_allowed_beside_captures()) return cudaErrorStreamCaptureUnsupported;
    if (event->moment != nullptr) finish(*event->moment);
    return cudaSuccess;
  });
}
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t end) {
  return called_with(start, [&] {
    if (!is_event(end)) return cudaErrorInvalidResourceHandle;
    for (const cudaEvent_t event : {start, end}) {
      if (!event->timed || event->moment == nullptr) return cudaErrorInvalidResourceHandle;
      if (!event->moment->passed) return cudaErrorNotReady;
    }
    *milliseconds = static_cast<float>((end->moment->seconds - start->moment->seconds) * 1e3);
    return cudaSuccess;
  });
}

}  // extern "C"
