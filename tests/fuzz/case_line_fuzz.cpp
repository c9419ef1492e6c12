// Every text is refused with a ConvError, or is a case whose canonical spelling says the same.
#include <cstdlib>
#include <string_view>

#include "fast/evaluate.h"
#include "reference/case.h"

using namespace convcheck;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t count) {
  try {
    const Case c = parse_case({reinterpret_cast<const char*>(bytes), count});
    if (!(parse_case(to_string(c)) == c)) std::abort();
    check_case(c);
    operand_shapes(c);
  } catch (const ConvError&) {
  }
  return 0;
}
