#include "tools/fixtures_generate.h"

#include <set>
#include <sstream>

#include "fast/evaluate.h"
#include "fixtures/whole_file.h"
#include "tools/fixtures_golden.h"
#include "tools/fixtures_reference.h"

namespace convcheck {

std::vector<Case> read_fixture_lines(const std::string& path) {
  std::istringstream in(read_whole(path));
  std::vector<Case> cases;
  std::set<std::string> seen;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.empty() || line[0] == '#') continue;
    try {
      Case c = parse_case(line);
      require_storable(c);
      if (!seen.insert(to_string(c)).second) {
        throw ConvError(ErrorKind::Syntax, "case", to_string(c), "one that is not there already");
      }
      cases.push_back(std::move(c));
    } catch (const ConvError& error) {
      throw ConvError(error.kind(), path + ":" + std::to_string(number) + ": " + error.argument(),
                      error.value(), error.expected());
    }
  }
  return cases;
}

namespace {

GoldenCase generated(const Case& line) {
  try {
    return golden_case(line);
  } catch (const ConvError& error) {
    throw ConvError(error.kind(), to_string(line) + ": " + error.argument(), error.value(),
                    error.expected());
  }
}

}  // namespace

GoldenFile generate(const std::vector<Case>& lines, FixturesProgress& progress) {
  GoldenFile file;
  for (const Case& line : lines) {
    progress.next(to_string(line));
    file.cases.push_back(generated(line));
  }
  return file;
}

GoldenFile regenerate(const GoldenFile& before, FixturesProgress& progress) {
  GoldenFile file{.history = before.history};
  for (const GoldenCase& c : before.cases) {
    progress.next(to_string(c.subject));
    require_consistent(c, "cases/" + c.id);
    file.cases.push_back(c.subject.fill == kImported ? golden_case(c.subject, c.operands, c.exact)
                                                     : generated(c.subject));
  }
  for (const auto& [helper, rows] : before.shapes) {
    for (const GoldenRow& row : rows) {
      file.shapes[helper].push_back({row.args, result_of_helper(helper, row.args)});
    }
  }
  return file;
}

}  // namespace convcheck
