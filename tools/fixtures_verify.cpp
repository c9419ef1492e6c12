#include "tools/fixtures_verify.h"

#include <fmt/format.h>

#include <iostream>
#include <vector>

#include "fixtures/python_values.h"
#include "fixtures/read_file.h"
#include "tools/fixtures_cases.h"
#include "tools/fixtures_rows.h"
#include "tools/fixtures_verification.h"

namespace convcheck {
namespace {

constexpr int kUnreadable = 2;

// What `judged` returns. What a call lacks, or has of another type than the function takes, is the
// file's fault.
template <class F>
Outcome outcome_of(const std::string& where, const F& judged) {
  try {
    return judged();
  } catch (const NotExpressible& reason) {
    return {.fate = Fate::NotExpressible, .text = reason.what()};
  } catch (const std::logic_error& error) {  // ConvError, and a missing member of a map
    throw FileError(where + ": " + error.what());
  } catch (const nlohmann::json::exception& error) {
    throw FileError(where + ": " + error.what());
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
    if (entry.by_name_only) out << entry.name << ": not run: its answers are not exact\n";
  }
}

}  // namespace

std::vector<BackendPtr> built_backends() {
  std::vector<BackendPtr> built;
  for (const BackendEntry& entry : backends()) {
    if (entry.backend != nullptr && !entry.by_name_only) built.push_back(entry.backend);
  }
  return built;
}

Tally verify(const TheanoFile& file, CaseRunner& runner) {
  Tally tally;
  const auto add = [&](const std::string& table, const std::string& where, const auto& judged) {
    tally.add(table, where, outcome_of(where, judged));
  };
  for (const TheanoCase& c : file.cases) add("cases", c.where, [&] { return runner.run(c); });
  for (const TheanoCase& c : file.edge_cases) add("edge", c.where, [&] { return runner.run(c); });
  for (const TheanoRow& row : file.errors) {
    add("errors/table", row.where, [&] { return judge_operator(row, runner.backends()); });
  }
  for (const auto& entry : file.shapes) {
    for (const TheanoRow& row : entry.second) {
      add("shapes/" + entry.first, row.where, [&] { return judge(row, answer_of_helper(row)); });
    }
  }
  return tally;
}

int fixtures_verify(const std::string& path, std::ostream& out, std::ostream& err) {
  try {
    const TheanoFile file = read_theano(read_file(path));
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
