#include "tools/not_built.h"

#include <CLI/CLI.hpp>

#include "tools/usage_error.h"

namespace convcheck {

void add_absent_command(CLI::App& app, const std::string& name,
                        const std::vector<NotBuilt>& parts) {
  std::string why = name + ": not built";
  for (const NotBuilt& one : parts) {
    if (one.part == name) why += ": " + one.reason + " (" + one.source + ")";
  }
  CLI::App* command = app.add_subcommand(name, why.substr(why.find("not built")));
  command->prefix_command();
  command->callback([why] { throw UsageError(why); });
}

}  // namespace convcheck
