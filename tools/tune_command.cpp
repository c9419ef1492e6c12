#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "checker/device/device.h"
#include "checker/schedule.h"
#include "fast/flags.h"
#include "fast/measure_candidates.h"
#include "fast/meta_optimizer.h"
#include "reference/flops.h"
#include "tools/case_operands.h"
#include "tools/commands.h"
#include "tools/selection.h"
#include "tools/usage_error.h"
#include "tools/whole_number.h"

namespace convcheck {
namespace {

constexpr int kNothingChecked = 3;

struct Options {
  std::vector<std::string> lines;
  Selection selection;
  int threads = 0;
  std::string device = "host";

  MemoryKind memory() const { return device == "cuda" ? MemoryKind::Cuda : MemoryKind::Host; }
};

double gigaflops(const std::string& line, double seconds) {
  return seconds > 0 ? static_cast<double>(flops(conv_problem(parse_case(line)))) / seconds * 1e-9
                     : 0;
}

// "threads 2", or of a device "on cuda:0 NVIDIA H200, dnn.enabled=auto ...".
std::string where(const TuningKey& key) {
  if (key.settings.empty()) return fmt::format("threads {}", key.threads);
  return fmt::format("on {}, {}", key.machine, key.settings);
}

void print_tuning(const Tuning& tuning) {
  fmt::print("{}  {}\n", tuning.key.problem, where(tuning.key));
  std::vector<Timing> sorted = tuning.timings;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Timing& a, const Timing& b) {
    return std::pair(!a.reason.empty(), a.seconds) < std::pair(!b.reason.empty(), b.seconds);
  });
  for (const Timing& one : sorted) {
    if (one.reason.empty()) {
      fmt::print("  {:<18} {:>10.4f} ms {:>8.1f} GFLOP/s{}\n", one.backend, one.seconds * 1e3,
                 gigaflops(tuning.key.problem, one.seconds),
                 one.backend == tuning.chosen ? "  chosen" : "");
    } else {
      fmt::print("  {:<18} {}{}\n", one.backend, one.wrong ? "WRONG, " : "not used: ", one.reason);
    }
  }
  if (tuning.chosen.empty()) fmt::print("  none can be used: the usual choice stays\n");
}

int list_tunings(const TuningTable& table) {
  const std::vector<Tuning> all = table.all();
  for (const Tuning& tuning : all) {
    const auto chosen =
        std::find_if(tuning.timings.begin(), tuning.timings.end(),
                     [&](const Timing& one) { return one.backend == tuning.chosen; });
    fmt::print("{:<18} {:>10.4f} ms  {}  {}{}\n", tuning.chosen, chosen->seconds * 1e3,
               tuning.key.problem, where(tuning.key),
               tuning.key.layout.empty() ? "" : "  strides " + tuning.key.layout);
  }
  fmt::print("{} tuned problems in {}\n", all.size(),
             table.folder().empty() ? "no folder: neither XDG_CACHE_HOME nor HOME is set"
                                    : table.folder());
  return 0;
}

std::vector<Case> cases_of(const Options& options) {
  std::vector<Case> cases;
  if (!options.selection.case_files.empty()) cases = select_cases(options.selection).cases;
  for (const std::string& line : options.lines) cases.push_back(selected_case(line));
  return cases;
}

int tune_cases(const Options& options) {
  const TuningTable& table = MetaMemory::process().table();
  if (options.lines.empty() && options.selection.case_files.empty()) return list_tunings(table);
  const MemoryKind memory = options.memory();
  const std::vector<Case> cases = cases_of(options);
  const std::vector<BackendPtr> candidates =
      chosen_candidates(meta_candidates(backends()), flags().values(), memory);
  if (memory == MemoryKind::Cuda && device_in_use() == nullptr) {
    fmt::print("not run: {}\n", why_no_device());
    return kNothingChecked;
  }
  if (candidates.empty()) throw UsageError("CONVCHECK_FLAGS: the flags leave no candidate");
  const int threads = options.threads > 0 ? options.threads : flags().threads();
  bool any_chosen = false, any_wrong = false;
  for (const Case& c : cases) {
    if (!is_one_problem(c)) {
      fmt::print("{}  is more than one convolution and is not tuned\n", to_string(c));
      continue;
    }
    const Tuning tuning = measure_candidates(
        candidates, conv_problem(c), operands_without_data(c, memory), {.threads = threads});
    print_tuning(tuning);
    any_chosen |= !tuning.chosen.empty();
    any_wrong |= std::any_of(tuning.timings.begin(), tuning.timings.end(),
                             [](const Timing& one) { return one.wrong; });
    if (!tuning.chosen.empty() && !table.keep(tuning)) {
      fmt::print("  not kept: {} cannot be written\n",
                 table.folder().empty() ? "no cache directory" : table.folder());
    }
  }
  return any_wrong ? 1 : any_chosen ? 0 : kNothingChecked;
}

}  // namespace

void add_tune_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "tune",
      "Verify and measure every way to compute cases, and keep the fastest for programs that run "
      "with CONVCHECK_FLAGS=optimizer_including=conv_meta; without cases: list what is kept");
  const auto options = std::make_shared<Options>();
  command->add_option("case", options->lines, "Case lines");
  command->add_option("--cases", options->selection.case_files,
                      "Files of case lines, or of network layers (.csv); may be repeated");
  command->add_option("--match", options->selection.match,
                      "Only cases of files whose line has a match of this regular expression");
  command
      ->add_option("--batch-cap", options->selection.batch_cap, "Largest batch of cases in files")
      ->check(whole_number(1, INT64_MAX));
  command
      ->add_option(
          "--device", options->device,
          "Where operands lie: host, or cuda: then the candidates for device memory, timed "
          "with CUDA's events. Without a device: exit 3. Default: host")
      ->check(CLI::IsMember({"host", "cuda"}));
  command
      ->add_option("--threads", options->threads,
                   "Threads of each call; default: those of the flags, else all of the machine")
      ->check(whole_number(1, 4096));
  command->callback([options, &exit_code] { exit_code = tune_cases(*options); });
}

}  // namespace convcheck
