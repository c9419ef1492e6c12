// Bundles: a violation in one file, to be repeated anywhere (`convcheck replay`).
//
// A bundle holds texts and the three operands of the call, the result as it was computed. Its case
// line is that of the operands; where they were too large, those of the sub-problem around the
// worst element, and the text `cut_from` is the line of the whole call. A bundle without operands
// has texts alone.
//
// The built-in format is plain; fixtures/bundle.h has the same in HDF5. A plain bundle is
//     convcheck bundle 1\n
//     text NAME BYTES\n  the text as so many bytes, \n                  (any number)
//     tensor NAME TYPE EXTENTS BYTES\n  the elements, \n                (x, w and y, or none)
//     end\n
// with NAME of lower-case letters and _, TYPE as in case lines, EXTENTS as in 2x3x8x9, and elements
// row-major, little-endian. Nothing follows the end.
#pragma once

#include <functional>
#include <map>
#include <stdexcept>
#include <string>

#include "reference/backend.h"
#include "reference/case.h"
#include "reference/tensor.h"

namespace convcheck {

// A file that cannot be read or written, or is no bundle; what() names it and says why.
class BundleError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Bundle {
  // `case`; `violation`, `backend`, `report` (all lines for a person), `environment`, `cut_from`.
  std::map<std::string, std::string> texts;
  bool has_operands = false;
  Tensor x, w, y;

  std::string text(const std::string& name) const {
    const auto found = texts.find(name);
    return found == texts.end() ? "" : found->second;
  }
  Operands operands() const { return {x, w, y}; }
};

// The case of the bundle. Throws BundleError when its line is none, or when the operands are not
// those of its problem.
Case bundle_case(const Bundle& bundle);

// Writes a new file beside the old one and renames it: a reader sees all of it or nothing. Throws
// BundleError.
void write_plain_bundle(const std::string& path, const Bundle& bundle);
// Throws BundleError. A file is foreign input: all sizes are checked against its own.
Bundle read_plain_bundle(const std::string& path);

// The part of a call that decides one element of its result: one image or filter, and one group.
// The element is one of the part's result.
struct CutCall {
  ConvProblem problem;
  Operands operands;  // views of the same memory
};
CutCall cut_around(const ConvProblem& problem, const Operands& operands, const Index& at);

// The format in which DebugMode writes: by default plain, in files that end in `.bundle`.
struct BundleFormat {
  std::string extension = ".bundle";
  std::function<void(const std::string& path, const Bundle&)> write = write_plain_bundle;
};
void set_bundle_format(BundleFormat format);
BundleFormat bundle_format();

// Calls `write` with a path beside `path`, then gives the file its name. Throws BundleError, also
// for what `write` throws, and leaves no file then.
void write_atomically(const std::string& path,
                      const std::function<void(const std::string&)>& write);

}  // namespace convcheck
