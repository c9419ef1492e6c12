// Which backend computes a call.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reference/backend.h"

namespace convcheck {

// A backend of this build, or one that was not built, with the reason and where what it needs comes
// from.
struct BackendEntry {
  std::string name;
  BackendPtr backend;                  // null when not built
  std::string reason = {};             // why not, and the package it needs; empty when built
  std::vector<std::string> tags = {};  // what optimizer_excluding calls it: conv_gemm, conv_dnn ...
  bool by_name_only = false;           // automatic() never chooses it, nor claims what it does
  MemoryKind memory = MemoryKind::Host;  // of the operands that it takes
  // How long it takes for a problem, as a multiple of what the fastest takes; null: 1.
  double (*cost)(const ConvProblem&) = nullptr;
};

// All of them, fastest first; the reference is last and is never chosen automatically before
// another.
const std::vector<BackendEntry>& backends();

// The built backend of that name. Throws ConvError{Unsupported} that lists the names, or says why
// it was not built.
BackendPtr backend_named(std::string_view name);

// The default: for every call, of the backends that support it and that the flags, as they are now,
// do not exclude, the one of the least cost (fast/backends.cpp has the rule), of equals the first.
// With optimizer_including=conv_meta the choice is measured instead (meta_optimizer.h). The
// reference is the last resort, for what no other backend does (f16, say)
// or where no other was built. Operands in device memory are for backends of that memory alone, and
// for those there is no last resort. It does not replace an excluded one: when flags exclude
// backends and leave only the reference, the call throws ConvError{Flag} naming what was excluded,
// as the documentation has it. A call that nothing supports throws ConvError{Unsupported} with
// every backend's reason. What it claims holds for all backends that it may choose. With
// mode=DebugMode among the flags it checks its calls, see checker/debug_mode.h.
BackendPtr automatic();

// The choice behind automatic(), among any entries (the last resort comes last), with the excluded
// tags.
BackendPtr automatic_among(const std::vector<BackendEntry>& entries,
                           const std::vector<std::string>& excluding);

// Whether optimizer_excluding with these tags leaves the entry out.
bool is_excluded(const std::vector<std::string>& tags, const std::vector<std::string>& excluding);
// conv_dnn and cudnn are the same tag.
bool same_tag(std::string_view a, std::string_view b);

// What holds whichever of them computes a call: their claims together, and the shortest
// accumulator.
Claims claims_of_any(const std::vector<BackendPtr>& backends);
DataType accumulator_of_any(const std::vector<BackendPtr>& backends, DataType type);

}  // namespace convcheck
