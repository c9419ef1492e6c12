// How much cheaper the whole value check of a layer is than computing the layer again with plain
// loops: fill, definition, decoys, projection and judging, without the backend's own time.
//
// Every layer is checked in three directions and timed. The plain loops would take hours, so they
// are timed on layers drawn with a fixed seed until their time is used up, and on those the ratio
// is a measurement; for the others their time is the number of multiplications times the median
// nanoseconds of a multiplication in that direction. Both figures are printed.
//
// --tiny judges the grids' cases of fewer than 10^4 multiplications instead and prints how many a
// second one core judges.
#include <fmt/format.h>
#include <time.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <random>

#include "checker/accounting.h"
#include "checker/grids.h"
#include "checker/rules/value.h"
#include "checker/run_case.h"
#include "fast/dispatch.h"
#include "reference/flops.h"
#include "tools/plain_loops.h"
#include "tools/selection.h"

namespace {

using namespace convcheck;

// Processor time of the calling thread: what counts on a machine that others use, too. The check
// and the plain loops run in one thread.
double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

struct Options {
  std::int64_t batch_cap = 0;
  double plain_seconds = 60;
  std::uint64_t seed = 1;
  std::vector<std::string> match, files;
  bool list = false, tiny = false;
};

struct Measured {
  Case subject;
  Direction direction = Direction::Forward;
  Coverage coverage = Coverage::Loops;
  double multiplications = 0, check = 0, plain = 0;
  bool passed = false, sampled = false;
};

Measured check(const Case& c, const BackendPtr& backend) {
  Measured measured;
  measured.subject = c;
  const double start = thread_seconds();
  PreparedCase ready(c, call_types(c, *backend), {});
  measured.direction = ready.problem().direction;
  measured.coverage = ready.coverage().coverage;
  measured.multiplications = static_cast<double>(flops(ready.problem())) / 2;
  ready.accepted_decoys();
  write_nan(ready.operands().result(measured.direction));
  measured.check = thread_seconds() - start;
  run(*backend, ready.problem(), ready.operands());
  const double finished = thread_seconds();
  const Verdict verdict = judge_value(ready.judged());
  measured.check += thread_seconds() - finished;
  measured.passed = verdict.outcome == Outcome::Passed;
  if (!measured.passed)
    fmt::print("{}: {} {}\n", to_string(c), to_string(verdict.outcome), verdict.reason);
  return measured;
}

double time_plain_loops(const Case& c) {
  const ConvProblem problem = conv_problem(c);
  Tensor x(problem.x_shape(), DataType::F64), w(problem.w_shape(), DataType::F64),
      y(problem.y_shape(), DataType::F64);
  CallTypes types{DataType::F64, DataType::F64, DataType::F64, DataType::F64};
  write_inputs(make_data(problem, types, Fill::Narrow, 1), problem.direction, {x, w, y});
  const double start = thread_seconds();
  plain_loops(problem, x.data<double>(), w.data<double>(), y.data<double>());
  return thread_seconds() - start;
}

double median(std::vector<double> numbers) {
  if (numbers.empty()) return 0;
  std::nth_element(numbers.begin(), numbers.begin() + numbers.size() / 2, numbers.end());
  return numbers[numbers.size() / 2];
}

// Times the plain loops of layers drawn without repetition, as long as their time lasts.
void sample_plain_loops(std::vector<Measured>& all, const Options& options) {
  std::vector<std::size_t> order(all.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::mt19937_64 random(options.seed);
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random() % i]);
  double left = options.plain_seconds;
  for (const std::size_t i : order) {
    if (all[i].subject.unshared || all[i].multiplications * 1e-9 > left) continue;
    all[i].plain = time_plain_loops(all[i].subject);
    all[i].sampled = true;
    left -= all[i].plain;
    if (left <= 0) return;
  }
}

void extrapolate(std::vector<Measured>& all) {
  std::map<Direction, std::vector<double>> rates;
  for (const Measured& one : all) {
    if (one.sampled) rates[one.direction].push_back(one.plain / one.multiplications);
  }
  for (Measured& one : all) {
    if (!one.sampled) one.plain = median(rates[one.direction]) * one.multiplications;
  }
  for (const auto& [direction, each] : rates) {
    fmt::print("plain loops, {}: median {:.2f} ns a multiplication over {} layers\n",
               to_string(direction), 1e9 * median(each), each.size());
  }
}

