// A block of the gradient of the weights, and how it comes home.
#pragma once

#include <algorithm>

#include "fast/cpu/direct/element.h"
#include "fast/cpu/direct/weights.h"

namespace convcheck::cpu::direct {

struct WeightsBlock {
  Correlation sum;  // of these outputs and channels alone
  std::int64_t group = 0;

  WeightsBlock(const WeightsStage& stage, std::int64_t index) : sum(stage.sum) {
    const std::int64_t in = index % stage.in_tasks() * stage.ins_per_task;
    index /= stage.in_tasks();
    const std::int64_t out = index % stage.out_tasks() * stage.outs_per_task;
    group = index / stage.out_tasks();
    sum.ins = std::min(stage.ins_per_task, sum.ins - in);
    sum.outs = std::min(stage.outs_per_task, sum.outs - out);
    sum.in.at += group * sum.in.group + in * sum.in.minor;
    sum.out.at += group * sum.out.group + out * sum.out.minor;
    sum.w.at += group * sum.w.group + in * sum.w.minor + out * sum.w.major;
  }

  // From `sums`: for every row (taps slowest) the outputs, `pitch` in all.
  template <class E>
  void write(const Accumulator<E>* sums, std::int64_t pitch, void* weights) const {
    const std::array<Axis, 3>& axes = sum.axes;
    for (std::int64_t r = 0; r < sum.rows(); ++r) {
      const std::int64_t tap = r / sum.ins, b = r % sum.ins;
      const std::int64_t at = sum.w.at + b * sum.w.minor + tap % axes[2].taps * axes[2].w +
                              tap / axes[2].taps % axes[1].taps * axes[1].w +
                              tap / axes[2].taps / axes[1].taps * axes[0].w;
      for (std::int64_t a = 0; a < sum.outs; ++a) {
        static_cast<E*>(weights)[at + a * sum.w.major] = narrow<E>(sums[r * pitch + a]);
      }
    }
  }
};

}  // namespace convcheck::cpu::direct
