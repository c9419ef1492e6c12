#include "tools/fixtures_show.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <ostream>

namespace convcheck {
namespace {

constexpr std::size_t kMostRows = 24;
constexpr std::int64_t kMostColumns = 16;

// Rows of the last axis, each with its coordinates.
void show_array(const std::string& name, const Tensor& tensor, std::ostream& out) {
  out << fmt::format("{:<9} {} {}\n", name, to_string(tensor.type()), to_string(tensor.shape()));
  if (tensor.size() == 0) return;
  Index at(tensor.shape().size(), 0);
  const std::int64_t columns = tensor.shape().empty() ? 1 : tensor.shape().back();
  std::size_t rows = 0;
  do {
    const std::int64_t column = at.empty() ? 0 : at.back();
    if (column == 0 && ++rows > kMostRows) {
      out << fmt::format("  ... {} elements in all\n", tensor.size());
      return;
    }
    if (column == 0) {
      Index row = at;
      if (!row.empty()) row[row.size() - 1] = 0;
      out << fmt::format("  [{}]", to_string(row));
    }
    if (column < kMostColumns) out << fmt::format(" {}", tensor.at(at));
    if (column == kMostColumns) out << " ...";
    if (column == columns - 1) out << "\n";
  } while (advance(at, tensor.shape()));
}

}  // namespace

void show_file(const GoldenFile& file, std::ostream& out) {
  std::map<std::string, std::size_t> producers;
  for (const GoldenCase& c : file.cases) ++producers[c.producer];
  out << fmt::format("{} cases", file.cases.size());
  for (const auto& [producer, count] : producers) {
    out << fmt::format(", {} by {}", count, producer);
  }
  out << "\n";
  for (const auto& [helper, rows] : file.shapes) {
    out << fmt::format("shapes/{}: {} rows\n", helper, rows.size());
  }
  for (const Acceptance& one : file.history) {
    out << fmt::format("accepted: {} ({}; in place of {:.12})\n", one.reason, one.changes,
                       one.replaced);
  }
  for (const GoldenCase& c : file.cases) {
    out << fmt::format("{}  {}  {}\n", c.id, c.exact ? "exact  " : "bounded", to_string(c.subject));
  }
}

void show_case(const GoldenCase& c, std::ostream& out) {
  out << to_string(c.subject) << "\n";
  out << fmt::format("{}; producer {}; sha256 {}\n",
                     c.exact ? "exact: a result is expected, rounded once" : "within the bound",
                     c.producer, digest_of(c));
  for (const auto& [name, tensor] : c.operands) show_array(name, tensor, out);
  show_array("expected", c.expected, out);
  if (!c.exact) show_array("bound", c.bound, out);
}

const GoldenCase& find_case(const GoldenFile& file, const std::string& id) {
  std::string padded = id;
  if (padded.size() < 5) padded.insert(0, 5 - padded.size(), '0');
  for (const GoldenCase& c : file.cases) {
    if (c.id == padded || to_string(c.subject) == id) return c;
  }
  throw FileError("no case " + id +
                  ": expected a number as `show FILE` lists them, or a case line");
}

}  // namespace convcheck
