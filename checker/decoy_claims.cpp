// What decoys are called, and which fill claims to show which.
#include "checker/decoys.h"

namespace convcheck {

const char* to_string(Decoy decoy) {
  switch (decoy) {
    case Decoy::Zeros:
      return "zeros everywhere";
    case Decoy::Negated:
      return "a negated result";
    case Decoy::Shifted:
      return "a result shifted by one";
    case Decoy::DroppedTap:
      return "one tap left out";
    case Decoy::SwappedChannels:
      return "two channels exchanged";
    case Decoy::RoundedInputs:
      return "inputs of fewer bits";
    case Decoy::ShortAccumulator:
      return "sums of fewer bits";
  }
  return "unknown";
}

std::vector<Decoy> claims_of(Fill fill) {
  switch (fill) {
    case Fill::Narrow:
      return {Decoy::Zeros, Decoy::Negated, Decoy::Shifted, Decoy::DroppedTap,
              Decoy::SwappedChannels};
    case Fill::Wide:
    case Fill::Real:
      return {Decoy::Zeros, Decoy::Negated, Decoy::Shifted, Decoy::RoundedInputs,
              Decoy::ShortAccumulator};
    case Fill::Impulse:
      return {Decoy::Zeros, Decoy::Negated};
    case Fill::Special:
      return {Decoy::Zeros};
  }
  return {};
}

}  // namespace convcheck
