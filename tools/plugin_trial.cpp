#include "tools/plugin_trial.h"

#include <CLI/CLI.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <set>
#include <string_view>

#include "checker/load_plugin.h"
#include "checker/printable.h"
#include "tools/child_process.h"
#include "tools/commands.h"
#include "tools/parent_process.h"
#include "tools/usage_error.h"

namespace convcheck {
namespace {

constexpr ChildProcess::Limits kLimits{.seconds = 10, .bytes = std::int64_t{4} << 30};
constexpr std::string_view kUneventful = "exited with status 0";

int load(const std::string& path) {
  join_parent("trial");
  BackendPtr plugin;
  try {
    plugin = load_plugin(path);
  } catch (const std::exception&) {  // the parent will see it, too
  }
  tell_parent("back");
  return 0;
}

[[noreturn]] void complain(const std::string& path, const std::string& when,
                           const ChildProcess& trial) {
  std::string text = "plugin = " + path + ": expected a shared object that can be loaded: " + when +
                     ", the process " + trial.end();
  std::string words = printable(trial.last_words());
  while (!words.empty() && words.back() == '\n') words.pop_back();
  if (!words.empty()) text += "; printed: " + words;
  throw UsageError(text);
}

}  // namespace

void try_plugin(const std::string& path) {
  static std::set<std::string> tried;
  if (path.empty() || tried.count(path) > 0) return;
  ChildProcess trial({"trial", "--plugin=" + path});
  if (!trial.receive(kLimits)) complain(path, "while it was loaded", trial);
  while (trial.receive(kLimits)) continue;
  if (trial.end() != kUneventful) complain(path, "when the process with it was to end", trial);
  tried.insert(path);
}

void add_trial_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("trial", "Loads a plugin for convcheck, which starts it");
  command->group("");  // not shown
  const auto path = std::make_shared<std::string>();
  command->add_option("--plugin", *path)->required();
  command->callback([path, &exit_code] { exit_code = load(*path); });
}

}  // namespace convcheck
