// The results of a run, a line for each case: tools/results_format.md says how.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/run_record.h"

namespace convcheck {

// The last line of a file whose run has ended.
struct RunEnd {
  int exit = 0;
  std::string reason;
  double seconds = 0;             // of all runs that wrote the file
  std::vector<Finding> findings;  // made small
};

struct Results {
  RunHeader header;
  std::vector<CaseResult> cases;
  std::vector<std::string> lines;  // of these cases
  std::optional<RunEnd> end;
  std::int64_t bytes = 0;  // up to the last whole line
};

// Throws UsageError that names the file, the line and what was expected. A last line without its
// end, which a killed run may leave, is not read.
Results read_results(const std::string& path);

// Throws UsageError that names the file and the first difference, unless both runs judge the same
// units; of the shard only the count is compared. `whose` is what has `expected`: "this run".
void require_same_run(const std::string& path, const RunHeader& found, const std::string& whose,
                      const RunHeader& expected);

// Every line reaches the file before the next case is counted, and the disk within a second.
class ResultsWriter {
 public:
  // A new file in place of what was there; with `kept` bytes, what follows these is cut off and the
  // file continued. Throws UsageError when that cannot be done, or another run writes the file.
  explicit ResultsWriter(const std::string& path, std::int64_t kept = 0);
  ~ResultsWriter();
  ResultsWriter(const ResultsWriter&) = delete;
  ResultsWriter& operator=(const ResultsWriter&) = delete;

  // These throw std::runtime_error when the disk is full, say.
  void write(const RunHeader& header);
  void write(const RunHeader& header, const Case& c, const CaseResult& result);
  void write(const RunEnd& end);

 private:
  void append(const std::string& line);
  void sync();

  std::string path_;
  int file_ = -1;
  int maps_left_ = 200;  // error maps are large: only the first have them
  std::chrono::steady_clock::time_point synced_ = std::chrono::steady_clock::now();
};

}  // namespace convcheck
