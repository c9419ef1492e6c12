// A block of the gradient of the weights, and how it comes home.
#pragma once

#include <algorithm>

#include "fast/cpu/direct/element.h"
#include "fast/cpu/direct/weights.h"

namespace convcheck::cpu::direct {

// Rows are numbered as those of the column matrix: taps slowest.
struct WeightsBlock {
  std::int64_t group = 0;
  Range outs, rows;

  WeightsBlock(const WeightsStage& stage, std::int64_t index) {
    const std::int64_t row = index % stage.row_tasks() * stage.rows_per_task;
    index /= stage.row_tasks();
    const std::int64_t out = index % stage.out_tasks() * stage.outs_per_task;
    group = index / stage.out_tasks();
    rows = {row, std::min(row + stage.rows_per_task, stage.sum.rows())};
    outs = {out, std::min(out + stage.outs_per_task, stage.sum.outs)};
  }

  // From `sums`, a row of stage.rows_per_task for every output.
  template <class E>
  void write(const WeightsStage& stage, const Accumulator<E>* sums, void* weights) const {
    const Correlation& sum = stage.sum;
    const std::array<Axis, 3>& axes = sum.axes;
    for (std::int64_t r = rows.begin; r < rows.end; ++r) {
      const std::int64_t tap = r / sum.ins, b = r % sum.ins;
      const std::int64_t at = sum.w.at + group * sum.w.group + b * sum.w.minor +
                              tap % axes[2].taps * axes[2].w +
                              tap / axes[2].taps % axes[1].taps * axes[1].w +
                              tap / axes[2].taps / axes[1].taps * axes[0].w;
      for (std::int64_t a = outs.begin; a < outs.end; ++a) {
        static_cast<E*>(weights)[at + a * sum.w.major] =
            narrow<E>(sums[(a - outs.begin) * stage.rows_per_task + r - rows.begin]);
      }
    }
  }
};

}  // namespace convcheck::cpu::direct
