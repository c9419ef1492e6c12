#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "tools/bundle_run.h"
#include "tools/commands.h"
#include "tools/usage_error.h"
#include "tools/whole_number.h"

namespace convcheck {
namespace {

struct Options {
  std::string path, backend;
  int threads = 1;
};

void print_part(const char* title, const std::string& text) {
  if (!text.empty()) fmt::print("{}\n{}{}", title, text, text.back() == '\n' ? "" : "\n");
}

int replay(const Options& options) {
  Bundle bundle;
  try {
    bundle = open_bundle(options.path);
    bundle_case(bundle);
  } catch (const BundleError& error) {
    throw UsageError(error.what());
  }
  print_part("as it was told", bundle.text("report"));
  print_part("where it happened", bundle.text("environment"));
  if (!bundle.has_operands) {
    fmt::print("the bundle has no operands: nothing can be repeated\n");
    return 3;
  }
  const auto stored = judge_stored(bundle);
  print_part("the stored result", stored ? stored->text : "is what the definition allows");
  const BackendPtr backend = bundle_backend(bundle, options.backend);
  if (backend == nullptr) {
    fmt::print("its kernel, {}, is not built here: --backend NAME repeats the call with another\n",
               bundle.text("backend"));
    return stored ? 1 : 0;
  }
  const auto again = judge_again(bundle, backend, options.threads);
  print_part(fmt::format("{} now", backend->name()).c_str(),
             again ? again->text : "gives what the definition allows");
  return again ? 1 : 0;
}

}  // namespace

void add_replay_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "replay",
      "Repeat the violation in a bundle that DebugMode wrote; exit 1 if it is still there");
  const auto options = std::make_shared<Options>();
  command->add_option("bundle", options->path, "The file")->required();
  command->add_option("--backend", options->backend,
                      "Compute the result again with this backend; default: the bundle's own");
  command->add_option("--threads", options->threads, "Threads of the call; default: one")
      ->check(whole_number(1, 4096));
  command->callback([options, &exit_code] { exit_code = replay(*options); });
}

}  // namespace convcheck
