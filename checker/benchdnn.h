// Cases as benchdnn, oneDNN's own test program, spells them.
//
//   ic16ih13oc16kh3ph1n"name"         a descriptor: keys and numbers, which '_' may separate
//   --dir=BWD_D --dt=bf16 ic3ih8...   options hold for the descriptors after them
//   --batch=FILE                      words from a file: blanks between them, '#' to the end of a
//                                     line is a comment, a '\' at the end of a word joins the next
//
// Keys: g mb ic oc, and id ih iw, od oh ow, kd kh kw, sd sh sw, pd ph pw, dd dh dw of the three
// axes. mb is 2 unless given, strides are 1, dilation 0 is dense. Of an axis input and kernel are
// needed; a missing output is that of the pad (0 where it is missing, too) on both sides, a missing
// pad is half of what the output needs, both with division that truncates; the pad behind is what
// the output needs then. Where only h, or only d, is given the other axes are the same.
//
// Options: --dir --dt --cfg --stag --wtag --dtag --mb take lists, of which every combination is a
// case; --reset gives them their defaults, --conv and --deconv, too; a deconvolution is a
// conv_transpose. A tag must be a layout of ours; 'any' is row-major. All other options are not
// modelled: they are counted. What cannot be a case of ours is counted with the reason.
#pragma once

#include <cstdint>
#include <istream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "reference/case.h"

namespace convcheck {

struct BenchdnnCases {
  std::vector<Case> cases;
  std::map<std::string, std::int64_t> not_modelled;  // "--attr-post-ops": how often it was met
  std::map<std::string, std::int64_t> left_out;      // "type s8": how many cases there are not
};

// Reads a batch file, and the files that it names, which are looked for from its folder. Throws
// ConvError{Syntax} that names the file, the line and the key or option ("my.batch:3: ih"): for
// what cannot be read, for files that include one another, and for more than a million cases.
BenchdnnCases read_benchdnn(const std::string& path);

// The same from a stream, which messages call `name`; other files are looked for from `folder`.
BenchdnnCases read_benchdnn(std::istream& in, const std::string& name, const std::string& folder);

// What was not modelled or left out, a line each, for a person.
std::vector<std::string> notes_of(const BenchdnnCases& read);

// Whether a text is one of benchdnn's rather than a case line, from its first word.
bool is_benchdnn(std::string_view line);

// A case as a line that benchdnn accepts (of oneDNN 2; in 3 --cfg is called --dt), or why there is
// none. Exactly one of them is empty.
struct BenchdnnLine {
  std::string text, reason;
};

// The data are benchdnn's own. Read back it is the same problem, types and layout.
BenchdnnLine to_benchdnn(const Case& c);

}  // namespace convcheck
