// Failures of released libraries that are known: they are counted, but do not fail a run.
//
// A list has an entry a line, eight columns with " | " between them; '#' begins a comment line:
//
//   backend | versions | machine | rule | cases | reasons | witness | why
//
//   versions  "2.6.3", "2.0-2.6" (as many numbers as the bound has are compared, so 2.6.3 is in
//   it),
//             or * for any
//   machine   a flag that the processor has to have, as /proc/cpuinfo calls it, or *
//   cases     regular expression; the case's line has a match of it
//   reasons   the same of the verdict's reason: another failure of such a case is not known
//   witness   the line of a case, itself one of `cases`, that fails so
//   why       what is wrong there, or where it is told
//
// An entry that does not apply to the backend's version or to the machine says nothing. A failed
// unit that an entry fits is known. The entry's witness is judged in every run of the built-in
// cases; where the unit of the entry's rule passes, the failure is gone, and it is failed until the
// entry is removed. Runs of other cases, and parts of a run, therefore never say so wrongly: what
// was not run, was skipped or was vacuous says nothing.
#pragma once

#include <istream>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "checker/explain.h"
#include "reference/backend.h"
#include "reference/case.h"

namespace convcheck {

struct KnownFailure {
  std::string backend, versions, machine, rule;
  std::regex cases, reasons;
  Case witness;
  std::string why;
  std::string place;  // "known_failures.txt:12"
};

// Throws ConvError{Syntax} that names the file, the line and the column.
std::vector<KnownFailure> read_known_failures(const std::string& path);
std::vector<KnownFailure> read_known_failures(std::istream& in, const std::string& name);

// Whether a version is one of `versions`, as the list has them.
bool is_version_in(std::string_view version, std::string_view versions);

// The witnesses of all entries, each once: whether an entry applies does not decide which cases a
// suite has, so that all machines have the same.
std::vector<Case> witnesses_of(const std::vector<KnownFailure>& entries);

// The entries that apply to these backends on this machine.
class KnownFailures {
 public:
  KnownFailures(std::vector<KnownFailure> entries, const std::vector<BackendPtr>& backends);

  // What the accounting has of a unit: a failure that is known, or that is gone.
  Verdict judged(const Finding& finding) const;

 private:
  std::vector<KnownFailure> entries_;
};

}  // namespace convcheck
