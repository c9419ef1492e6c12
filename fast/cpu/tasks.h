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

// Task `index` of task_count(). Its result does not depend on what other tasks do.
template <class T>
void run_task(const Lowered<T>& lowered, std::int64_t index, const Buffers<T>& buffers);

}  // namespace convcheck::cpu
