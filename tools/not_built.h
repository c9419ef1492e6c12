// The optional parts that configuring left out.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace convcheck {

struct NotBuilt {
  std::string part;    // "fixtures", "tests/property", "backend corrmm"
  std::string reason;  // "HDF5 was not found"
  std::string source;  // "Debian package libhdf5-dev"
};

// Written when the project is configured.
const std::vector<NotBuilt>& parts_not_built();

// Adds a command `name` that takes anything and throws UsageError: why the real one, the part of
// that name, was not built.
void add_absent_command(CLI::App& app, const std::string& name, const std::vector<NotBuilt>& parts);

}  // namespace convcheck
