#include "tools/debug_layers.h"

#include <set>

#include "reference/case.h"
#include "tools/selection.h"

namespace convcheck {

std::vector<DebugLayer> distinct_layers(const std::string& network, std::int64_t batch,
                                        const std::string& match) {
  const std::string prefix = network + ":";
  std::vector<DebugLayer> layers;
  std::set<std::string> seen;
  for (Case c : network_layers()) {
    if (c.name.rfind(prefix, 0) != 0) continue;
    const std::string name = c.name.substr(prefix.size());
    if (name.find(match) == std::string::npos) continue;
    c.x[0] = batch;
    c.name.clear();
    for (const Part part : {Part::Forward, Part::GradInputs, Part::GradWeights}) {
      c.part = part;
      if (seen.insert(to_string(c)).second) layers.push_back({name, conv_problem(c)});
    }
  }
  return layers;
}

}  // namespace convcheck
