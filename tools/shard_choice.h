// Which part of a suite this process does.
#pragma once

#include <functional>
#include <string>

#include "checker/suite.h"

namespace convcheck {

struct ShardChoice {
  Shard shard;
  std::string from;  // the variable of the environment that says so; empty: the command line
};

// The value of a variable of the environment, null when there is none.
using Environment = std::function<const char*(const char*)>;

// `text` is "I/N", "*/N" (I from the environment) or empty: all from the environment, and without
// a word of it there the only part of one. What is understood:
//
//   SLURM_ARRAY_TASK_ID    _COUNT, and _MIN and _STEP where ids do not begin at 0 or are not dense
//   JOB_COMPLETION_INDEX   of Kubernetes, from 0; how many there are it does not say: needs "*/N"
//   GTEST_SHARD_INDEX      GTEST_TOTAL_SHARDS
//   OMPI_COMM_WORLD_RANK   OMPI_COMM_WORLD_SIZE
//   PMI_RANK               PMI_SIZE
//
// Throws UsageError for a bad text, for numbers that contradict each other, and when two of these
// divide the work into more than one part.
ShardChoice choose_shard(const std::string& text, const Environment& environment);
ShardChoice choose_shard(const std::string& text);

// The path with every "{shard}" in place of which "2-of-4" is put. Throws UsageError when there are
// several shards that the environment numbers, and the path would be the same for all of them.
std::string path_of_shard(const std::string& option, const std::string& path,
                          const ShardChoice& choice);

}  // namespace convcheck
