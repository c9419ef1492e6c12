// Corpora: cases in a file.
#pragma once

#include <functional>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "reference/case.h"

namespace convcheck {

// Reads a case line as parse_case does, and refuses a fill or a layout that the checker does not
// have: ConvError{Syntax}.
Case read_case(std::string_view line);

// What a program knows beyond read_case of a case that cannot be: it throws ConvError.
using CaseCheck = std::function<void(const Case&)>;

// A file of case lines, one a line; empty lines and lines that begin with '#' are skipped. A file
// whose first word is benchdnn's is a batch file of it (checker/benchdnn.h); what of it is not in
// the cases is added to `notes`, a line each. A file whose name ends in .csv is a table of network
// layers with the header
//
//   net,layer,ndim,batch,groups,in_channels,out_channels,input,kernel,output,stride,dilation,pad_before,pad_after
//
// in which extents are written as in 224x224, channels are those of all groups, and dilation 1 is
// dense. Its rows become forward cases on f32 without flip, named net:layer.
//
// Throws ConvError{Syntax} for a file that cannot be read and for a bad line, also by `check`,
// which is named with its number ("my.cases:2: ...").
std::vector<Case> read_cases(const std::string& path, const CaseCheck& check = {},
                             std::vector<std::string>* notes = nullptr);

// The same from a stream, which messages call `name`.
std::vector<Case> read_case_lines(std::istream& in, const std::string& name,
                                  const CaseCheck& check = {});
std::vector<Case> read_network_layers(std::istream& in, const std::string& name);

}  // namespace convcheck
