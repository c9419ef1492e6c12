#include "tools/not_built.h"

#include "tools/usage_error.h"

namespace convcheck {

void add_absent_fixtures_command(CLI::App& app, const std::vector<NotBuilt>& parts) {
  std::string why = "fixtures: not built";
  for (const NotBuilt& one : parts) {
    if (one.part == "fixtures") why += ": " + one.reason + " (" + one.source + ")";
  }
  CLI::App* command = app.add_subcommand("fixtures", why.substr(why.find("not built")));
  command->prefix_command();
  command->callback([why] { throw UsageError(why); });
}

}  // namespace convcheck
