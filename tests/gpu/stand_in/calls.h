// What the stand-in's calls have in common: calls_of_device.cpp, calls_of_memory.cpp and
// calls_of_streams.cpp are those of CUDA's runtime that the project makes. What CUDA promises is
// kept to the letter and no further: work is done late (streams.h), memory is the device's alone
// (memory.h), and what a device refuses is refused.
//
// CONVCHECK_STAND_IN_DEVICES=0: there is no device. CONVCHECK_STAND_IN_BLOCKS=1: grids of more
// blocks have one, so that it does what only the largest problems ask of it.
#pragma once

#include <cuda_runtime_api.h>

#include <mutex>

#include "tests/gpu/stand_in/streams.h"

namespace convcheck::stand_in {

bool is_there();
// Keeps an error for cudaGetLastError of this thread, and returns it.
cudaError_t answer(cudaError_t error);
bool is_event(cudaEvent_t event);
// Whether a call that waits, asks for an event or has memory may be made by this thread; where it
// may not, because a stream is captured, the capture is lost.
bool is_allowed_beside_captures();

// What every call does.
template <class Call>
cudaError_t called(const Call& call) {
  if (!is_there()) return answer(cudaErrorNoDevice);
  const std::lock_guard lock(all());
  return answer(call());
}
// The same with a stream's or an event's handle.
template <class Call>
cudaError_t called(cudaStream_t handle, const Call& call) {
  return called([&] {
    CUstream_st* const stream = stream_of(handle);
    return stream == nullptr ? cudaErrorInvalidResourceHandle : call(*stream);
  });
}
// The same of a call that captures forbid.
template <class Call>
cudaError_t called_beside(const Call& call) {
  return called(
      [&] { return is_allowed_beside_captures() ? call() : cudaErrorStreamCaptureUnsupported; });
}
template <class Call>
cudaError_t called_with(cudaEvent_t event, const Call& call) {
  return called([&] { return is_event(event) ? call() : cudaErrorInvalidResourceHandle; });
}

}  // namespace convcheck::stand_in
