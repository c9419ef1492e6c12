// What DebugMode remembers from call to call, and which calls it checks. Internal.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "checker/debug_mode.h"
#include "checker/fill.h"

namespace convcheck {

namespace debug {

struct Deferred;  // deferred.h

// Calls that differ in nothing but their data.
struct Key {
  ConvProblem problem;
  std::array<DataType, 3> types;

  friend bool operator==(const Key&, const Key&) = default;
};
struct KeyHash {
  std::size_t operator()(const Key& key) const;
};

// One distinct problem.
struct Entry {
  std::int64_t calls = 0, checks = 0;
  double call_seconds = 0;                   // of all calls
  double stream_seconds = 0;                 // of the last call on a device that was timed there
  std::int64_t under_way = 0;                // checks in a stream that were not judged yet
  std::int64_t failed = 0;                   // checks that could not be made
  std::array<double, 5> check_seconds = {};  // of the last check, by level; 0: not known
  bool ruled = false;                        // all rules were applied
  std::shared_ptr<const std::vector<Index>> sample;

  std::int64_t tries() const { return checks + under_way + failed; }
};

// What to do with a call.
struct Plan {
  DebugLevel level = DebugLevel::Off;
  std::uint64_t number = 0;  // of the call in the session
  bool rules = false;        // apply the rules now
  bool fresh = false;        // no call of this problem was checked before
  std::shared_ptr<const std::vector<Index>> sample;
};

struct Done {
  DebugLevel level = DebugLevel::Off;
  double call_seconds = 0, check_seconds = 0;
  double stream_seconds = 0;  // of the call, in its stream; 0: not known
  std::int64_t elements = 0, covered = 0, by_definition = 0;
  double worst_in_bounds = 0, projection = 0;
  bool graded = false, threw = false, broken = false;
  bool in_stream = false;  // its plan was to check it there
  int violations = 0;
};

}  // namespace debug

struct DebugSession::State {
  long process = 0;
  std::mutex mutex;
  std::unordered_map<debug::Key, debug::Entry, debug::KeyHash> entries;
  DebugTotals totals;
  bool report = false;                                       // wanted when the program ends
  int bundles = 0;                                           // written
  std::deque<std::shared_ptr<debug::Deferred>> deferred;     // checks of calls on device memory
  std::size_t most_deferred_bytes = std::size_t{256} << 20;  // of the host, that they may hold

  // `in_stream`: of a call that a device can check in its stream (deferred.h).
  debug::Plan plan(const debug::Key& key, const DebugSettings& settings, int threads,
                   bool in_stream = false);
  void record(const debug::Key& key, const debug::Done& done);
  // True for the first who asks for a distinct problem.
  bool takes_rules(const debug::Key& key);
  void count_violations(int count);

 private:
  DebugLevel affordable(const debug::Key& key, const debug::Entry& entry,
                        const DebugSettings& settings, int threads, bool in_stream) const;
};

}  // namespace convcheck
