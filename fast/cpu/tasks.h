// The tasks of a call: each writes a part of the result that no other touches.
#pragma once

#include <cstdint>

#include "fast/cpu/lowered.h"

namespace convcheck::cpu {

// Room for one block of each matrix, where it is not used in place.
template <class T>
struct Buffers {
  T *w = nullptr, *x = nullptr, *y = nullptr;
};

// Task `index` of task_count(). Its result does not depend on what other tasks do. Where the
// gradient of the weights is summed in parts, it goes to buffers.w, which is the task's own then.
template <class T>
void run_task(const Lowered<T>& lowered, std::int64_t index, const Buffers<T>& buffers);

// Once all tasks have run: adds up the parts of block `index` of the weights, task_count() / parts
// blocks in all. The parts of task i are at parts + i * stride.
template <class T>
void add_parts(const Lowered<T>& lowered, std::int64_t index, T* parts, std::int64_t stride);

}  // namespace convcheck::cpu
