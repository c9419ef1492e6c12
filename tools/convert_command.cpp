#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <memory>

#include "checker/benchdnn.h"
#include "tools/commands.h"
#include "tools/selection.h"
#include "tools/usage_error.h"

namespace convcheck {
namespace {

struct Options {
  std::vector<std::string> files;
  std::string to = "cases";
};

// The lines go to standard output, what cannot be said there to standard error.
int convert(const Options& options) {
  std::vector<std::string> notes;
  std::map<std::string, int> without;
  std::size_t lines = 0;
  for (const std::string& file : options.files) {
    for (const Case& c : cases_in(file == "-" ? "/dev/stdin" : file, notes)) {
      const BenchdnnLine line =
          options.to == "cases" ? BenchdnnLine{to_string(c), ""} : to_benchdnn(c);
      if (line.text.empty()) {
        ++without[line.reason];
      } else {
        fmt::print("{}\n", line.text);
        ++lines;
      }
    }
  }
  for (const auto& [reason, count] : without) {
    notes.push_back(fmt::format("no line of benchdnn: {}: {}", reason, count));
  }
  for (const std::string& note : notes) fmt::print(stderr, "{}\n", note);
  if (lines == 0) throw UsageError("nothing to convert: expected at least one case");
  return 0;
}

}  // namespace

void add_convert_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "convert", "Print the cases of files in another spelling; what has none there is told");
  const auto options = std::make_shared<Options>();
  command
      ->add_option("file", options->files,
                   "As for suite --cases: case lines, a batch file of benchdnn, a table of network "
                   "layers; - is standard input")
      ->required();
  command->add_option("--to", options->to, "cases (the default) or benchdnn")
      ->check(CLI::IsMember({"cases", "benchdnn"}));
  command->callback([options, &exit_code] { exit_code = convert(*options); });
}

}  // namespace convcheck
