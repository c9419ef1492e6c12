#include "tools/fixtures_diff.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <map>
#include <optional>
#include <ostream>

#include "checker/judge.h"
#include "tools/fixtures_operands.h"

namespace convcheck {
namespace {

using Kind = Difference::Kind;

constexpr std::size_t kMostShown = 100;

bool same_bits(double a, double b) { return std::memcmp(&a, &b, sizeof a) == 0; }

struct Changed {
  std::int64_t count = 0;
  Index first;
};

// The elements whose bits differ, of tensors of one shape and type.
Changed changed(const Tensor& before, const Tensor& after) {
  Changed result;
  if (before.size() == 0) return result;
  const std::size_t size = size_of(before.type());
  const auto* a = static_cast<const std::byte*>(before.view().data);
  const auto* b = static_cast<const std::byte*>(after.view().data);
  Index at(before.shape().size(), 0);
  do {
    if (std::memcmp(a, b, size) != 0 && result.count++ == 0) result.first = at;
    a += size;
    b += size;
  } while (advance(at, before.shape()));
  return result;
}

// What has become of one array; empty when nothing has.
std::string array_difference(const std::string& name, const Tensor& before, const Tensor& after) {
  if (!(before.shape() == after.shape()) || before.type() != after.type()) {
    return fmt::format("{} was {} {}, is {} {}", name, to_string(before.type()),
                       to_string(before.shape()), to_string(after.type()),
                       to_string(after.shape()));
  }
  const Changed all = changed(before, after);
  if (all.count == 0) return "";
  return fmt::format("{}: {} of {} elements, first at [{}]: was {}, is {}", name, all.count,
                     before.size(), to_string(all.first), before.at(all.first),
                     after.at(all.first));
}

// The largest move of `expected`, in units of the bound before, or in ulps where that is zero.
std::string size_of_move(const GoldenCase& before, const GoldenCase& after) {
  double worst = 0;
  Index at(before.expected.shape().size(), 0);
  do {
    const double a = before.expected.at(at), b = after.expected.at(at);
    if (same_bits(a, b)) continue;
    const double unit = before.exact ? 0 : before.bound.at(at);
    const double moved =
        before.exact ? ulps_between(result_type(before.subject), b, a) : std::abs(a - b) / unit;
    worst = std::isnan(moved) ? HUGE_VAL : std::max(worst, moved);
  } while (advance(at, before.expected.shape()));
  return before.exact ? fmt::format("; at most {:.3g} ulps, and exact: not one is allowed", worst)
                      : fmt::format("; at most {:.3g} of the bound", worst);
}

class Comparison {
 public:
  void compare(const GoldenCase& before, const GoldenCase& after) {
    where_ = to_string(before.subject);
    for (const auto& [name, tensor] : before.operands) {
      const auto other = after.operands.find(name);
      if (other == after.operands.end()) {
        add(Kind::Metadata, "operand " + name + " is gone");
      } else {
        add(Kind::Value, array_difference(name, tensor, other->second));
      }
    }
    for (const auto& entry : after.operands) {
      if (before.operands.count(entry.first) == 0) {
        add(Kind::Metadata, "operand " + entry.first + " is new");
      }
    }
    compare_expected(before, after);
    if (before.producer != after.producer) {
      add(Kind::Metadata,
          fmt::format("producer was \"{}\", is \"{}\"", before.producer, after.producer));
    }
  }

  void compare(const std::string& helper, const std::vector<GoldenRow>& before,
               const std::vector<GoldenRow>& after) {
    std::map<std::string, std::string> old;
    for (const GoldenRow& row : before) old[row.args.dump()] = row.result.dump();
    for (const GoldenRow& row : after) {
      where_ = helper + " " + row.args.dump();
      const auto found = old.find(row.args.dump());
      if (found == old.end()) {
        add(Kind::Added, row.result.dump());
      } else {
        if (found->second != row.result.dump()) {
          add(Kind::Value, fmt::format("was {}, is {}", found->second, row.result.dump()));
        }
        old.erase(found);
      }
    }
    for (const auto& [args, result] : old) {
      where_ = helper + " " + args;
      add(Kind::Removed, result);
    }
  }

  void add(Kind kind, const std::string& where, const std::string& what) {
    where_ = where;
    add(kind, what);
  }

  std::vector<Difference> take() { return std::move(all_); }

 private:
  void add(Kind kind, const std::string& what) {
    if (!what.empty()) all_.push_back({kind, where_, what});
  }

  void compare_expected(const GoldenCase& before, const GoldenCase& after) {
    std::string moved = array_difference("expected", before.expected, after.expected);
    const bool comparable = !moved.empty() && before.expected.shape() == after.expected.shape();
    if (comparable) moved += size_of_move(before, after);
    add(Kind::Value, moved);
    if (before.exact != after.exact) {
      add(Kind::Metadata, after.exact ? "is exact now" : "is no longer exact");
    } else if (!before.exact) {
      add(Kind::Metadata, array_difference("bound", before.bound, after.bound));
    }
  }

  std::string where_;
  std::vector<Difference> all_;
};

std::map<std::string, const GoldenCase*> by_line(const GoldenFile& file) {
  std::map<std::string, const GoldenCase*> cases;
  for (const GoldenCase& c : file.cases) cases[to_string(c.subject)] = &c;
  return cases;
}

}  // namespace

const char* to_string(Kind kind) {
  switch (kind) {
    case Kind::Added:
      return "added";
    case Kind::Removed:
      return "removed";
    case Kind::Value:
      return "value";
    default:
      return "metadata";
  }
}

std::vector<Difference> diff(const GoldenFile& before, const GoldenFile& after) {
  Comparison comparison;
  const auto old = by_line(before), now = by_line(after);
  for (const GoldenCase& c : before.cases) {
    const auto found = now.find(to_string(c.subject));
    if (found == now.end()) {
      comparison.add(Kind::Removed, to_string(c.subject), "case");
    } else {
      comparison.compare(c, *found->second);
    }
  }
  for (const GoldenCase& c : after.cases) {
    if (old.count(to_string(c.subject)) == 0) {
      comparison.add(Kind::Added, to_string(c.subject), "case");
    }
  }
  const std::vector<GoldenRow> none;
  for (const auto& [helper, rows] : before.shapes) {
    const auto found = after.shapes.find(helper);
    comparison.compare(helper, rows, found == after.shapes.end() ? none : found->second);
  }
  for (const auto& [helper, rows] : after.shapes) {
    if (before.shapes.count(helper) == 0) comparison.compare(helper, none, rows);
  }
  return comparison.take();
}

std::string summary(const std::vector<Difference>& differences) {
  std::map<Kind, std::size_t> counts;
  for (const Difference& one : differences) ++counts[one.kind];
  std::string text;
  for (const auto& [kind, count] : counts) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, to_string(kind));
  }
  return text.empty() ? "nothing" : text;
}

void print(const std::vector<Difference>& differences, std::ostream& out) {
  for (std::size_t i = 0; i < differences.size() && i < kMostShown; ++i) {
    const Difference& one = differences[i];
    out << fmt::format("{:<9} {}  {}\n", to_string(one.kind), one.where, one.what);
  }
  if (differences.size() > kMostShown) {
    out << fmt::format("and {} more\n", differences.size() - kMostShown);
  }
  out << "differences: " << summary(differences) << "\n";
}

}  // namespace convcheck
