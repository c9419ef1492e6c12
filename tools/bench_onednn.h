// oneDNN as a backend of the benchmarks alone: operands lie in plain row-major memory, and what it
// needs to bring them into its own layouts is part of the call.
#pragma once

#include <memory>

#include "reference/backend.h"

namespace convcheck {

class OneDnnPeer : public Backend {
 public:
  // Of the last call: without reorders, in the layouts that it chose.
  virtual double convolution_seconds() const = 0;
};

// Null where the build has no oneDNN. `blocked`: oneDNN chooses its layouts, else it gets nchw. It
// uses so many threads whatever a call's context says; 0: all of the machine.
std::shared_ptr<const OneDnnPeer> onednn_peer(bool blocked, int threads);

}  // namespace convcheck
