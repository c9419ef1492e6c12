// A verdict as a person reads it.
#pragma once

#include <string>

#include "checker/judged.h"
#include "checker/verdict.h"
#include "reference/case.h"

namespace convcheck {

// One unit of the accounting and what came out.
struct Finding {
  Case subject;
  std::string backend, rule;
  Verdict verdict;
  int threads = 1;               // that the call had
  std::string under = {};        // the rule that was judged, where it is another: `completes` fails
                                 // in place of any rule whose call does not come back
  std::string shrunk_from = {};  // the name or the line of the case that failed first
  std::string plugin = {};       // the path from which the backend was loaded
};

// "1", "-12", "0.5", "nan": the shortest text that reads back as the number.
std::string number_text(double value);

// "  at       y[...]   expected 1   got 2" and more lines about the error, its products and its
// pattern. Nothing about the error and the products unless the mismatch has its sum.
std::string mismatch_text(const ConvProblem& problem, const Mismatch& worst, bool sum_known = true);

// Several lines, the first of them "FAILED  value  corrmm  <case line>" and the last the command
// that repeats it. A failure comes with the line that gives the same problem to oneDNN's own test
// program, where it has it. Throws ConvError{Unsupported} for a rule that there is not.
std::string explain(const Finding& finding);

// "convcheck run '<case line>' --backend NAME", or --plugin PATH for a plugin, with the rule unless
// it is `value` and the threads unless it was one. A shell reads the path as it is.
std::string reproducer(const Finding& finding);

}  // namespace convcheck
