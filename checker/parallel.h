// Work in several threads at once, which end with the call: nothing is kept that a fork could lose.
#pragma once

#include <functional>

namespace convcheck {

// `threads`, or as many as the machine has for 0; at least 1.
int thread_count(int threads);

// Calls work(0) .. work(parts - 1), each once and all at the same time where threads can be
// started; the caller does its share. Returns when all have returned, and then rethrows what the
// first of them threw.
void in_parallel(int parts, const std::function<void(int part)>& work);

// Calls work(0) .. work(jobs - 1), in this order each by the next of the threads that is free; 0
// threads are as many as the machine has.
void in_turn(int jobs, int threads, const std::function<void(int job)>& work);

}  // namespace convcheck
