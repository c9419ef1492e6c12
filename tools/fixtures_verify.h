// The subcommand `fixtures`: files of answers computed elsewhere, held against every backend of
// this build.
#pragma once

#include <iosfwd>
#include <string>

namespace CLI {
class App;
}

namespace convcheck {

// Adds `fixtures` with its commands to the program. The callbacks print to std::cout and std::cerr,
// and set `exit_code` (which must outlive the parsing): 2, with one line, for a file that cannot be
// read or written. A build without HDF5 has no such command, and does not compile this.
void add_fixtures_commands(CLI::App& app, int& exit_code);

// Runs every case of the file on every built backend, and every row of its tables, and prints how
// many passed, failed, deviate by which named rule, and cannot be expressed in C++. Returns 0 when
// nothing failed, 1 when something did, 3 when there was nothing to check, 2, with one line on
// `err`, for a file that cannot be read or is not of this format.
int fixtures_verify(const std::string& path, std::ostream& out, std::ostream& err);

}  // namespace convcheck
