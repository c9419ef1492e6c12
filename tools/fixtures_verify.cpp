#include "tools/fixtures_verify.h"

#include <fmt/format.h>

#include <ostream>
#include <sstream>
#include <vector>

#include "fixtures/golden.h"
#include "fixtures/python_values.h"
#include "fixtures/read_file.h"
#include "tools/fixtures_cases.h"
#include "tools/fixtures_file.h"
#include "tools/fixtures_golden.h"
#include "tools/fixtures_rows.h"
#include "tools/fixtures_verification.h"

namespace convcheck {
namespace {

constexpr int kUnreadable = 2, kNothing = 3;

// What `judged` returns. What a call lacks, or has of another type than the function takes, is the
// file's fault.
template <class F>
RowOutcome outcome_of(const std::string& where, const F& judged) {
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
RowOutcome judge_operator(const TheanoRow& row, const std::vector<BackendPtr>& built) {
  RowOutcome outcome;
  for (const BackendPtr& backend : built) {
    outcome = judge(row, answer_of_operator(row, backend));
    if (outcome.fate != Fate::Failed) continue;
    outcome.text = backend->name() + "  " + outcome.text;
    return outcome;
  }
  return outcome;
}

void print_runs(const std::map<std::string, BackendRuns>& all, std::ostream& out) {
  for (const auto& [backend, runs] : all) {
    out << fmt::format("{:<10}{:>6} runs of cases\n", backend, runs.done);
    for (const auto& [reason, count] : runs.declined) {
      out << fmt::format("{:>16} declined: {}\n", count, reason);
    }
  }
  for (const BackendEntry& entry : backends()) {
    if (entry.backend == nullptr) {
      out << fmt::format("{:<10} not built: {}\n", entry.name, entry.reason);
    }
  }
}

Tally verify_theano(const TheanoFile& file, std::ostream& out) {
  CaseRunner runner(built_backends());
  const Tally tally = verify(file, runner);
  print_runs(runner.runs(), out);
  for (const BackendEntry& entry : backends()) {
    if (entry.backend == nullptr) continue;
    if (entry.memory != MemoryKind::Host) {
      out << fmt::format("{:<10} not run: it takes device memory\n", entry.name);
    } else if (entry.by_name_only) {
      out << fmt::format("{:<10} not run: its answers are not exact\n", entry.name);
    }
  }
  return tally;
}

Tally verify_golden(const GoldenFile& file, const std::string& path, std::ostream& out) {
  std::vector<BackendPtr> all;
  std::set<std::string> by_name;
  for (const BackendEntry& entry : backends()) {
    if (entry.backend != nullptr && entry.memory == MemoryKind::Host) all.push_back(entry.backend);
    if (entry.by_name_only) by_name.insert(entry.name);
  }
  GoldenRunner runner(std::move(all), std::move(by_name));
  FixturesProgress progress(name_of(path), file.cases.size());
  const Tally tally = runner.verify(file, progress);
  out << fmt::format("expected against the reference: {} cases by loops, {} by projection\n",
                     runner.by_loops(), runner.by_projection());
  print_runs(runner.runs(), out);
  return tally;
}

// A message of what is in the file may not know the file.
int unreadable(const std::string& path, const std::exception& error, std::ostream& err) {
  const std::string message = error.what();
  const bool named = message.find(path) != message.npos;
  err << "convcheck: " << (named ? "" : path + ": ") << message << "\n";
  return kUnreadable;
}

}  // namespace

std::vector<BackendPtr> built_backends() {
  std::vector<BackendPtr> built;
  for (const BackendEntry& entry : backends()) {
    if (entry.backend == nullptr || entry.by_name_only) continue;
    if (entry.memory == MemoryKind::Host) built.push_back(entry.backend);
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
    const Tree root = read_file(path);
    const bool theano = root.integer("format_version") == kTheanoVersion;
    std::ostringstream report;
    const Tally tally = theano ? verify_theano(read_theano(root), report)
                               : verify_golden(read_golden(root), path, report);
    out << path << "\n" << report.str();
    tally.print(out);
    if (tally.total() == 0) {
      err << "convcheck: " << path << ": has nothing that could be checked\n";
      return kNothing;
    }
    return tally.count(Fate::Failed) == 0 ? 0 : 1;
  } catch (const FileError& error) {
    return unreadable(path, error, err);
  } catch (const ConvError& error) {
    return unreadable(path, error, err);
  }
}

}  // namespace convcheck
