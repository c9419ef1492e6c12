// What the meta-optimizer found out, kept for the next process.
//
// Every problem has a file of its own in a folder of the user's cache directory, named by a hash of
// its key. A file is written beside its place and renamed, so that readers see the old one or the
// new one, and writers at the same time do no harm: the last one counts. A file that cannot be
// read, has another version or another key is as if it was not there. Nothing here throws for
// trouble with files: a result that is not kept is measured again.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "reference/backend.h"

namespace convcheck {

// On what the fastest backend depends. No text has a line break.
struct TuningKey {
  std::string problem = {};     // the case line
  std::string layout = {};      // strides, where an operand is not row-major
  std::string machine = {};     // the processor, or the device
  std::string candidates = {};  // names and versions, and convcheck's own
  std::string settings = {};    // flags on which their plans depend: on a device, cuDNN's
  int threads = 1;

  friend bool operator==(const TuningKey&, const TuningKey&) = default;
};

// The processor, as the system names it.
const std::string& machine_name();

// Of this machine, or for operands in device memory its device. `threads` is resolved: 0 becomes
// what the machine has; 1 on a device. The settings are the flags as they are now.
TuningKey tuning_key(const ConvProblem& problem, const Operands& operands,
                     const RunContext& context, const std::vector<BackendPtr>& candidates);

// Its lines in a file.
std::string to_text(const TuningKey& key);

struct Timing {
  std::string backend;
  double seconds = 0;       // of a call: the shortest that was seen, on a device the median
  std::string reason = {};  // why it was not measured: a refusal, a wrong result
  bool wrong = false;       // the verification failed

  friend bool operator==(const Timing&, const Timing&) = default;
};

struct Tuning {
  TuningKey key;
  std::string chosen;  // one of the timings without a reason
  std::vector<Timing> timings;

  friend bool operator==(const Tuning&, const Tuning&) = default;
};

// As a file has it. read_tuning() gives nothing for a text that is not to_text() of something.
std::string to_text(const Tuning& tuning);
std::optional<Tuning> read_tuning(const std::string& text);

// The folder "convcheck/tuning-2" in $XDG_CACHE_HOME or, unless that is an absolute path, in
// $HOME/.cache; empty where neither is to be had.
std::string tuning_folder();

// May be used from several threads at once.
class TuningTable {
 public:
  // An empty folder: nothing is read or kept.
  explicit TuningTable(std::string folder) : folder_(std::move(folder)) {}

  std::optional<Tuning> find(const TuningKey& key) const;
  // Whether it is on the disk now.
  bool keep(const Tuning& tuning) const;
  // All that can be read, by problem.
  std::vector<Tuning> all() const;
  const std::string& folder() const { return folder_; }

 private:
  std::string path(const TuningKey& key) const;

  std::string folder_;
};

}  // namespace convcheck
