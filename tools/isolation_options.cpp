#include "tools/isolation_options.h"

#include <CLI/CLI.hpp>

#include "tools/isolated_runner.h"
#include "tools/whole_number.h"

namespace convcheck {

void add_isolation_options(CLI::App& command, IsolationOptions& options) {
  CLI::Option* in_process =
      command.add_flag("--in-process", options.in_process,
                       "No worker processes: a kernel that crashes takes the program along");
  command
      .add_option("--unit-seconds", options.unit_seconds,
                  "A rule on a case may take so long, and what the case's size calls for")
      ->capture_default_str()
      ->check(seconds(0.001))
      ->excludes(in_process);
  command
      .add_option("--unit-memory", options.unit_mebibytes,
                  "A worker may take so many MiB, and eight times the case's operands")
      ->capture_default_str()
      ->check(whole_number(1, 1 << 30))
      ->excludes(in_process);
  command
      .add_option("--patience", options.patience,
                  "Seconds that a backend's calls may not come back, in all, until it is given up")
      ->capture_default_str()
      ->check(seconds(0))
      ->excludes(in_process);
}

MakeRunner make_runner(const IsolationOptions& options) {
  if (options.in_process) return nullptr;
  return isolated({.seconds = options.unit_seconds,
                   .bytes = options.unit_mebibytes << 20,
                   .patience = options.patience});
}

}  // namespace convcheck
