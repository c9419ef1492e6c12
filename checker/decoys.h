// Systematic wrong answers, shown to the judge before any backend runs: a check that accepts one
// could not have failed on that mistake.
#pragma once

#include <string>
#include <vector>

#include "checker/judge.h"
#include "checker/judged.h"

namespace convcheck {

enum class Decoy {
  Zeros,             // every element is 0
  Negated,           // every element has the other sign
  Shifted,           // every element is its neighbour on the last axis that has two
  DroppedTap,        // one tap is left out of every sum
  SwappedChannels,   // two summed channels (images, for the weight gradient) of one operand change
                     // places
  RoundedInputs,     // operands are rounded to the next shorter type: f64 to f32, f32 to TF32
  ShortAccumulator,  // sums are formed in the next shorter type: f64 in f32, f32 in f16
};

// "zeros", "a negated result" ...: what is accepted where the decoy is.
const char* to_string(Decoy decoy);

// The mistakes that a fill claims to show.
std::vector<Decoy> claims_of(Fill fill);

// The claimed decoys that the judge would accept, although they differ from the truth, on at most
// 256 of the expected elements. A decoy that no data could tell from the truth (one channel, an
// empty sum) does not apply; one that only these data do not tell from it is accepted.
std::vector<Decoy> accepted_decoys(const Judged& run, const Judge& judge);

// The share of all products in (some of) the expected elements whose absence alone the judge would
// see. 1 where there are none.
double visible_share(const Judged& run, const Judge& judge);

}  // namespace convcheck