void print_ratio(const char* what, const std::vector<Measured>& all, bool sampled_only) {
  double plain = 0, checks = 0;
  std::int64_t count = 0;
  for (const Measured& one : all) {
    if (sampled_only && !one.sampled) continue;
    plain += one.plain;
    checks += one.check;
    ++count;
  }
  fmt::print(
      "{}: {} layers x directions, plain loops {:.1f} s, checking {:.2f} s: {:.0f} times cheaper\n",
      what, with_separators(count), plain, checks, plain / checks);
}

const char* name_of(Coverage coverage) {
  switch (coverage) {
    case Coverage::Loops:
      return "loops";
    case Coverage::ExactProjection:
      return "exact projection";
    case Coverage::RealProjection:
      return "real projection";
    default:
      return "sample";
  }
}

void print_classes(const std::vector<Measured>& all) {
  std::map<std::string, std::vector<const Measured*>> classes;
  for (const Measured& one : all) classes[name_of(one.coverage)].push_back(&one);
  for (const auto& [name, members] : classes) {
    double plain = 0, checks = 0;
    for (const Measured* one : members) {
      plain += one->plain;
      checks += one->check;
    }
    fmt::print("  by {:<17} {:>5} of them, checking {:.2f} s: {:.1f} times cheaper\n", name,
               members.size(), checks, plain / checks);
  }
}

void print_spread(const std::vector<Measured>& all) {
  std::vector<double> ratios;
  const Measured* worst = &all[0];
  for (const Measured& one : all) {
    ratios.push_back(one.plain / one.check);
    if (one.plain / one.check < worst->plain / worst->check) worst = &one;
  }
  fmt::print("median {:.0f} times, worst {:.2f} times ({})\n", median(ratios),
             worst->plain / worst->check, to_string(worst->subject));
}

int run_tiny() {
  constexpr double kTiny = 1e4;
  double seconds = 0, multiplications = 0;
  std::int64_t count = 0;
  bool passed = true;
  for (const Grid& grid : value_grids()) {
    for (const Case& c : grid.cases) {
      if (!(static_cast<double>(flops(conv_problem(c))) / 2 < kTiny) ||
          element_count(conv_problem(c).result_shape()) == 0) {
        continue;
      }
      const Measured one = check(c, automatic());
      seconds += one.check;
      multiplications += one.multiplications;
      passed &= one.passed;
      ++count;
    }
  }
  fmt::print("{} tiny cases of {:.0f} multiplications on average: {} a second and core\n",
             with_separators(count), multiplications / static_cast<double>(count),
             with_separators(static_cast<std::int64_t>(static_cast<double>(count) / seconds)));
  return passed ? 0 : 1;
}

int run(const Options& options) {
  if (options.tiny) return run_tiny();
  Selection selection;
  selection.match = options.match;
  selection.case_files =
      options.files.empty() ? std::vector<std::string>{network_layers_path()} : options.files;
  selection.batch_cap =
      options.batch_cap > 0 ? options.batch_cap : std::numeric_limits<std::int64_t>::max();
  std::vector<Case> cases;
  for (Case c : select_cases(selection).cases) {
    for (const Part part : {Part::Forward, Part::GradInputs, Part::GradWeights}) {
      c.part = part;
      cases.push_back(c);
    }
  }
  std::vector<Measured> all;
  bool passed = true;
  for (const Case& c : cases) {
    all.push_back(check(c, automatic()));
    passed &= all.back().passed;
    if (options.list) {
      fmt::print("{:9.3f} ms  {:<16} {}\n", 1e3 * all.back().check, name_of(all.back().coverage),
                 to_string(c));
    }
  }
  sample_plain_loops(all, options);
  extrapolate(all);
  print_ratio("measured on the drawn layers", all, true);
  print_ratio("all layers, plain loops extrapolated", all, false);
  print_classes(all);
  print_spread(all);
  return passed ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Cost of the whole value check against plain double loops, on the network layers"};
  Options options;
  app.add_option("--batch-cap", options.batch_cap, "Largest batch; default: the layers' own")
      ->check(CLI::PositiveNumber);
  app.add_option("--plain-seconds", options.plain_seconds, "Time for the plain loops")
      ->capture_default_str();
  app.add_option("--seed", options.seed, "Of the draw of layers")->capture_default_str();
  app.add_option("--cases", options.files, "Case lines instead of the network layers, forward");
  app.add_option("--match", options.match,
                 "Only layers whose line matches this regular expression");
  app.add_flag("--tiny", options.tiny, "Tiny cases a second instead of the layers");
  app.add_flag("--list", options.list, "A line for every layer and direction");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_verify: {}\n", error.what());
    return 2;
  }
}
