// Mistakes planted in the independent kernel, each with the rule that must fail it.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <string>

#include "checker/rules/all_rules.h"
#include "checker/run_case.h"
#include "tests/mutants/kernel.h"

namespace convcheck {

inline constexpr const char* kLine = "conv2d.forward f32 x=2x3x5x4 w=4x3x3x2 border=1,0";

inline Verdict judge(const char* rule, const BackendPtr& backend, const char* line = kLine) {
  const Case c = parse_case(line);
  PreparedCase ready(c, call_types(c, *backend), {});
  return rule_named(rule).judge({ready, *backend, {.threads = 2}});
}

struct Planted {
  const char* name;
  const char* rule;
  Mistakes mistakes;
  const char* says;  // part of the reason
  const char* line = kLine;

  friend std::ostream& operator<<(std::ostream& out, const Planted& planted) {
    return out << planted.name;
  }
};

// A mistake after the right result was written.
inline Mistakes after(const std::function<void(const Operands&)>& step) {
  Mistakes mistakes;
  mistakes.after = [step](const Call& call) { step(call.operands); };
  return mistakes;
}

// The byte at `offset` from the first element; row-major operands only.
inline volatile std::byte* byte_at(const TensorView& view, std::int64_t offset) {
  return static_cast<std::byte*>(view.data) + offset;
}
inline std::int64_t bytes_of(const TensorView& view) {
  return view.size() * static_cast<std::int64_t>(size_of(view.type));
}
inline bool dense(const TensorView& view) { return view.contiguous(); }

// For test names.
inline std::string name_of(const testing::TestParamInfo<Planted>& one) { return one.param.name; }

}  // namespace convcheck
