// Kernels of third parties as backends: the other side of checker/plugin.h.
#pragma once

#include <string>

#include "checker/plugin.h"
#include "reference/backend.h"

namespace convcheck {

// The backend of a shared object that exports convcheck_plugin(). A path without a slash is a file
// of the working directory: nothing is searched. Throws ConvError{Unsupported}, whose message names
// the file, what was found and what was expected, for
//   - a path that is empty or no regular file, a file that is no shared object or lacks another
//     one, and one that does not export the symbol;
//   - a convcheck_plugin() that returns NULL or throws;
//   - another abi_version; a struct_size that does not reach `run`, or is larger than ours;
//   - a function that is NULL, a name that is NULL, empty, too long or of other characters;
//   - claims that contradict themselves or are out of range.
// Members that an older plugin does not have are 0. A loaded object is never unloaded: it may have
// threads of its own. What run() complains about is thrown as std::runtime_error, "the plugin said:
// ...".
BackendPtr load_plugin(const std::string& path);

// A plugin that is part of the program; messages call it `path`. `plugin` outlives the backend.
BackendPtr plugin_backend(const std::string& path, const ConvcheckPlugin& plugin);

// The path that the backend was loaded from; empty for any other backend.
std::string plugin_path(const Backend& backend);

}  // namespace convcheck
