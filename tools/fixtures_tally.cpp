#include "tools/fixtures_tally.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace convcheck {
namespace {

constexpr Fate kFates[] = {Fate::Passed, Fate::Failed, Fate::Deviating, Fate::NotExpressible};
constexpr std::size_t kMostFailures = 50;  // printed in full

std::int64_t count_in(const std::map<Fate, std::int64_t>& counts, Fate fate) {
  const auto found = counts.find(fate);
  return found == counts.end() ? 0 : found->second;
}

std::int64_t count_in(const std::map<std::string, std::int64_t, std::less<>>& counts,
                      std::string_view name) {
  const auto found = counts.find(name);
  return found == counts.end() ? 0 : found->second;
}

std::string line(const std::string& name, const std::map<Fate, std::int64_t>& counts) {
  std::int64_t rows = 0;
  for (const auto& [fate, count] : counts) rows += count;
  std::string text = fmt::format("  {:<40}{:>8}", name, rows);
  for (const Fate fate : kFates) text += fmt::format("{:>11}", count_in(counts, fate));
  return text + "\n";
}

}  // namespace

RowOutcome judge(const TheanoRow& call, const Answer& ours) {
  const Explanation explanation = explain(call, ours);
  if (!explanation.agrees) {
    return {.fate = Fate::Failed,
            .text = fmt::format("{} {}: expected {}, got {}", call.function, call.args.dump(),
                                call.answer.to_string(), ours.to_string())};
  }
  if (explanation.rules.empty()) return {};
  return {.fate = Fate::Deviating, .rules = explanation.rules};
}

void Tally::add(const std::string& table, const std::string& where, const RowOutcome& outcome) {
  if (tables_.count(table) == 0) order_.push_back(table);
  ++tables_[table][outcome.fate];
  if (outcome.fate == Fate::Failed) failures_.push_back(where + "  " + outcome.text);
  if (outcome.fate == Fate::NotExpressible) ++not_expressible_[outcome.text];
  for (const KnownDeviation* rule : outcome.rules) ++rules_[std::string(rule->name)];
  by_several_rules_ += outcome.rules.size() > 1 ? 1 : 0;
}

std::int64_t Tally::count(Fate fate) const {
  std::int64_t sum = 0;
  for (const auto& [table, counts] : tables_) sum += count_in(counts, fate);
  return sum;
}

std::int64_t Tally::total() const {
  std::int64_t sum = 0;
  for (const Fate fate : kFates) sum += count(fate);
  return sum;
}

std::int64_t Tally::explained_by(std::string_view rule) const { return count_in(rules_, rule); }

void Tally::print(std::ostream& out) const {
  print_tables(out);
  print_rules(out);
  print_not_expressible(out);
  print_failures(out);
  out << fmt::format("rows {} = passed {} + failed {} + deviating {} + not expressible {}\n",
                     total(), count(Fate::Passed), count(Fate::Failed), count(Fate::Deviating),
                     count(Fate::NotExpressible));
}

void Tally::print_tables(std::ostream& out) const {
  out << fmt::format("  {:<40}{:>8}{:>11}{:>11}{:>11}{:>11}\n", "", "rows", "passed", "failed",
                     "deviating", "not expr.");
  for (const std::string& table : order_) out << line(table, tables_.at(table));
}

void Tally::print_rules(std::ostream& out) const {
  if (rules_.empty()) return;
  out << fmt::format("deviating by rule ({} rows by more than one):\n", by_several_rules_);
  for (const KnownDeviation& rule : known_deviations()) {
    const std::int64_t rows = explained_by(rule.name);
    if (rows != 0) out << fmt::format("  {:<26}{:>5}  {}\n", rule.name, rows, rule.reason);
  }
}

void Tally::print_not_expressible(std::ostream& out) const {
  if (not_expressible_.empty()) return;
  out << "not expressible in C++, where the parameter's type forbids it:\n";
  for (const auto& [reason, rows] : not_expressible_) {
    out << fmt::format("  {:>5}  {}\n", rows, reason);
  }
}

void Tally::print_failures(std::ostream& out) const {
  const std::size_t shown = std::min(failures_.size(), kMostFailures);
  for (std::size_t i = 0; i < shown; ++i) out << "FAILED  " << failures_[i] << "\n";
  if (shown < failures_.size()) {
    out << fmt::format("FAILED  and {} more\n", failures_.size() - shown);
  }
}

}  // namespace convcheck
