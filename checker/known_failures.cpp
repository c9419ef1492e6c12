#include "checker/known_failures.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <optional>
#include <sstream>

#include "checker/corpus.h"
#include "checker/rules/all_rules.h"

namespace convcheck {
namespace {

constexpr std::string_view kColumns[] = {"backend", "versions", "machine", "rule",
                                         "cases",   "reasons",  "witness", "why"};
constexpr std::size_t kColumnCount = std::size(kColumns);
constexpr std::string_view kSeparator = " | ";

[[noreturn]] void refuse(std::string_view column, const std::string& value,
                         const std::string& expected) {
  throw ConvError(ErrorKind::Syntax, std::string(column), "'" + value + "'", expected);
}

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \t\r") - first + 1));
}

std::array<std::string, kColumnCount> columns_of(std::string_view line) {
  std::array<std::string, kColumnCount> columns;
  std::size_t count = 0;
  for (std::size_t from = 0; from != std::string_view::npos;) {
    const std::size_t end = line.find(kSeparator, from);
    if (count == kColumnCount) refuse("line", trimmed(line), "eight columns, not more");
    columns[count++] = trimmed(line.substr(from, end - from));
    from = end == std::string_view::npos ? end : end + kSeparator.size();
  }
  if (count < kColumnCount) refuse("line", trimmed(line), "eight columns with ' | ' between them");
  for (std::size_t i = 0; i < kColumnCount; ++i) {
    if (columns[i].empty()) refuse(kColumns[i], "", "a text");
  }
  return columns;
}

// Numbers with dots between them; nothing for any other text.
std::optional<std::vector<int>> numbers_of(std::string_view text) {
  std::vector<int> numbers;
  for (;;) {
    const std::size_t dot = text.find('.');
    const std::string_view piece = text.substr(0, dot);
    int number = 0;
    const auto [stop, error] = std::from_chars(piece.data(), piece.data() + piece.size(), number);
    if (error != std::errc() || stop != piece.data() + piece.size() || number < 0) {
      return std::nullopt;
    }
    numbers.push_back(number);
    if (dot == std::string_view::npos) return numbers;
    text.remove_prefix(dot + 1);
  }
}

// As many numbers as the bound has: below zero, zero or above it.
int compared(const std::vector<int>& version, const std::vector<int>& bound) {
  for (std::size_t i = 0; i < bound.size(); ++i) {
    const int number = i < version.size() ? version[i] : 0;
    if (number != bound[i]) return number < bound[i] ? -1 : 1;
  }
  return 0;
}

void check_versions(const std::string& versions) {
  const std::size_t dash = versions.find('-');
  const std::string_view first = std::string_view(versions).substr(0, dash);
  const std::string_view last =
      dash == std::string::npos ? first : std::string_view(versions).substr(dash + 1);
  if (versions == "*" || (numbers_of(first) && numbers_of(last))) return;
  refuse("versions", versions, "*, a version as in 2.6.3, or two with a '-' between them");
}

std::regex expression_of(std::string_view column, const std::string& text) {
  try {
    return std::regex(text, std::regex::ECMAScript | std::regex::optimize);
  } catch (const std::regex_error& error) {
    refuse(column, text, std::string("a regular expression (") + error.what() + ")");
  }
}

Case witness_of(const std::string& line, const std::regex& cases) {
  Case witness = read_case(line);
  if (to_string(witness) != line) refuse("witness", line, "'" + to_string(witness) + "'");
  if (!std::regex_search(line, cases)) refuse("witness", line, "one of the entry's cases");
  return witness;
}

KnownFailure entry_of(std::string_view line, const std::string& place) {
  const auto columns = columns_of(line);
  check_versions(columns[1]);
  rule_named(columns[3]);
  KnownFailure entry{.backend = columns[0],
                     .versions = columns[1],
                     .machine = columns[2],
                     .rule = columns[3],
                     .cases = expression_of("cases", columns[4]),
                     .reasons = expression_of("reasons", columns[5]),
                     .witness = {},
                     .why = columns[7],
                     .place = place};
  entry.witness = witness_of(columns[6], entry.cases);
  return entry;
}

// A word of the line "flags : ..."; in other countries' processors "Features : ...".
bool machine_has(const std::string& flag) {
  if (flag == "*") return true;
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    if (line.compare(0, 5, "flags") != 0 && line.compare(0, 8, "Features") != 0) continue;
    std::istringstream words(line);
    for (std::string word; words >> word;) {
      if (word == flag) return true;
    }
    return false;  // all processors are alike
  }
  return false;
}

}  // namespace

bool is_version_in(std::string_view version, std::string_view versions) {
  if (versions == "*") return true;
  const std::size_t dash = versions.find('-');
  const auto number = numbers_of(version), first = numbers_of(versions.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : numbers_of(versions.substr(dash + 1));
  if (!number || !first || !last) return false;
  return compared(*number, *first) >= 0 && compared(*number, *last) <= 0;
}

std::vector<KnownFailure> read_known_failures(std::istream& in, const std::string& name) {
  std::vector<KnownFailure> entries;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    const std::string place = name + ":" + std::to_string(number), text = trimmed(line);
    if (text.empty() || text[0] == '#') continue;
    try {
      entries.push_back(entry_of(text, place));
    } catch (const ConvError& error) {
      throw ConvError(ErrorKind::Syntax, place + ": " + error.argument(), error.value(),
                      error.expected());
    }
  }
  if (in.bad()) throw ConvError(ErrorKind::Syntax, "file", name, "one that can be read to its end");
  return entries;
}

std::vector<KnownFailure> read_known_failures(const std::string& path) {
  std::ifstream in(path);
  if (!in || (in.peek(), in.bad())) {  // a folder opens, but nothing can be read from it
    throw ConvError(ErrorKind::Syntax, "file", path, "a file that can be read");
  }
  in.clear();
  return read_known_failures(in, path);
}

KnownFailures::KnownFailures(std::vector<KnownFailure> entries,
                             const std::vector<BackendPtr>& backends) {
  for (KnownFailure& entry : entries) {
    const bool applies =
        std::any_of(backends.begin(), backends.end(), [&](const BackendPtr& backend) {
          return backend->name() == entry.backend &&
                 is_version_in(backend->version(), entry.versions);
        });
    if (applies && machine_has(entry.machine)) entries_.push_back(std::move(entry));
  }
}

Verdict KnownFailures::judged(const Finding& finding) const {
  const Outcome outcome = finding.verdict.outcome;
  if (outcome != Outcome::Passed && outcome != Outcome::Failed) return finding.verdict;
  for (const KnownFailure& entry : entries_) {
    if (entry.backend != finding.backend || entry.rule != finding.rule) continue;
    if (outcome == Outcome::Passed && finding.subject == entry.witness) {
      return Verdict::failed("passes, but is a known failure: remove " + entry.place);
    }
    if (outcome == Outcome::Failed && std::regex_search(to_string(finding.subject), entry.cases) &&
        std::regex_search(finding.verdict.reason, entry.reasons)) {
      Verdict known = finding.verdict;
      known.outcome = Outcome::Known;
      known.reason = entry.why + " (" + entry.place + "): " + known.reason;
      return known;
    }
  }
  return finding.verdict;
}

std::vector<Case> witnesses_of(const std::vector<KnownFailure>& entries) {
  std::vector<Case> cases;
  for (const KnownFailure& entry : entries) {
    if (std::find(cases.begin(), cases.end(), entry.witness) == cases.end())
      cases.push_back(entry.witness);
  }
  return cases;
}

}  // namespace convcheck
