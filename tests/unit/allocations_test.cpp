// A repeated call of a kernel of our own allocates nothing.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "fast/dispatch.h"
#include "tests/unit/corrmm_call.h"

namespace {
std::atomic<std::int64_t> allocations = 0;

void* counted(std::size_t bytes, std::size_t alignment) {
  ++allocations;
  const std::size_t whole = (bytes + alignment - 1) / alignment * alignment;
  if (void* memory = std::aligned_alloc(alignment, whole == 0 ? alignment : whole)) return memory;
  throw std::bad_alloc();
}
}  // namespace

// Of the whole program, the library included. Not inlined: the compiler would see that new is not
// new's.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  return counted(bytes, alignof(std::max_align_t));
}
[[gnu::noinline]] void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return counted(bytes, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace convcheck {
namespace {

std::int64_t allocations_of_a_repeated_call(const Backend& backend, const ConvProblem& problem,
                                            const CorrmmCall& call) {
  const auto repeat = [&] { run(backend, problem, call.operands(), {.threads = 3}); };
  repeat();
  const std::int64_t before = allocations;
  repeat();
  return allocations - before;
}

TEST(Allocations, ARepeatedCallHasNone) {
  ConvProblem problem{.batch = 2, .channels = 8, .filters = 8, .groups = 2};
  problem.windows[0] =
      problem.windows[1] = {.input = 40, .filter = 3, .pad_before = 1, .pad_after = 1};
  ConvProblem strided = problem, unshared = problem;
  strided.windows[0].stride = strided.windows[1].stride = 2;
  unshared.unshared = true;
  for (const BackendEntry& entry : backends()) {
    const bool ours = entry.name == "direct" || entry.name == "winograd" || entry.name == "corrmm";
    if (!ours || entry.backend == nullptr) continue;
    for (ConvProblem each : {problem, strided, unshared}) {
      for (const Direction direction : kAllDirections) {
        each.direction = direction;
        for (const DataType type : {DataType::F32, DataType::F64, DataType::BF16}) {
          const CorrmmCall call(each, {.type = type});
          if (!entry.backend->supports(each, call.operands())) continue;
          EXPECT_EQ(allocations_of_a_repeated_call(*entry.backend, each, call), 0)
              << entry.name << " " << to_string(each) << " " << to_string(type);
        }
      }
    }
  }
  const CorrmmCall call(problem, {});
  EXPECT_EQ(allocations_of_a_repeated_call(*automatic(), problem, call), 0);
}

}  // namespace
}  // namespace convcheck
