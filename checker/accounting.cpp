#include "checker/accounting.h"

#include <algorithm>
#include <vector>

namespace convcheck {
namespace {

constexpr std::size_t kReasonsShown = 4;

std::string reasons(const std::map<std::string, std::int64_t>& skipped) {
  if (skipped.empty()) return "";
  std::vector<std::pair<std::string, std::int64_t>> sorted(skipped.begin(), skipped.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::int64_t others = 0;
  for (; sorted.size() > kReasonsShown; sorted.pop_back()) others += sorted.back().second;
  if (others > 0) sorted.emplace_back("other reasons", others);
  std::string text;
  for (const auto& [reason, count] : sorted) {
    text += (text.empty() ? " (" : "; ") + reason + ": " + with_separators(count);
  }
  return text + ")";
}

bool says_nothing(const Counts& counts) {
  return counts.planned == counts.skipped_in_all() + counts.vacuous;
}

bool nobody_does(const std::string& direction, const CountsByDirection& counts) {
  return std::all_of(counts.begin(), counts.end(), [&](const auto& row) {
    return row.first.second != direction || says_nothing(row.second);
  });
}

}  // namespace

std::int64_t Counts::skipped_in_all() const {
  std::int64_t sum = 0;
  for (const auto& [reason, count] : skipped) sum += count;
  return sum;
}

bool Counts::balanced() const {
  return planned == passed + failed + skipped_in_all() + vacuous + broken + known;
}

void Counts::add(const Verdict& verdict, std::int64_t units) {
  planned += units;
  switch (verdict.outcome) {
    case Outcome::Passed:
      passed += units;
      break;
    case Outcome::Failed:
      failed += units;
      break;
    case Outcome::Skipped:
      skipped[verdict.reason] += units;
      break;
    case Outcome::Vacuous:
      vacuous += units;
      break;
    case Outcome::Broken:
      broken += units;
      break;
    case Outcome::Known:
      known += units;
      break;
  }
}

Counts& Counts::operator+=(const Counts& other) {
  planned += other.planned;
  passed += other.passed;
  failed += other.failed;
  vacuous += other.vacuous;
  broken += other.broken;
  known += other.known;
  for (const auto& [reason, count] : other.skipped) skipped[reason] += count;
  return *this;
}

Counts total(const CountsByDirection& counts) {
  Counts sum;
  for (const auto& [key, part] : counts) sum += part;
  return sum;
}

Exit exit_of(const CountsByDirection& counts, bool strict) {
  const Counts all = total(counts);
  if (all.broken > 0) return {4, "broken: convcheck or the machine failed"};
  if (!all.balanced()) return {4, "the counts do not balance"};
  if (all.failed > 0) return {1, "failed"};
  if (strict && all.vacuous > 0) return {1, "vacuous, which --strict does not allow"};
  if (all.passed == 0) return {3, "nothing passed"};
  for (const auto& [key, part] : counts) {
    if (says_nothing(part) && (part.asked_for || nobody_does(key.second, counts))) {
      return {3, key.first + " " + key.second + " was only skipped or vacuous"};
    }
  }
  return {};
}

void mark_as_not_asked_for(CountsByDirection& counts) {
  for (auto& row : counts) row.second.asked_for = false;
}

std::string with_separators(std::int64_t number) {
  std::string digits = std::to_string(number);
  const std::size_t first = digits[0] == '-' ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string accounting_line(const Counts& counts) {
  return "planned " + with_separators(counts.planned) + " = passed " +
         with_separators(counts.passed) + " + failed " + with_separators(counts.failed) +
         " + skipped " + with_separators(counts.skipped_in_all()) + reasons(counts.skipped) +
         " + vacuous " + with_separators(counts.vacuous) + " + broken " +
         with_separators(counts.broken) + " + known " + with_separators(counts.known);
}

}  // namespace convcheck
