// Judging a finished call on anybody's data. Internal to DebugMode.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "checker/debug_mode.h"
#include "checker/fill.h"
#include "reference/backend.h"

namespace convcheck::debug {

struct How {
  DebugLevel level = DebugLevel::Projection;  // Sampled, Projection or more; more is Full
  bool check_isfinite = true;
  int threads = 1;
  std::uint64_t seed = 1;
  // Elements for the oracle, of which a window that depends on the seed is used.
  const std::vector<Index>* sample = nullptr;
  std::int64_t samples = 64;  // for Sampled
  bool fresh = false;         // the first check of a problem has samples, whatever they cost
};

struct Examined {
  std::optional<Violation> violation;           // verdict is failed then
  Verdict verdict;                              // its note says how much was covered
  std::int64_t covered = 0, by_definition = 0;  // elements
  double worst_in_bounds = 0;                   // of the rigorous bound
  double projection = 0;                        // of the threshold
  bool graded = false;                          // between the expected and the rigorous bound
};

// The operands are host views that fit the valid problem; all three are read.
Examined examine(const ConvProblem& problem, const Operands& operands, const CallTypes& types,
                 const How& how);

// What the judge needs to know of data that we did not make.
Data users_data(const ConvProblem& problem, const Operands& operands, const CallTypes& types);

// The first element, of the inputs before the result, that is NaN or infinite.
struct InvalidElement {
  std::string reason;  // "the input x[0,1,2,2] is NaN"
  Index at;
  bool in_result;
};
std::optional<InvalidElement> invalid_element(const ConvProblem& problem, const Operands& operands);

// What is done for a level: the cheapest of Sampled, Projection and Full that covers as much; for
// `projection` samples where it takes many seconds, or where it cannot be used.
DebugLevel cheapest_way(const ConvProblem& problem, DebugLevel level, std::int64_t samples,
                        bool can_project);

// As many elements as `examine` may use.
std::vector<Index> draw_sample(const ConvProblem& problem, std::int64_t samples,
                               std::uint64_t seed);

// So many of the call's sample, or of one that is drawn; which ones depends on the seed.
std::vector<Index> sampled(const ConvProblem& problem, const How& how, std::int64_t wanted);
// As many of them as the oracle has time for beside projections of so many calls.
std::int64_t samples_beside(const ConvProblem& problem, const How& how, int calls = 1);

// Of all three operands.
double elements_in_all(const ConvProblem& problem);

// Seconds of one core that examine() needs, roughly.
double examine_seconds(const ConvProblem& problem, const How& how);

// The elements of the result that most likely carry the error which the projection with these signs
// saw at one of its positions: those of the index of the second letter that differs most.
std::vector<Index> suspects(const ConvProblem& problem, const Operands& operands,
                            const std::array<std::vector<double>, 2>& signs, std::int64_t position);

}  // namespace convcheck::debug
