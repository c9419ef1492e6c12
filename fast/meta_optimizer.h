// The documentation's meta-optimizer: all that could compute a call is measured on it, and the
// fastest is used. Switched on by optimizer_including=conv_meta.
//
// Every candidate is verified first, on integers and in the layout of the call (checker/verify.h);
// one whose result is not the definition's is reported on stderr and cannot be chosen, however fast
// it is. So is the winner that a file of tuning.h names, once in a process: the file is not
// trusted. Where nothing can be verified (no elements, no memory) the call is left to the usual
// choice.
//
// Operands in device memory are measured with CUDA's events, on memory of the measurement's own;
// what verifies there is the device in use (checker/device/device.h): without one nothing can be
// chosen.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fast/dispatch.h"
#include "fast/flags.h"
#include "fast/tuning.h"

namespace convcheck {

struct Candidate {
  BackendPtr backend;
  std::vector<std::string> tags;  // "default" among them, where it is one
  MemoryKind memory = MemoryKind::Host;
};

// Of the entries that were built, all but the last resort; those with the tags conv_gemm and
// conv_dnn also as other convolutions (reexpressed.h). What is chosen by name only is a default
// candidate, too, if its tag is conv_winograd: who wants the fastest accepts its larger errors, or
// excludes it.
std::vector<Candidate> meta_candidates(const std::vector<BackendEntry>& entries);

// Those for that memory that the flags leave: none that optimizer_excluding names, and of the
// others those with more of metaopt's tags for than against them.
std::vector<BackendPtr> chosen_candidates(const std::vector<Candidate>& candidates,
                                          const FlagValues& values,
                                          MemoryKind memory = MemoryKind::Host);

struct MetaSettings {
  int verbose = 0;
  std::function<void(const std::string&)> log = {};  // of lines; absent: stderr
};

// What a process has found out. May be used from several threads at once; one measures at a time.
class MetaMemory {
 public:
  explicit MetaMemory(TuningTable table) : table_(std::move(table)) {}
  static MetaMemory& process();  // with the folder of tuning_folder()

  const TuningTable& table() const { return table_; }

  // By the key's text. An empty `chosen` says that nothing could be used.
  std::optional<Tuning> known(const std::string& key) const;
  void learn(const std::string& key, const Tuning& tuning);
  // Held by who measures.
  std::mutex& measuring() { return measuring_; }

 private:
  std::mutex measuring_;
  mutable std::mutex mutex_;
  std::map<std::string, Tuning> known_;
  TuningTable table_;
};

// A backend that chooses so, and otherwise does what `usual` does. It claims what all of them claim
// together. The memory lives as long as the backend.
BackendPtr meta_optimizer(std::vector<BackendPtr> candidates, BackendPtr usual,
                          const MetaSettings& settings, MetaMemory& memory);

}  // namespace convcheck
