// Golden files on the disk, with what stands beside them.
#pragma once

#include <string>

#include "fixtures/golden.h"

namespace convcheck {

// Throws FileError unless the file can be read, and is a golden file of format version 2.
GoldenFile load_golden(const std::string& path);

// Throws FileError if save_golden() could not write one of its files. Long work asks before it
// begins.
void require_savable(const std::string& path);

// Writes FILE.h5, FILE.h5.provenance.json (the date, the machine, the versions, `command`) and, if
// the folder's SHA256SUMS is there, their digests. Each of the three is written whole or not at
// all. Throws FileError.
void save_golden(const GoldenFile& file, const std::string& path, const std::string& command);

// The folder of a path, and the name in it.
std::string folder_of(const std::string& path);
std::string name_of(const std::string& path);

}  // namespace convcheck
