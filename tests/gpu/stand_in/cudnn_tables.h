// Descriptors and handles of the stand-in for cuDNN that there are, and what is set and asked of
// them.
#pragma once

#include <cuda_runtime_api.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "tests/gpu/stand_in/cudnn_objects.h"

namespace convcheck::cudnn_stand_in {

// A handle. The type is the library's own.
struct Handle {
  cudaStream_t stream = nullptr;
  std::thread::id user = {};  // who set it: a handle is one thread's at a time
};

// Descriptors and handles that there are, by numbers that look like pointers: one that has been
// destroyed is never used again, so that its use is found out.
template <class Thing>
class Table {
 public:
  void* add(const Thing& thing) {
    const std::lock_guard lock(mutex_);
    next_ += 16;
    void* const name = reinterpret_cast<void*>(next_);
    things_[name] = thing;
    return name;
  }
  Thing at(const void* name, const char* what) const {
    demand(name != nullptr, CUDNN_STATUS_BAD_PARAM_NULL_POINTER, std::string("null is no ") + what);
    const std::lock_guard lock(mutex_);
    const auto found = things_.find(name);
    demand(found != things_.end(), CUDNN_STATUS_BAD_PARAM,
           std::string("a ") + what + " that was destroyed, or never made");
    return found->second;
  }
  void remove(const void* name) {
    const std::lock_guard lock(mutex_);
    things_.erase(name);
  }

 private:
  mutable std::mutex mutex_;
  std::uintptr_t next_ = 0x10000;
  std::map<const void*, Thing> things_;
};

using ObjectPtr = std::shared_ptr<Object>;

Table<ObjectPtr>& descriptors();
Table<std::shared_ptr<Handle>>& handles();
ObjectPtr object_at(const void* name);

// Where values are written to.
struct Wish {
  std::int64_t room;
  void* values;
};

// As cudnnBackendSetAttribute and cudnnBackendGetAttribute; the latter returns how many values
// there are, and writes those that there is room for. Throw the Refusal.
void set(Object& object, Name name, Type type, std::int64_t count, const void* values);
std::int64_t get(const Object& object, Name name, Type type, const Wish& wish);

}  // namespace convcheck::cudnn_stand_in
