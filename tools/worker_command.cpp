// The other side of isolated_runner.cpp: judges what it is told to, and may die of it.
//
// In:  {"case": LINE, "units": [[backend, rule], ...]}, numbers in the order of the options.
// Out: {"worker": 1} first; then a line for each unit, as unit_json has it.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "checker/corpus.h"
#include "checker/device/device.h"
#include "tools/child_process.h"
#include "tools/commands.h"
#include "tools/composed.h"
#include "tools/parent_process.h"
#include "tools/selection.h"
#include "tools/verdict_json.h"
#include "tools/whole_number.h"

namespace convcheck {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  BackendSelection backends;
  std::vector<std::string> rules;
  int threads = 1;
};

std::vector<Unit> units_of(const Json& json) {
  std::vector<Unit> units;
  for (const Json& one : json) {
    units.push_back({one.at(0).get<std::size_t>(), one.at(1).get<std::size_t>()});
  }
  return units;
}

int work(const Options& options) {
  join_parent("worker");
  // A device that only another process can use again ends this one, as a crash on the host does.
  set_device_lost_action([](const std::string& what) {
    std::fprintf(stderr, "%s\n", what.c_str());
    std::abort();
  });
  const std::unique_ptr<UnitRunner> runner = in_process_runner(
      {.backends = select_backends(options.backends),
       .rules = select_rules(options.rules),
       .threads = options.threads,
       .composed = [](const Case& c, const BackendPtr& one) { return judge_composed(c, one); }});
  tell_parent(one_line({{"worker", 1}}));
  std::FILE* requests = fdopen(dup(kChildChannel), "r");
  if (requests == nullptr) throw std::runtime_error("worker: no requests can be read");
  char* line = nullptr;
  std::size_t room = 0;
  while (getline(&line, &room, requests) > 0) {
    const Json request = Json::parse(line);
    runner->run(read_case(request.at("case").get<std::string>()), units_of(request.at("units")),
                [](const UnitResult& result) { tell_parent(one_line(unit_json(result))); });
  }
  std::free(line);
  std::fclose(requests);
  return 0;
}

}  // namespace

void add_worker_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("worker", "Judges for convcheck suite, which starts it");
  command->group("");  // not shown
  const auto options = std::make_shared<Options>();
  options->backends.plugins_are_tried = true;
  add_backend_options(*command, options->backends);
  command->add_option("--rule", options->rules)->required();
  command->add_option("--threads", options->threads)->check(whole_number(1, 4096));
  command->callback([options, &exit_code] { exit_code = work(*options); });
}

}  // namespace convcheck
