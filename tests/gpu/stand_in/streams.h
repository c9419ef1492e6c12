// The stand-in's streams: work is done as late as the calls' contracts allow, by the thread that
// waits for it. So what does not wait reads what was there before.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include "tests/gpu/stand_in/memory.h"

namespace convcheck::stand_in {

// A moment in a stream: when it is passed, and the device's clock then.
struct Moment {
  CUstream_st* stream = nullptr;
  std::size_t ticket = 0;
  bool passed = false;
  double seconds = 0;
};

// Guards everything of the stand-in. A thread that does a stream's work has it.
std::recursive_mutex& all();

// The stream of a handle, the program's default one included; nullptr: there is none such.
CUstream_st* stream_of(cudaStream_t handle);
CUstream_st* make_stream(bool blocking);
// Once its work is done; false: there is none such.
bool end_stream(CUstream_st* stream);
// Puts work at the end of a stream.
void put(CUstream_st& stream, std::function<void()> work);
std::shared_ptr<Moment> put_moment(CUstream_st& stream);
// Does all work of the stream, and what it waits for.
void finish(CUstream_st& stream);
void finish(const Moment& moment);
void finish_all_streams();

}  // namespace convcheck::stand_in

// A stream and an event as the program has them: CUDA's own headers declare these names.
struct CUstream_st {
  struct Work {
    std::size_t ticket = 0;
    std::function<void()> run;
  };
  bool blocking = true;  // waits for the default stream, which waits for it
  // Into a graph, of which only this is kept.
  cudaStreamCaptureStatus capture = cudaStreamCaptureStatusNone;
  std::deque<Work> queue{};
};

struct CUevent_st {
  bool timed = true;
  bool asked = false;
  std::shared_ptr<convcheck::stand_in::Moment> moment{};
};
