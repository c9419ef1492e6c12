// A call that cuDNN has a plan for. Internal to fast/cudnn.
#pragma once

#include <memory>
#include <string>

#include "fast/cudnn/graph.h"

namespace convcheck::cudnn {

struct Prepared {
  Arrangement arrangement;
  std::unique_ptr<Graph> graph;
  GraphPlan plan;
  std::string note;  // why it is not what a flag asked for

  std::size_t workspace_bytes() const { return arrangement.copied_bytes + plan.facts.workspace; }
};

// A plan, or the reason why there is none.
struct Preparation {
  std::shared_ptr<const Prepared> prepared;
  std::string reason;
};

// Of a problem with shared filters and operands in device memory, none of them empty; `algorithm`
// is a name of algorithms.h. Works it out once for every kind of call and device. Throws CudnnError
// when cuDNN fails.
Preparation prepare(const ConvProblem& problem, const Operands& operands,
                    const Arithmetic& arithmetic, const std::string& algorithm);

}  // namespace convcheck::cudnn
