// Small planes: forward, and the gradient of the inputs where there is no stride.
#pragma once

#include <memory>

#include "fast/cpu/direct/plan.h"
#include "fast/cpu/direct/points.h"

namespace convcheck::cpu::direct {

class PointsPlan final : public Plan {
 public:
  PointsPlan(const PointsStage& stage, Direction direction, DataType type,
             const DirectOptions& options, int threads);
  std::size_t workspace_bytes() const override {
    return shared_bytes() + worker_bytes_ * static_cast<std::size_t>(workers_);
  }
  void run(const Operands& operands, std::span<std::byte> workspace) const override;

 private:
  std::size_t shared_bytes() const { return filter_bytes_ + offset_bytes_; }
  void write_offsets(std::int64_t* to) const;

  PointsStage stage_;
  Direction direction_;
  std::size_t filter_bytes_, offset_bytes_, worker_bytes_;
  int workers_;
};

// Nothing where another plan is quicker.
std::unique_ptr<Plan> make_points_plan(const ConvProblem& problem, const Operands& operands,
                                       const DirectOptions& options, int threads);

}  // namespace convcheck::cpu::direct
