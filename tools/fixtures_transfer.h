// Cases as folders of .npy files: a file for each operand (x.npy, w.npy, dw.npy, pw.npy, dy.npy),
// expected.npy, of inexact cases bound.npy, and case.txt, which has the case line.
#pragma once

#include <string>

#include "fixtures/golden.h"

namespace convcheck {

// Writes the folder, which is made if need be. Throws FileError.
void export_case(const GoldenCase& c, const std::string& folder);

// Reads the case of a folder. What is `expected` and how far one may be from it is the reference's;
// an expected.npy that is further from that than its bound is refused, naming the element. Where
// the operands are not what the line's fill makes, the fill is `imported`. Throws FileError.
GoldenCase import_case(const std::string& folder);

// The call of a bundle that DebugMode wrote: its operands, answered by the reference. Throws
// FileError, also for a bundle without operands.
GoldenCase import_bundle(const std::string& path);

// The case of a line and of operands from anywhere, under the fill `imported` where they are not
// what the line makes.
GoldenCase imported_case(Case line, std::map<std::string, Tensor> operands,
                         const std::string& where);

}  // namespace convcheck
