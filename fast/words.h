// Errors of an inner call in the words of its caller.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "reference/error.h"

namespace convcheck {

// A name that the inner call uses, and what its caller calls it.
struct Word {
  std::string_view inner, outer;
};
using Words = std::span<const Word>;

// `text` with every whole word that `words` know replaced; "filters'" becomes "kernel's" where the
// new word does not end in s.
std::string reworded(std::string_view text, Words words);

// What `function` returns; a ConvError that it throws has its argument and expectation reworded.
template <class F>
auto in_words(Words words, const F& function) {
  try {
    return function();
  } catch (const ConvError& error) {
    throw ConvError(error.kind(), reworded(error.argument(), words), error.value(),
                    reworded(error.expected(), words));
  }
}

}  // namespace convcheck
