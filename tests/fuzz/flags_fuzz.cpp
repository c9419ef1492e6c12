// Every text is refused with a ConvError and changes nothing, or is set, and says the same twice.
#include <cstdlib>
#include <string_view>

#include "fast/flags.h"
#include "reference/error.h"

using namespace convcheck;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t count) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), count);
  Flags flags("threads=3");
  const FlagValues before = flags.values();
  try {
    flags.set(text);
    const FlagValues once = flags.values();
    flags.set(text);
    if (!(flags.values() == once)) std::abort();
  } catch (const ConvError&) {
    if (!(flags.values() == before)) std::abort();
  }
  return 0;
}
