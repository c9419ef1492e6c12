// A call in the words of checker/plugin.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "checker/plugin.h"
#include "reference/backend.h"

namespace convcheck {

// ConvcheckF64 ..., and back.
std::int32_t plugin_data_type(DataType type);
DataType data_type_of_plugin(std::int32_t type);

// Its parts point at one another, so it stays where it is.
class PluginCall {
 public:
  PluginCall(const ConvProblem& problem, const Operands& operands, const RunContext& context = {},
             std::span<std::byte> workspace = {});
  PluginCall(const PluginCall&) = delete;
  PluginCall& operator=(const PluginCall&) = delete;

  const ConvcheckCall* get() const { return &call_; }

 private:
  ConvcheckProblem problem_;
  ConvcheckTensor x_, w_, y_;
  ConvcheckCall call_{};
};

}  // namespace convcheck
