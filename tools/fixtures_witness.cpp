#include "tools/fixtures_witness.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <ostream>

#include "fast/dispatch.h"
#include "fast/evaluate.h"
#include "tools/fixtures_diff.h"
#include "tools/fixtures_file.h"
#include "tools/fixtures_golden.h"
#include "tools/fixtures_reference.h"

namespace convcheck {
namespace {

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

// Two results in f64 of the same sums, in any order.
Tensor allowed_in_f64(const GoldenCase& c) {
  Case wide = c.subject;
  wide.x_type = wide.w_type = wide.y_type = DataType::F64;
  wide.accumulator.reset();
  return answer_of_reference(wide, c.operands).bound;
}

// How the witness's case differs; empty when it agrees.
std::string disagreement(const GoldenCase& ours, const GoldenCase& theirs, Agreement& agreement) {
  GoldenFile a, b;
  a.cases = {ours};
  b.cases = {theirs};
  b.cases[0].expected = ours.expected, b.cases[0].producer = ours.producer;
  for (const Difference& one : diff(a, b)) return "is another case: " + one.what;
  if (!(theirs.expected.shape() == ours.expected.shape())) return "the result has another shape";
  if (ours.expected.size() == 0) return "";
  const Tensor bound = ours.exact ? Tensor() : allowed_in_f64(ours);
  Index at(ours.expected.shape().size(), 0);
  do {
    const double x = ours.expected.at(at), y = theirs.expected.at(at);
    const double most = ours.exact ? 0 : 2 * bound.at(at);
    if (same(x, y)) continue;
    if (!(std::abs(x - y) <= most)) {
      return fmt::format("at [{}] the file says {}, the witness {}, allowed difference {}",
                         to_string(at), x, y, most);
    }
    agreement.worst = std::max(agreement.worst, std::abs(x - y) / most);
  } while (advance(at, ours.expected.shape()));
  return "";
}

// The backend's agreement on the exact f32 cases that it supports.
Agreement agreement_of_backend(const GoldenFile& file, const BackendPtr& backend) {
  Agreement result{.producer = backend->name() + ", run now"};
  for (const GoldenCase& c : file.cases) {
    const bool f32 =
        compute_type(c.subject) == DataType::F32 && result_type(c.subject) == DataType::F32;
    if (!c.exact || !f32 || !reason_not_to_run(c, *backend).empty()) continue;
    try {
      const Tensor got = evaluate(c.subject, c.operands, backend);
      ++result.cases;
      ++result.exact;
      const std::string wrong = wrong_element(c, got, *backend);
      if (!wrong.empty()) result.disagreements.push_back(to_string(c.subject) + "  " + wrong);
    } catch (const ConvError& error) {
      if (error.kind() != ErrorKind::Unsupported) throw;
    }
  }
  return result;
}

void print(const Agreement& one, const std::string& where, std::size_t all, std::ostream& out) {
  out << fmt::format("{}: {} of {} cases, {} of them exact{}: {} agree, {} disagree", one.producer,
                     one.cases, all, one.exact, where, one.cases - one.disagreements.size(),
                     one.disagreements.size());
  if (one.cases > one.exact) out << fmt::format("; worst {:.3g} of what is allowed", one.worst);
  out << "\n";
  for (const std::string& text : one.disagreements) out << "DISAGREES  " << text << "\n";
}

}  // namespace

Agreement agreement(const GoldenFile& file, const GoldenFile& witness) {
  std::map<std::string, const GoldenCase*> ours;
  for (const GoldenCase& c : file.cases) ours[to_string(c.subject)] = &c;
  Agreement result;
  for (const GoldenCase& c : witness.cases) {
    const std::string line = to_string(c.subject);
    const auto found = ours.find(line);
    if (found == ours.end()) {
      throw FileError("cases/" + c.id + ": is not in the file that it is to witness: " + line);
    }
    result.producer = c.producer;
    ++result.cases;
    result.exact += c.exact ? 1 : 0;
    const std::string text = disagreement(*found->second, c, result);
    if (!text.empty()) result.disagreements.push_back(line + "  " + text);
  }
  return result;
}

int print_witnesses(const std::string& path, const std::vector<std::string>& witnesses,
                    std::ostream& out) {
  const GoldenFile file = load_golden(path);
  bool agree = true;
  const auto add = [&](const Agreement& one, const std::string& where) {
    print(one, where, file.cases.size(), out);
    agree = agree && one.disagreements.empty();
  };
  for (const std::string& witness : witnesses) {
    const GoldenFile theirs = load_golden(witness);
    try {
      add(agreement(file, theirs), " (" + name_of(witness) + ")");
    } catch (const FileError& error) {
      throw FileError(witness + ": " + error.what());
    }
  }
  for (const BackendEntry& entry : backends()) {
    if (entry.name != "onednn") continue;
    if (entry.backend == nullptr) {
      out << "onednn: not built: " << entry.reason << "\n";
    } else {
      add(agreement_of_backend(file, entry.backend), "");
    }
  }
  return agree ? 0 : 1;
}

}  // namespace convcheck
