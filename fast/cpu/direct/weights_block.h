// A block of the gradient of the weights, and how it comes home.
#pragma once

#include <algorithm>

#include "fast/cpu/direct/element.h"
#include "fast/cpu/direct/weights.h"

namespace convcheck::cpu::direct {

struct WeightsBlock {
  Correlation sum;  // of these outputs and channels alone
  std::int64_t group = 0, pitch = 1;
  bool channels_first = false;

  WeightsBlock(const WeightsStage& stage, std::int64_t index)
      : sum(stage.sum), pitch(stage.outs_per_task), channels_first(stage.from_slab) {
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

  // Of a row of sums. From a slab the taps of one channel stand together, since they are multiplied
  // with almost the same memory; gathered rows have their own order, taps slowest.
  std::int64_t row(std::int64_t tap, std::int64_t channel) const {
    return channels_first ? channel * sum.taps() + tap : tap * sum.ins + channel;
  }

  // From `sums`, which are `pitch` outputs for every row.
  template <class E>
  void write(const Accumulator<E>* sums, void* weights) const {
    const std::array<Axis, 3>& axes = sum.axes;
    for (std::int64_t b = 0; b < sum.ins; ++b) {
      for (std::int64_t a = 0; a < sum.outs; ++a) {
        E* to = static_cast<E*>(weights) + sum.w.at + b * sum.w.minor + a * sum.w.major;
        std::int64_t tap = 0;
        for (std::int64_t t0 = 0; t0 < axes[0].taps; ++t0) {
          for (std::int64_t t1 = 0; t1 < axes[1].taps; ++t1) {
            for (std::int64_t t2 = 0; t2 < axes[2].taps; ++t2, ++tap) {
              to[t0 * axes[0].w + t1 * axes[1].w + t2 * axes[2].w] =
                  narrow<E>(sums[row(tap, b) * pitch + a]);
            }
          }
        }
      }
    }
  }
};

}  // namespace convcheck::cpu::direct
