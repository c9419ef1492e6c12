// A golden file for people.
#pragma once

#include <iosfwd>
#include <string>

#include "fixtures/golden.h"

namespace convcheck {

// What the file holds, and a line a case.
void show_file(const GoldenFile& file, std::ostream& out);

// One case with its arrays, of large ones the corners.
void show_case(const GoldenCase& c, std::ostream& out);

// The case of that number ("12", "00012") or line. Throws FileError when there is none.
const GoldenCase& find_case(const GoldenFile& file, const std::string& id);

}  // namespace convcheck
