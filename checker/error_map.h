// Where the wrong elements of a result are, for a picture.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace convcheck {

// Elements that were judged, and how many of them were wrong.
struct ErrorShare {
  std::int64_t judged = 0, wrong = 0;
};

struct NamedErrorShare {
  std::string name;
  ErrorShare share;
};

struct ErrorMap {
  // The last two axes of the result, seen through all others; of conv1d one row. Large planes are
  // put into kErrorMapSide cells a side.
  std::size_t rows = 0, columns = 0;
  std::vector<ErrorShare> cells;  // row by row
  std::vector<double> worst;      // largest |got - expected| of each cell; infinite for a NaN
  std::int64_t plane_rows = 0, plane_columns = 0;  // what the cells cover

  // "window whole", "window cut by a border", "first row", "last column", "inside" ...; an element
  // counts in all that hold.
  std::vector<NamedErrorShare> by_border;
  // Output channel (of an input gradient input channel, of filters the filter) modulo 16.
  std::vector<NamedErrorShare> by_channel;
  std::vector<NamedErrorShare> by_batch;  // the first kErrorMapSide items; none for filters
};

inline constexpr std::int64_t kErrorMapSide = 32;

struct Judged;

// `wrong` has one entry for each expected element.
ErrorMap error_map(const Judged& run, const std::vector<bool>& wrong);

}  // namespace convcheck
