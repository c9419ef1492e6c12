#include "tests/gpu/stand_in/streams.h"

#include <chrono>
#include <set>

namespace convcheck::stand_in {
namespace {

struct Streams {
  std::set<CUstream_st*> made;
  CUstream_st of_program;  // the default one
  CUstream_st of_threads{.blocking = true};
  std::size_t tickets = 0;
  double clock = 0;  // seconds of work that the device has done
};

Streams& streams() {
  static auto* const only = new Streams;
  return *only;
}

// Does the work of a stream whose tickets are at most `last`.
void finish(CUstream_st& stream, std::size_t last) {
  CUstream_st& of_program = streams().of_program;
  if (stream.queue.empty() || stream.queue.front().ticket > last) return;
  const Opened opened;
  while (!stream.queue.empty() && stream.queue.front().ticket <= last) {
    const CUstream_st::Work next = std::move(stream.queue.front());
    stream.queue.pop_front();
    if (&stream == &of_program) {
      const std::set<CUstream_st*> made = streams().made;
      for (CUstream_st* other : made) {
        if (other->blocking) finish(*other, next.ticket);
      }
      finish(streams().of_threads, next.ticket);
    } else if (stream.blocking) {
      finish(of_program, next.ticket);
    }
    const auto start = std::chrono::steady_clock::now();
    next.run();
    streams().clock +=
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
}

}  // namespace

std::recursive_mutex& all() {
  static auto* const mutex = new std::recursive_mutex;
  return *mutex;
}

CUstream_st* stream_of(cudaStream_t handle) {
  if (handle == nullptr || handle == cudaStreamLegacy) return &streams().of_program;
  if (handle == cudaStreamPerThread) return &streams().of_threads;
  return streams().made.count(handle) == 1 ? handle : nullptr;
}

void put(CUstream_st& stream, std::function<void()> work) {
  stream.queue.push_back({++streams().tickets, std::move(work)});
}

std::shared_ptr<Moment> put_moment(CUstream_st& stream) {
  auto moment = std::make_shared<Moment>();
  put(stream, [moment] {
    moment->passed = true;
    moment->seconds = streams().clock;
  });
  moment->stream = &stream;
  moment->ticket = streams().tickets;
  return moment;
}

void finish(CUstream_st& stream) { finish(stream, streams().tickets); }

void finish(const Moment& moment) {
  if (!moment.passed) finish(*moment.stream, moment.ticket);
}

void finish_all_streams() {
  const std::set<CUstream_st*> made = streams().made;
  for (CUstream_st* stream : made) finish(*stream, streams().tickets);
  finish(streams().of_threads, streams().tickets);
  finish(streams().of_program, streams().tickets);
}

CUstream_st* make_stream(bool blocking) {
  auto* const made = new CUstream_st{.blocking = blocking};
  streams().made.insert(made);
  return made;
}

bool end_stream(CUstream_st* stream) {
  if (streams().made.count(stream) == 0) return false;
  finish(*stream);
  streams().made.erase(stream);
  delete stream;
  return true;
}

}  // namespace convcheck::stand_in
