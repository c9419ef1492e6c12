// The list of known failures, and what it makes of the units of a suite.
#include "checker/known_failures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "checker/corpus.h"
#include "checker/rules/all_rules.h"
#include "checker/suite.h"
#include "reference/reference_backend.h"

namespace convcheck {
namespace {

using testing::HasSubstr;

const std::string kWitness = "conv1d.forward f32 x=1x1x2 w=1x1x2";
const std::string kEntry =
    "planted | 2.0-2.6 | * | value | x=1x1x[0-9]+ | no such|definition's | " + kWitness + " | wrong";

std::vector<KnownFailure> read(const std::string& text) {
  std::istringstream in(text);
  return read_known_failures(in, "list.txt");
}

std::string error(const std::string& text) {
  try {
    read(text);
  } catch (const ConvError& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Syntax);
    return error.what();
  }
  return "no error";
}

// A backend of a version, right or wrong by one.
BackendPtr planted(const std::string& version, bool right) {
  class Versioned final : public Backend {
   public:
    Versioned(std::string version, bool right) : version_(std::move(version)), right_(right) {}
    std::string name() const override { return "planted"; }
    std::string version() const override { return version_; }
    DataType accumulator(DataType type) const override { return type; }
    Claims claims() const override { return {}; }
    Support supports(const ConvProblem&, const Operands&) const override { return Support::yes(); }
    std::size_t workspace_bytes(const ConvProblem&, const Operands&,
                                const RunContext&) const override {
      return 0;
    }
    void run(const ConvProblem& problem, const Operands& operands, std::span<std::byte>,
             const RunContext& context) const override {
      reference_backend()->run(problem, operands, {}, context);
      const TensorView& result = operands.result(problem.direction);
      const Index first(result.rank(), 0);
      if (!right_) result.set(first, result.at(first) + 1);
    }

   private:
    std::string version_;
    bool right_;
  };
  return std::make_shared<Versioned>(version, right);
}

SuiteResult suite(const std::vector<std::string>& lines, const BackendPtr& backend,
                  const std::string& list = kEntry) {
  std::vector<Case> cases;
  for (const std::string& line : lines) cases.push_back(read_case(line));
  const KnownFailures known(read(list), {backend});
  SuiteOptions options;
  options.rules = {rule_named("value")};
  options.known = [&](const Finding& finding) { return known.judged(finding); };
  return run_suite(cases, {backend}, options);
}

TEST(KnownFailures, AFailureThatAnEntryFitsIsKnownAndFailsNoRun) {
  const SuiteResult result =
      suite({kWitness, "conv1d.forward f32 x=1x1x7 w=1x1x2"}, planted("2.6.3", false));
  EXPECT_EQ(total(result.counts).known, 2);
  EXPECT_TRUE(total(result.counts).balanced());
  EXPECT_TRUE(result.findings.empty());
  EXPECT_EQ(exit_of(result.counts).code, 3) << "nothing passed";
}

TEST(KnownFailures, OtherCasesRulesReasonsAndVersionsAreNotKnown) {
  const auto failed = [](const std::string& line, const std::string& version,
                         const std::string& list = kEntry) {
    return total(suite({line}, planted(version, false), list).counts).failed;
  };
  EXPECT_EQ(failed(kWitness, "2.6.3"), 0);
  EXPECT_EQ(failed("conv1d.forward f32 x=2x1x2 w=1x1x2", "2.6.3"), 1);
  EXPECT_EQ(failed(kWitness, "2.7"), 1);
  EXPECT_EQ(failed(kWitness, "1.9"), 1);
  EXPECT_EQ(failed(kWitness, ""), 1);
  const auto changed = [](const std::string& from, const std::string& to) {
    std::string list = kEntry;
    return list.replace(list.find(from), from.size(), to);
  };
  EXPECT_EQ(failed(kWitness, "2.6.3", changed("| value", "| bounds")), 1);
  EXPECT_EQ(failed(kWitness, "2.6.3", changed("no such|definition's", "crashed")), 1);
  EXPECT_EQ(failed(kWitness, "2.6.3", changed("planted", "other")), 1);
  EXPECT_EQ(failed(kWitness, "2.6.3", changed("| * |", "| no_such_flag |")), 1);
}

TEST(KnownFailures, AWitnessThatPassesFailsTheRunAndNamesTheEntry) {
  const SuiteResult result = suite({kWitness}, planted("2.6.3", true), "# a list\n\n" + kEntry);
  EXPECT_EQ(exit_of(result.counts).code, 1);
  ASSERT_EQ(result.findings.size(), 1u);
  EXPECT_THAT(result.findings[0].verdict.reason, HasSubstr("remove list.txt:3"));
}

TEST(KnownFailures, OtherCasesThatPassAndEntriesThatDoNotApplySayNothing) {
  EXPECT_EQ(
      exit_of(suite({"conv1d.forward f32 x=1x1x7 w=1x1x2"}, planted("2.6.3", true)).counts).code,
      0);
  EXPECT_EQ(exit_of(suite({kWitness + " seed=2"}, planted("2.6.3", true)).counts).code, 0);
  EXPECT_EQ(exit_of(suite({kWitness}, planted("2.7", true)).counts).code, 0);
}

TEST(KnownFailures, VersionsAreComparedByAsManyNumbersAsTheBoundHas) {
  EXPECT_TRUE(is_version_in("2.6.3", "2.6.3"));
  EXPECT_TRUE(is_version_in("2.6.3", "2.6"));
  EXPECT_TRUE(is_version_in("2.10", "2.6-2.11"));
  EXPECT_TRUE(is_version_in("", "*"));
  EXPECT_FALSE(is_version_in("2.60", "2.6"));
  EXPECT_FALSE(is_version_in("2.6", "2.6.3"));
  EXPECT_FALSE(is_version_in("", "2"));
  EXPECT_FALSE(is_version_in("new", "2"));
}

TEST(KnownFailures, WitnessesAreEachThereOnce) {
  const std::vector<Case> witnesses = witnesses_of(read(kEntry + "\n" + kEntry));
  ASSERT_EQ(witnesses.size(), 1u);
  EXPECT_EQ(to_string(witnesses[0]), kWitness);
}

TEST(KnownFailures, ABadEntryIsRefusedWithItsLineAndColumn) {
  const auto entry = [](const std::string& versions, const std::string& rule,
                        const std::string& cases, const std::string& witness) {
    return "\n" +
           ("b | " + versions + " | * | " + rule + " | " + cases + " | . | " + witness + " | why");
  };
  EXPECT_EQ(error(entry("*", "value", "f32", kWitness)), "no error");
  EXPECT_THAT(error(entry("2..6", "value", "f32", kWitness)), HasSubstr("list.txt:2: versions"));
  EXPECT_THAT(error(entry("2-", "value", "f32", kWitness)), HasSubstr("versions = '2-'"));
  EXPECT_THAT(error(entry("99999999999", "value", "f32", kWitness)), HasSubstr("versions"));
  EXPECT_THAT(error(entry("*", "worth", "f32", kWitness)), HasSubstr("list.txt:2: rule"));
  EXPECT_THAT(error(entry("*", "value", "(", kWitness)), HasSubstr("cases = '('"));
  EXPECT_THAT(error(entry("*", "value", "f64", kWitness)), HasSubstr("one of the entry's cases"));
  EXPECT_THAT(error(entry("*", "value", ".", kWitness + " seed=1")), HasSubstr("witness"));
  EXPECT_THAT(error(entry("*", "value", ".", "conv1d")), HasSubstr("list.txt:2: part"));
  EXPECT_THAT(error("a | b"), HasSubstr("list.txt:1: line = 'a | b': expected eight columns"));
  EXPECT_THAT(error(kEntry + " | more"), HasSubstr("not more"));
  EXPECT_THAT(error(entry("*", "value", " ", kWitness)), HasSubstr("cases = ''"));
  EXPECT_THROW(read_known_failures("no/such/list"), ConvError);
}

}  // namespace
}  // namespace convcheck
