// Making golden files, and making them again.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "fixtures/golden.h"
#include "tools/fixtures_progress.h"

namespace convcheck {

// The lines of a corpus, which may have the fills of tools/fixtures_operands.h beside the
// checker's. Throws ConvError{Syntax}, naming the file and the line, for one that cannot be read,
// cannot be, or is there twice. Throws FileError for a file that cannot
// be read.
std::vector<Case> read_fixture_lines(const std::string& path);

// The fixtures of the lines, in their order. Throws ConvError, naming the line, for one that cannot
// have one.
GoldenFile generate(const std::vector<Case>& lines, FixturesProgress& progress);

// The same cases and calls, answered again. Imported operands are kept, others are made again;
// `expected` is the reference's. The history is kept.
GoldenFile regenerate(const GoldenFile& before, FixturesProgress& progress);

}  // namespace convcheck
