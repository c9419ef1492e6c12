// Reading a foreign file where it can do no harm first.
#pragma once

#include <string>

namespace convcheck {

// Reads the file in a process of its own, and returns if it can be read. Throws FileError, with the
// reason, if it cannot; also if reading it crashes, or takes longer than a minute: HDF5 trusts what
// a file says, and reads and frees what is not there when the file is damaged.
void require_readable(const std::string& path);

}  // namespace convcheck
