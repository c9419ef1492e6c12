#include "fast/cpu/corrmm.h"

#include <cstdint>
#include <string>

#include "fast/cpu/plan.h"
#include "fast/empty_call.h"

namespace convcheck {
namespace {

bool is_aligned(const TensorView& view) {
  return reinterpret_cast<std::uintptr_t>(view.data) % size_of(view.type) == 0;
}

class Corrmm final : public Backend {
 public:
  explicit Corrmm(const CorrmmOptions& options) : options_(options) {}

  std::string name() const override { return "corrmm"; }
  DataType accumulator(DataType type) const override { return type; }
  Claims claims() const override { return {.multiplies_padding = true}; }

  Support supports(const ConvProblem&, const Operands& operands) const override {
    const DataType type = operands.x.type;
    for (const TensorView* view : {&operands.x, &operands.w, &operands.y}) {
      if (view->memory != MemoryKind::Host) {
        return Support::no(std::string(to_string(view->memory)) + " memory, needs host memory");
      }
      if (view->type != type) {
        return Support::no(std::string("types ") + to_string(type) + " and " +
                           to_string(view->type) + ", needs one type");
      }
      if (!is_aligned(*view)) {
        return Support::no("data at no multiple of " + std::to_string(size_of(type)) +
                           " bytes, the size of an element");
      }
    }
    if (type == DataType::F32 || type == DataType::F64) return Support::yes();
    return Support::no(std::string("type ") + to_string(type) + ", needs f32 or f64");
  }

  std::size_t workspace_bytes(const ConvProblem& problem, const Operands& operands,
                              const RunContext& context) const override {
    if (is_empty_call(operands)) return 0;
    if (operands.x.type == DataType::F32) {
      return plan<float>(problem, operands, context).workspace_bytes();
    }
    return plan<double>(problem, operands, context).workspace_bytes();
  }

  void run(const ConvProblem& problem, const Operands& operands, std::span<std::byte> workspace,
           const RunContext& context) const override {
    if (is_empty_call(operands)) {
      write_zeros(operands.result(problem.direction));
    } else if (operands.x.type == DataType::F32) {
      plan<float>(problem, operands, context).run(workspace);
    } else {
      plan<double>(problem, operands, context).run(workspace);
    }
  }

 private:
  template <class T>
  cpu::Plan<T> plan(const ConvProblem& problem, const Operands& operands,
                    const RunContext& context) const {
    return cpu::Plan<T>(problem, operands, options_, context.threads);
  }

  CorrmmOptions options_;
};

}  // namespace

BackendPtr corrmm_backend(const CorrmmOptions& options) {
  return std::make_shared<Corrmm>(options);
}

}  // namespace convcheck
