// What is read of an HDF5 file is refused with a FileError, or is a file of ours.
//
// The first byte says what the others are: a tree as a worker hands it over, or, in one of 16, a
// file, which is read in a worker, since libhdf5 itself does crash. The worker's code is not seen
// by the fuzzer; what is done with the tree is.
#include <string>
#include <string_view>

#include "fixtures/golden.h"
#include "fixtures/read_file.h"
#include "fixtures/theano.h"
#include "fixtures/theano_case.h"

using namespace convcheck;

namespace {

void interpret(const Tree& tree) {
  try {
    read_golden(tree);
  } catch (const FileError&) {
  }
  try {
    const TheanoFile file = read_theano(tree);
    for (const TheanoCase& c : file.cases) {
      try {
        to_case(c, DataType::F64);
        operands_of(c, DataType::F32);
      } catch (const std::logic_error&) {  // what `verify` takes for the file's fault
      }
    }
  } catch (const FileError&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t count) {
  if (count == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(bytes) + 1, count - 1);
  try {
    interpret(bytes[0] % 16 == 0 ? read_in_worker(std::string(rest), "fuzz.h5")
                                 : from_bytes(rest, "fuzz.h5"));
  } catch (const FileError&) {
  }
  return 0;
}
