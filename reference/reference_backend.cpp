#include "reference/reference_backend.h"

#include "reference/loops.h"

namespace convcheck {
namespace {

class ReferenceBackend final : public Backend {
 public:
  std::string name() const override { return "reference"; }
  DataType accumulator(DataType) const override { return DataType::F64; }
  Claims claims() const override { return {}; }

  Support supports(const ConvProblem&, const Operands& operands) const override {
    for (const TensorView* view : {&operands.x, &operands.w, &operands.y}) {
      if (view->memory != MemoryKind::Host) {
        return Support::no(std::string(to_string(view->memory)) + " memory, needs host memory");
      }
    }
    return Support::yes();
  }

  std::size_t workspace_bytes(const ConvProblem&, const Operands&,
                              const RunContext&) const override {
    return 0;
  }

  void run(const ConvProblem& problem, const Operands& operands, std::span<std::byte>,
           const RunContext&) const override {
    compute_by_loops(problem, operands);
  }
};

}  // namespace

BackendPtr reference_backend() { return std::make_shared<ReferenceBackend>(); }

}  // namespace convcheck
