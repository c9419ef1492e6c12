// How a command isolates the kernels that it judges.
#pragma once

#include <cstdint>

#include "checker/unit_runner.h"

namespace CLI {
class App;
}

namespace convcheck {

struct IsolationOptions {
  bool in_process = false;
  double unit_seconds = 60;
  std::int64_t unit_mebibytes = 2048;
  double patience = 300;  // seconds
};

// The options --in-process, --unit-seconds, --unit-memory and --patience of a command.
void add_isolation_options(CLI::App& command, IsolationOptions& options);

// Absent when it is all to happen in this process.
MakeRunner make_runner(const IsolationOptions& options);

}  // namespace convcheck
