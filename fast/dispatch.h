// Which backend computes a call.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reference/backend.h"

namespace convcheck {

// A backend of this build, or one that was not built, with the reason and where what it needs comes from.
struct BackendEntry {
  std::string name;
  BackendPtr backend;               // null when not built
  std::string reason;               // why not, and the package it needs; empty when built
  std::vector<std::string> tags;    // what optimizer_excluding calls it: conv_gemm, conv_dnn ...
};

// All of them, fastest first; the reference is last and is never chosen automatically before another.
const std::vector<BackendEntry>& backends();

// The built backend of that name. Throws ConvError{Unsupported} that lists the names, or says why it was not built.
BackendPtr backend_named(std::string_view name);

// The default: for every call the first backend that supports it and is not excluded by flags().
// Throws, at the call, ConvError{Unsupported} with every backend's reason, or {Flag} naming what was excluded.
BackendPtr automatic();

}  // namespace convcheck
