// How all elements of a result are looked at: the cheapest way that leaves none out.
#pragma once

#include "checker/fill.h"
#include "checker/sample.h"

namespace convcheck {

enum class Coverage {
  Loops,            // the oracle, element by element
  ExactProjection,  // integers that are stored as they are summed, see exact_projection.h
  RealProjection,   // real data, with random signs: sees what is wrong in many elements
  Sample,  // integers that are rounded on storing, and what would take many seconds: a larger
           // sample, and a look at the rest
};

struct CoveragePlan {
  Coverage coverage = Coverage::Loops;
  SampleLimits sample = {};  // what the oracle is asked besides; everything for Loops
  double seconds = 0;        // estimated, of the oracle and the projection, on one core
};

// `limits` are for Coverage::Sample; beside a projection the sample is smaller. The oracle's loops
// are chosen where they cost less, or next to nothing.
CoveragePlan plan_coverage(const ConvProblem& problem, const CallTypes& types, const Data& data,
                           const SampleLimits& limits);

}  // namespace convcheck
