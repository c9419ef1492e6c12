// Tasks on threads of our own.
#pragma once

#include <cstdint>
#include <functional>

namespace convcheck::cpu {

// How many threads `requested` means: itself, or for 0 and below as many as the machine has.
int thread_count(int requested);

// Calls task(i, worker) once for every i in 0 .. tasks - 1, in any order, on `workers` threads, of
// which the caller's is number 0. Returns when all are done; throws what the first failing task
// threw, and then later tasks may not have run.
void parallel_for(std::int64_t tasks, int workers,
                  const std::function<void(std::int64_t task, int worker)>& task);

}  // namespace convcheck::cpu
