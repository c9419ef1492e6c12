#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>

#include "checker/schedule.h"
#include "tools/bench_device.h"
#include "tools/bench_measure.h"
#include "tools/bench_report.h"
#include "tools/bench_sets.h"
#include "tools/commands.h"
#include "tools/report_file.h"
#include "tools/selection.h"
#include "tools/usage_error.h"
#include "tools/whole_number.h"

namespace convcheck {
namespace {

constexpr int kNothingChecked = 3;

struct Options {
  std::vector<std::string> what, directions, backends;
  std::string match, json, device = "host";
  std::int64_t sample = 100, batch_cap = 8;
  BenchSettings settings;
};

constexpr std::pair<const char*, Part> kParts[] = {{"forward", Part::Forward},
                                                   {"grad_inputs", Part::GradInputs},
                                                   {"grad_weights", Part::GradWeights}};

bool is_set(const std::string& text) {
  return std::any_of(bench_sets().begin(), bench_sets().end(),
                     [&](const BenchSet& set) { return text == set.name; });
}

// The sets in all wanted directions, and lines as they are.
std::vector<Case> cases_of(const Options& options) {
  std::vector<Case> cases;
  for (const std::string& what : options.what) {
    if (!is_set(what) && what.find(' ') != std::string::npos) {
      cases.push_back(selected_case(what));
      if (!is_one_problem(cases.back())) {
        throw UsageError("case: '" + what + "' is more than one convolution");
      }
      continue;
    }
    const std::vector<Case> set = bench_cases(what, options.sample, options.batch_cap);
    for (const auto& [name, part] : kParts) {
      const auto& wanted = options.directions;
      if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), name) == wanted.end())
        continue;
      for (Case c : set) {
        c.part = part;
        cases.push_back(std::move(c));
      }
    }
  }
  std::erase_if(
      cases, [&](const Case& c) { return to_string(c).find(options.match) == std::string::npos; });
  if (cases.empty()) throw UsageError("--match: no problem's line holds '" + options.match + "'");
  return cases;
}

using Measure = std::function<std::vector<BenchResult>(const Case&)>;

// Prints what comes out, problem by problem.
std::vector<BenchResult> results_of(const std::vector<Case>& cases, const Measure& measured) {
  std::vector<BenchResult> results;
  for (const Case& c : cases) {
    const std::vector<BenchResult> some = measured(c);
    fmt::print("{}", bench_table(some));
    std::fflush(stdout);
    results.insert(results.end(), some.begin(), some.end());
  }
  fmt::print("{}", bench_summary(results));
  return results;
}

int exit_code_of(const std::vector<BenchResult>& results) {
  return std::any_of(results.begin(), results.end(), has_failed) ? 1 : 0;
}

int bench_on_host([[maybe_unused]] const Options& options,
                  [[maybe_unused]] const std::vector<Case>& cases,
                  [[maybe_unused]] std::optional<ReportFile>& json) {
#ifdef CONVCHECK_HAVE_BENCHMARK
  const std::vector<Contestant> all = contestants(options.backends, options.settings.threads);
  const std::vector<BenchResult> results =
      results_of(cases, [&](const Case& c) { return measure(c, all, options.settings); });
  if (json) json->write(bench_json(results, options.settings));
  return exit_code_of(results);
#else
  throw UsageError(
      "bench: not built: Google Benchmark was not found (Debian package libbenchmark-dev); "
      "--device cuda does without");
#endif
}

int bench_on_device(const Options& options, const std::vector<Case>& cases,
                    std::optional<ReportFile>& json) {
  const std::vector<Contestant> all = device_contestants(options.backends);
  const std::optional<BenchDevice> device = bench_device();
  BenchSettings settings = options.settings;
  settings.machine = device ? device->device->name() : why_no_device();
  std::vector<BenchResult> results;
  if (device) {
    results = results_of(
        cases, [&](const Case& c) { return measure_on_device(c, all, settings, *device); });
    fmt::print("{}", bench_summary_by_backend(results));
  } else {
    fmt::print("not run: {}\n", why_no_device());
  }
  if (json) json->write(bench_json(results, settings));
  return device ? exit_code_of(results) : kNothingChecked;
}

int bench(const Options& options) {
  const std::vector<Case> cases = cases_of(options);
  const bool on_device = options.device == "cuda";
  if (on_device && options.settings.processor_time) {
    throw UsageError("--processor-time: a device's time is not the processor's");
  }
  std::optional<ReportFile> json;
  if (!options.json.empty()) json.emplace("--json", options.json);
  return on_device ? bench_on_device(options, cases, json) : bench_on_host(options, cases, json);
}

}  // namespace

void add_bench_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "bench",
      "Our backends and the peers of this machine side by side: medians, ratios to the best peer, "
      "and the measured error in units of its bound");
  const auto options = std::make_shared<Options>();
  std::string sets;
  for (const BenchSet& set : bench_sets()) {
    sets += fmt::format("{}{} ({})", sets.empty() ? "" : ", ", set.name, set.what);
  }
  command->add_option("what", options->what, "Sets: " + sets + "; or case lines")->required();
  command->add_option("--direction", options->directions, "Of sets; default: all three")
      ->check(CLI::IsMember({"forward", "grad_inputs", "grad_weights"}));
  command->add_option("--backend", options->backends,
                      "Of ours only this one; may be repeated; default: all but the reference");
  command
      ->add_option("--device", options->device,
                   "Where operands lie: host, or cuda: then backends for device memory, timed with "
                   "CUDA's events; the peer 'dnn' is the fastest of all plans of cuDNN that hold "
                   "dnn_conv's claims, called directly; 'dnn+tf32', say, the fastest of those that "
                   "break that one, in no ratio. Without a device: exit 3. Default: host")
      ->check(CLI::IsMember({"host", "cuda"}));
  command->add_option("--match", options->match, "Only problems whose line holds this text");
  command->add_option("--threads", options->settings.threads, "Of each call; default: 2")
      ->check(whole_number(1, 4096));
  command->add_option("--rounds", options->settings.rounds, "Calls of each; default: 9")
      ->check(whole_number(1, 100000));
  command->add_flag("--processor-time", options->settings.processor_time,
                    "The time of all threads together instead of the wall's, for a machine that "
                    "others use; OMP_WAIT_POLICY=passive keeps oneDNN's threads from spinning");
  command
      ->add_option("--sample", options->sample,
                   "So many of the layers, evenly spaced; 0: all; default: 100")
      ->check(whole_number(0, INT64_MAX));
  command->add_option("--batch-cap", options->batch_cap, "Largest batch of layers; default: 8")
      ->check(whole_number(1, INT64_MAX));
  command->add_option("--json", options->json, "Also writes the results to this file");
  command->callback([options, &exit_code] { exit_code = bench(*options); });
}

}  // namespace convcheck
