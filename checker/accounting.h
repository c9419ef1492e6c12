// Counting verdicts, and the exit code that follows. The unit is one (case, backend, rule).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "checker/verdict.h"

namespace convcheck {

struct Counts {
  std::int64_t planned = 0, passed = 0, failed = 0, vacuous = 0, broken = 0, known = 0;
  std::map<std::string, std::int64_t> skipped;  // by reason
  bool asked_for = true;                        // see exit_of

  std::int64_t skipped_in_all() const;
  // planned = passed + failed + skipped + vacuous + broken + known.
  bool balanced() const;
  void add(const Verdict& verdict, std::int64_t units = 1);  // planned included
  Counts& operator+=(const Counts& other);
};

// Of every backend and direction: "corrmm", "grad_inputs".
using CountsByDirection = std::map<std::pair<std::string, std::string>, Counts>;

Counts total(const CountsByDirection& counts);

struct Exit {
  int code = 0;
  std::string reason;  // empty for 0
};

// 4 if anything is broken (or the counts do not balance); else 1 if anything failed; else 3 if
// nothing passed, or if a backend and direction that was asked for has only skipped and vacuous
// units, or a direction on every backend; else 0. With `strict` a vacuous unit counts as failed.
// Code 2, usage or unreadable input, is the program's.
Exit exit_of(const CountsByDirection& counts, bool strict = false);

// The backends are those that there are: what one does not do another may do.
void mark_as_not_asked_for(CountsByDirection& counts);

// "15,279"
std::string with_separators(std::int64_t number);

// "planned 15,279 = passed 15,201 + failed 11 + skipped 60 (asymmetric border: 60) + vacuous 7 +
// broken 0 + known 0" Of more than four reasons for skipping the rarer ones are put together as
// "other reasons".
std::string accounting_line(const Counts& counts);

}  // namespace convcheck
