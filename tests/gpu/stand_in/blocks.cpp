#include "tests/gpu/stand_in/blocks.h"

#include <sys/mman.h>
#include <ucontext.h>

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <numeric>
#include <random>
#include <vector>

#include "tests/gpu/stand_in/poison.h"

namespace convcheck::stand_in {

constinit thread_local Place place{};

namespace {

constexpr std::size_t kStack = std::size_t{256} << 10, kGuard = 4096;
constexpr unsigned kWarp = 32;

enum class State { Ready, AtBlock, AtWarp, Done };

// A stack on which threads of blocks run, one after another.
class Fiber {
 public:
  Fiber() {
    void* const memory = mmap(nullptr, kStack + kGuard, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory, kGuard, PROT_NONE) != 0) die("no stack");
    stack_ = static_cast<std::byte*>(memory) + kGuard;
  }

  // Goes on with it until it stops.
  void resume();
  // In the fiber: back to whoever resumed it.
  void stop();

  const std::function<void()>* thread = nullptr;
  State state = State::Done;
  uint3 index{};

 private:
  static void begin();

  std::byte* stack_;
  ucontext_t own_{};
  bool begun_ = false;
#if defined(__SANITIZE_ADDRESS__)
  ucontext_t other_{};
  void* fake_own_ = nullptr;
  void* fake_other_ = nullptr;
  const void* other_stack_ = nullptr;
  std::size_t other_size_ = 0;
#else
  std::jmp_buf jump_own_, jump_other_;
#endif
};

thread_local Fiber* running = nullptr;

void Fiber::begin() {
  Fiber& own = *running;
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(nullptr, &own.other_stack_, &own.other_size_);
#endif
  for (;;) {
    (*own.thread)();
    own.state = State::Done;
    own.stop();
  }
}

#if defined(__SANITIZE_ADDRESS__)
void Fiber::resume() {
  if (!begun_) {
    begun_ = true;
    getcontext(&own_);
    own_.uc_stack = {.ss_sp = stack_, .ss_flags = 0, .ss_size = kStack};
    makecontext(&own_, begin, 0);
  }
  running = this;
  __sanitizer_start_switch_fiber(&fake_other_, stack_, kStack);
  swapcontext(&other_, &own_);
  __sanitizer_finish_switch_fiber(fake_other_, nullptr, nullptr);
}
void Fiber::stop() {
  __sanitizer_start_switch_fiber(&fake_own_, other_stack_, other_size_);
  swapcontext(&own_, &other_);
  __sanitizer_finish_switch_fiber(fake_own_, &other_stack_, &other_size_);
}
#else
// Contexts only begin: to swap them asks the system for signal masks each time.
void Fiber::resume() {
  running = this;
  if (_setjmp(jump_other_) != 0) return;
  if (begun_) _longjmp(jump_own_, 1);
  begun_ = true;
  getcontext(&own_);
  own_.uc_stack = {.ss_sp = stack_, .ss_flags = 0, .ss_size = kStack};
  makecontext(&own_, begin, 0);
  setcontext(&own_);
}
void Fiber::stop() {
  if (_setjmp(jump_own_) == 0) _longjmp(jump_other_, 1);
}
#endif

// Numbers 0 .. count - 1 in an order that is another one every time.
void next_order(std::vector<unsigned>& order, std::size_t count) {
  static std::minstd_rand random(1);
  static unsigned turn = 0;
  order.resize(count);
  std::iota(order.begin(), order.end(), 0u);
  switch (turn++ % 3) {
    case 0:
      return;
    case 1:
      return std::reverse(order.begin(), order.end());
    default:
      return std::shuffle(order.begin(), order.end(), random);
  }
}

class Block {
 public:
  void run(const std::function<void()>& thread) {
    const unsigned count = place.threads.x * place.threads.y * place.threads.z;
    while (fibers_.size() < count) fibers_.push_back(std::make_unique<Fiber>());
    for (unsigned i = 0; i < count; ++i) {
      const unsigned row = i / place.threads.x;
      fibers_[i]->thread = &thread;
      fibers_[i]->state = State::Ready;
      fibers_[i]->index = {i % place.threads.x, row % place.threads.y, row / place.threads.y};
    }
    for (unsigned done = 0; done < count;) {
      next_order(order_, count);
      bool ran = false;
      for (const unsigned number : order_) {
        Fiber& fiber = *fibers_[number];
        if (fiber.state != State::Ready) continue;
        ran = true;
        place.thread = fiber.index;
        fiber.resume();
        done += fiber.state == State::Done;
      }
      if (!ran) die("threads of a block wait for one another, some of a block and some of a warp");
      release(count);
    }
  }

 private:
  // Lets those go on who have all come. Threads that have returned are not waited for.
  void release(unsigned count) {
    for (unsigned first = 0; first < count; first += kWarp) {
      release(first, std::min(first + kWarp, count), State::AtWarp);
    }
    release(0, count, State::AtBlock);
  }
  void release(unsigned first, unsigned last, State at) {
    for (unsigned i = first; i < last; ++i) {
      if (fibers_[i]->state != State::Done && fibers_[i]->state != at) return;
    }
    for (unsigned i = first; i < last; ++i) {
      if (fibers_[i]->state == at) fibers_[i]->state = State::Ready;
    }
  }

  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::vector<unsigned> order_;
};

void wait(State at) {
  running->state = at;
  running->stop();
}

}  // namespace

void die(const char* why) {
  std::fprintf(stderr, "stand-in for a CUDA device: %s (block %u of %u, thread %u of %u)\n", why,
               place.block.x, place.blocks.x, place.thread.x, place.threads.x);
  std::abort();
}

void run_grid(dim3 blocks, dim3 threads, const Shared& shared,
              const std::function<void()>& thread) {
  static thread_local auto* const block = new Block;
  unsigned char* const memory = shared.memory();
  ASAN_POISON_MEMORY_REGION(memory + shared.bytes, kSharedBytes - shared.bytes);
  std::vector<unsigned> order;
  next_order(order, std::size_t{blocks.x} * blocks.y * blocks.z);
  for (const unsigned number : order) {
    const unsigned row = number / blocks.x;
    place = {{}, {number % blocks.x, row % blocks.y, row / blocks.y}, threads, blocks};
    std::memset(memory, 0xff, shared.bytes);  // nobody knows what was there before
    block->run(thread);
  }
  ASAN_UNPOISON_MEMORY_REGION(memory, kSharedBytes);
}

void wait_for_block() { wait(State::AtBlock); }
void wait_for_warp() { wait(State::AtWarp); }

}  // namespace convcheck::stand_in
