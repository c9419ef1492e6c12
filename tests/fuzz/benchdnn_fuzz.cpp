// Every batch file is refused with a ConvError, or is cases that can be written and read again.
#include <cstdlib>
#include <sstream>
#include <string>

#include "checker/benchdnn.h"
#include "reference/error.h"

using namespace convcheck;

namespace {

// No file is read: a batch that names one looks in a folder that is not there.
BenchdnnCases read(const std::string& text) {
  std::istringstream in(text);
  return read_benchdnn(in, "fuzz.batch", "/nonexistent/folder");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t count) {
  const std::string text(reinterpret_cast<const char*>(bytes), count);
  if (text.find("--batch") != text.npos) return 0;
  try {
    const BenchdnnCases all = read(text);
    notes_of(all);
    std::size_t written = 0;
    for (const Case& c : all.cases) {
      const BenchdnnLine line = to_benchdnn(c);
      if (line.text.empty() == line.reason.empty()) std::abort();
      if (line.text.empty() || ++written > 20) continue;
      if (read(line.text).cases.size() != 1) std::abort();
    }
  } catch (const ConvError&) {
  }
  return 0;
}
