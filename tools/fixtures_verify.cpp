#include "tools/fixtures_verify.h"

#include <fmt/format.h>

#include <iostream>
#include <vector>

#include "fixtures/python_values.h"
#include "tools/fixtures_cases.h"
#include "tools/fixtures_rows.h"
#include "tools/fixtures_verification.h"

namespace convcheck {
namespace {

constexpr int kUnreadable = 2;

// A row's arguments are foreign: what they lack, or have of another type than the function takes,
// is the file's fault.
template <class F>
Outcome outcome_of(const TheanoRow& row, const F& judge_row) {
  try {
    return judge_row();
  } catch (const NotExpressible& reason) {
    return {.fate = Fate::NotExpressible, .text = reason.what()};
  } catch (const nlohmann::json::exception& error) {
    throw FileError(row.where + ": " + error.what());
  } catch (const std::out_of_range&) {
    throw FileError(row.where + ": an argument or an array is missing");
  }
}

// Every backend must give the same answer, the same kind of error included.
Outcome judge_operator(const TheanoRow& row, const std::vector<BackendPtr>& built) {
  Outcome outcome;
  for (const BackendPtr& backend : built) {
    outcome = judge(row, answer_of_operator(row, backend));
    if (outcome.fate != Fate::Failed) continue;
    outcome.text = backend->name() + "  " + outcome.text;
    return outcome;
  }
  return outcome;
}

void print_runs(const CaseRunner& runner, std::ostream& out) {
  for (const auto& [backend, runs] : runner.runs()) {
    out << fmt::format("{}: {} runs of cases\n", backend, runs.done);
    for (const auto& [reason, count] : runs.declined) {
      out << fmt::format("{}: {} runs declined: {}\n", backend, count, reason);
    }
  }
  for (const BackendEntry& entry : backends()) {
    if (entry.backend == nullptr) out << entry.name << ": not built: " << entry.reason << "\n";
  }
}

}  // namespace

std::vector<BackendPtr> built_backends() {
  std::vector<BackendPtr> built;
  for (const BackendEntry& entry : backends()) {
    if (entry.backend != nullptr) built.push_back(entry.backend);
  }
  return built;
}

Tally verify(const TheanoFile& file, CaseRunner& runner) {
  Tally tally;
  for (const TheanoCase& c : file.cases) tally.add("cases", c.where, runner.run(c));
  for (const TheanoCase& c : file.edge_cases) tally.add("edge", c.where, runner.run(c));
  const std::vector<BackendPtr> built = built_backends();
  for (const TheanoRow& row : file.errors) {
    const auto judged = [&] { return judge_operator(row, built); };
    tally.add("errors/table", row.where, outcome_of(row, judged));
  }
  for (const auto& [helper, rows] : file.shapes) {
    for (const TheanoRow& row : rows) {
      const auto judged = [&] { return judge(row, answer_of_helper(row)); };
      tally.add("shapes/" + helper, row.where, outcome_of(row, judged));
    }
  }
  return tally;
}

int fixtures_verify(const std::string& path, std::ostream& out, std::ostream& err) {
  try {
    const TheanoFile file = read_theano(path);
    CaseRunner runner(built_backends());
    const Tally tally = verify(file, runner);
    out << path << "\n";
    print_runs(runner, out);
    tally.print(out);
    return tally.count(Fate::Failed) == 0 ? 0 : 1;
  } catch (const FileError& error) {
    err << "convcheck: " << error.what() << "\n";
    return kUnreadable;
  }
}

void add_fixtures_commands(CLI::App& app, int& exit_code) {
  CLI::App* fixtures =
      app.add_subcommand("fixtures", "files of answers that were computed elsewhere");
  fixtures->require_subcommand(1);
  CLI::App* verify_command = fixtures->add_subcommand(
      "verify", "hold a file's answers against every backend of this build");
  auto path = std::make_shared<std::string>();
  verify_command->add_option("FILE", *path, "an HDF5 file, such as fixtures/theano.h5")->required();
  verify_command->callback(
      [path, &exit_code] { exit_code = fixtures_verify(*path, std::cout, std::cerr); });
  verify_command->footer("Exit codes: 0 all right; 1 something failed; 2 the file cannot be read.");
}

}  // namespace convcheck
