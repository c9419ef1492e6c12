// Loading a shared object runs code of somebody else's. It happens in another process first, for it
// may not come back.
#pragma once

#include <string>

namespace convcheck {

// Loads the plugin in a process of its own and lets that end. Throws UsageError, with the signal or
// the limit and what was printed, when it crashes or hangs, or ends before it has loaded it. A
// plugin that is merely refused is none of this function's business. A path is tried once.
void try_plugin(const std::string& path);

}  // namespace convcheck
