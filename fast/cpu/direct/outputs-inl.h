// Where the sums of a tile go. Included once for every instruction set.
#if defined(CONVCHECK_DIRECT_OUTPUTS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CONVCHECK_DIRECT_OUTPUTS_INL_H
#undef CONVCHECK_DIRECT_OUTPUTS_INL_H
#else
#define CONVCHECK_DIRECT_OUTPUTS_INL_H
#endif

#include <type_traits>

#include "fast/cpu/direct/copy-inl.h"
#include "fast/cpu/direct/forward.h"
#include "fast/cpu/direct/runs.h"
#include "fast/cpu/direct/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace convcheck::cpu::direct {
namespace HWY_NAMESPACE {

// Some outputs of one group, computed with packed filters a tile at a time.
template <class E>
class Outputs {
 public:
  using T = Accumulator<E>;

  // `sums` has room for a tile of all these outputs.
  Outputs(const Stage& stage, const ForwardMemory& memory, std::int64_t group, Range outs, T* sums)
      : stage_(stage),
        outs_(outs),
        data_(static_cast<E*>(memory.out) + stage.sum.out.at +
              (stage.group + group) * stage.sum.out.group +
              (stage.out + outs.begin) * stage.sum.out.minor),
        filters_(static_cast<const T*>(memory.filters) + stage.filters_at +
                 group * stage.filters_of_group() + outs.begin * stage.sum.rows()),
        sums_(sums) {}

  // The next tile: `vectors` vectors, of which the positions of `runs` are wanted.
  void begin(const Runs& runs, int vectors) {
    runs_ = &runs;
    vectors_ = vectors;
    in_place_ = std::is_same_v<E, T> && runs.size() == 1 && stage_.sum.axes[2].out == 1 &&
                runs.begin()->at == 0 && runs.begin()->length == vectors * stage_.shape.lanes;
  }

  // Adds rows first .. first + rows - 1, which stand at b + offsets[0], ...
  void multiply(std::int64_t first, std::int64_t rows, const T* b, const std::int64_t* offsets) {
    TileCall<T> call{.rows = rows, .b = b, .offsets = offsets, .add = first > 0};
    T* c = sums_;
    call.c_stride = stage_.width();
    if constexpr (std::is_same_v<E, T>) {
      if (in_place_) {
        c = data_ + offset(*runs_->begin());
        call.c_stride = stage_.sum.out.minor;
      }
    }
    for_each_panel(outs_.size(), stage_.shape.filters, [&](std::int64_t out, std::int64_t height) {
      call.a = filters_ + out * stage_.sum.rows() + first * height;
      call.c = c + out * call.c_stride;
      tile_function<T>(static_cast<int>(height), vectors_)(call);
    });
  }

  // Brings the tile home, rounded to the type of the outputs.
  void end() const {
    if (in_place_) return;
    for (const Run& run : *runs_) {
      E* to = data_ + offset(run);
      const T* from = sums_ + run.at;
      if (std::is_same_v<E, T> && stage_.sum.axes[2].out == 1) {
        const Span span{.length = run.length, .lo = 0, .hi = run.length, .stride = 1};
        if constexpr (std::is_same_v<E, T>) {
          copy_rows<E>({from, stage_.width(), outs_.size(), to, stage_.sum.out.minor}, span);
        }
      } else {
        store_strided(run.length, from, to);
      }
    }
  }

 private:
  std::int64_t offset(const Run& run) const {
    const std::array<Axis, 3>& axes = stage_.sum.axes;
    return run.image * stage_.sum.out.major + run.q0 * axes[0].out + run.q1 * axes[1].out +
           run.q2 * axes[2].out;
  }

  void store_strided(std::int64_t length, const T* from, E* to) const {
    const std::int64_t stride = stage_.sum.axes[2].out;
    for (std::int64_t a = 0; a < outs_.size(); ++a) {
      for (std::int64_t i = 0; i < length; ++i) to[i * stride] = narrow<E>(from[i]);
      to += stage_.sum.out.minor;
      from += stage_.width();
    }
  }

  const Stage& stage_;
  Range outs_;
  E* data_;
  const T* filters_;
  T* sums_;
  const Runs* runs_ = nullptr;
  int vectors_ = 1;
  bool in_place_ = false;
};

}  // namespace HWY_NAMESPACE
}  // namespace convcheck::cpu::direct
HWY_AFTER_NAMESPACE();

#endif
