#include "tests/mutants/level_table.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>

#include "checker/buffers/hostile_call.h"
#include "checker/projection/real_projection.h"
#include "checker/run_case.h"
#include "reference/flops.h"
#include "tests/mutants/kill_matrix.h"

namespace convcheck {
namespace {

constexpr std::int64_t kLarge = 200'000;  // flops

// Large enough to be projected; the mutants are slow.
const std::vector<std::string>& projected_lines() {
  static const std::vector<std::string> lines{
      "conv2d.forward f32 x=4x6x9x8 w=12x3x3x3 border=1,(0,2) subsample=1x2 groups=2",
      "conv2d.forward f32 x=5x8x8x10 w=9x8x3x2 border=(1,2),0 dilation=2x1 noflip",
      "conv2d.grad_inputs f32 x=4x8x9x8 w=12x8x3x3 border=1 subsample=2x1",
      "conv2d.grad_weights f32 x=6x8x9x8 w=12x8x3x3 border=1,(2,0) noflip",
      "conv2d.forward f32 x=4x18x6x6 w=17x18x3x3 border=half",
  };
  return lines;
}

struct Subject {
  std::function<BackendPtr()> make;  // anew for every level: kernels may remember
  std::vector<Case> cases;
};

std::vector<Case> cases_of(const std::vector<std::string>& own) {
  std::vector<Case> cases;
  for (const auto& lines : {own, kill_cases(), projected_lines()}) {
    for (const std::string& line : lines) cases.push_back(parse_case(line));
  }
  return cases;
}

// Calls the backend under DebugMode on memory that shows trespasses; the first violation.
std::optional<DebugViolation> debugged(const BackendPtr& backend, const Case& c, DebugLevel level,
                                       DebugSession& session) {
  std::optional<DebugViolation> found;
  DebugOptions options;
  options.settings.level = level;
  options.settings.report = false;
  options.settings.samples = 16;  // the cases are small
  options.settings.check_isfinite = c.fill != "special";
  options.settings.action = DebugAction::Callback;
  options.session = &session;
  options.callback = [&](const DebugViolation& one) {
    if (!found) found = one;
  };
  const ConvProblem problem = conv_problem(c);
  const CallTypes types = call_types(c, *backend);
  const BackendPtr checked = debug_mode(backend, options);
  Hostility hostility;
  hostility.layout = parse_layout(c.layout);
  hostility.end = End::First;  // aligned, as memory of a program mostly is
  HostileCall call(*checked, problem, types, hostility);
  call.write_inputs(make_data(problem, types, parse_fill(c.fill), c.seed));
  call.run({.threads = 1});  // a refusal or an exception is the program's to see
  return found;
}

void try_level(const Subject& subject, std::size_t number, LevelRow& row) {
  const BackendPtr backend = subject.make();
  DebugSession session;
  for (Case c : subject.cases) {
    const bool large = flops(conv_problem(c)) > kLarge;
    for (const Fill fill : kAllFills) {
      if (large && fill != Fill::Real && fill != Fill::Wide) continue;
      c.fill = fill == Fill::Narrow ? "" : to_string(fill);
      const auto found = debugged(backend, c, kTableLevels[number], session);
      if (!found) continue;
      row.caught[number] = true;
      row.by[number] = std::string(to_string(found->kind)) + " in " + to_string(c) + ": " +
                       found->verdict.reason;
      return;
    }
  }
}

// The mutant's result on real data, and the honest one.
void compare_with_limit(const Subject& subject, const std::string& line, LevelRow& row) {
  const BackendPtr backend = subject.make();
  Case c = parse_case(line);
  c.fill = "real";
  const CallTypes types = call_types(c, *backend);
  PreparedCase ready(c, types, {});
  if (ready.call(*backend, {.threads = 1})) return;
  const Operands& operands = ready.operands();
  const TensorView& result = operands.result(ready.problem().direction);
  double squares = 0;
  Index at(result.rank(), 0);
  do {
    const double error = result.at(at) - result_at(ready.problem(), operands, at).value;
    squares += error * error;
  } while (advance(at, result.extents));
  const double rms = std::sqrt(squares / static_cast<double>(result.size()));
  const RealArithmetic arithmetic{types.accumulator, types.input_bits};
  const RealCheck check = RealProjection(ready.problem(), operands, arithmetic, 1).check(result);
  const double over = rms / check.rms_limit;
  if (!(over <= row.over_limit)) row.over_limit = over;
  if (over <= 1) return;
  DebugSession session;
  if (!debugged(subject.make(), c, DebugLevel::Projection, session)) row.missed.push_back(line);
}

LevelRow row_of(const std::string& name, const std::string& what, const Subject& subject,
                bool needs_guards) {
  LevelRow row{name, what, {}, {}, {}, 0, {}};
  for (std::size_t number = 0; number < row.caught.size(); ++number) {
    try_level(subject, number, row);
  }
  for (const std::string& line : projected_lines()) {
    if (!needs_guards) compare_with_limit(subject, line, row);
  }
  return row;
}

}  // namespace

LevelTable level_table(const std::function<void(const LevelRow&)>& finished, std::size_t every) {
  LevelTable table;
  std::size_t number = 0;
  const auto left_out = [&] { return number++ % every != 0; };
  const auto add = [&](std::vector<LevelRow>& rows, LevelRow row) {
    if (finished) finished(row);
    rows.push_back(std::move(row));
  };
  for (const Mutant& mutant : all_mutants()) {
    if (left_out()) continue;
    const Subject subject{[&] { return kernel(mutant.name, mutant.mistakes); },
                          cases_of(mutant.cases)};
    LevelRow row = row_of(mutant.name, mutant.what, subject, mutant.needs_guards);
    row.rule = mutant.rule;
    add(table.mutants, std::move(row));
  }
  for (const Honest& honest : honest_kernels()) {
    if (left_out()) continue;
    add(table.honest,
        row_of(honest.name, honest.what, {[&] { return honest.backend; }, cases_of({})}, false));
  }
  return table;
}

std::string level_table_heading() {
  char line[160];
  std::snprintf(line, sizeof line, "%-34s %-13s %-9s %-11s %-9s %-9s %s\n", "mutant", "rule",
                "sampled", "projection", "full", "paranoid", "rms error / limit");
  return line;
}

std::string level_table_line(const LevelRow& row) {
  const auto word = [&](std::size_t level) { return row.caught[level] ? "caught" : "-"; };
  char line[200];
  std::snprintf(line, sizeof line, "%-34s %-13s %-9s %-11s %-9s %-9s %.3g\n", row.name.c_str(),
                row.rule.empty() ? "honest" : row.rule.c_str(), word(0), word(1), word(2), word(3),
                row.over_limit);
  return line;
}

std::string level_table_summary(const LevelTable& table) {
  std::string text;
  for (std::size_t level = 0; level < 4; ++level) {
    const auto caught = std::count_if(table.mutants.begin(), table.mutants.end(),
                                      [&](const LevelRow& row) { return row.caught[level]; });
    const auto flagged = std::count_if(table.honest.begin(), table.honest.end(),
                                       [&](const LevelRow& row) { return row.caught[level]; });
    text += std::string(to_string(kTableLevels[level])) + ": " + std::to_string(caught) + " of " +
            std::to_string(table.mutants.size()) + " mutants caught, " + std::to_string(flagged) +
            " of " + std::to_string(table.honest.size()) + " honest kernels flagged\n";
  }
  std::size_t above = 0, missed = 0;
  for (const LevelRow& row : table.mutants) {
    above += row.over_limit <= 1 ? 0 : 1;
    missed += row.missed.size();
  }
  return text + std::to_string(above) +
         " mutants have an rms error above the projection's printed "
         "limit; it misses " +
         std::to_string(missed) + " of their calls\n";
}

}  // namespace convcheck
