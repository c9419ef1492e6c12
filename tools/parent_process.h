// The child's side of child_process.h.
#pragma once

#include <string>

namespace convcheck {

// Of a command that only this program starts: throws UsageError when somebody else has. This
// process ends with its parent, and leaves no core file.
void join_parent(const std::string& command);

// Throws std::runtime_error when the parent is gone.
void tell_parent(const std::string& line);

}  // namespace convcheck
