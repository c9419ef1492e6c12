#include "fast/cpu/direct/slab.h"

#include <algorithm>
#include <numeric>

#include "fast/cpu/blocks.h"

namespace convcheck::cpu::direct {
namespace {

// Remainders repeat after so many taps.
std::int64_t period(const Axis& axis) { return axis.step / std::gcd(axis.step, axis.tap_step); }

}  // namespace

Shift shift_of(const Axis& axis, std::int64_t tap) {
  const std::int64_t at = axis.first + tap * axis.tap_step;
  const std::int64_t remainder = (at % axis.step + axis.step) % axis.step;
  return {.slot = tap % period(axis), .by = (at - remainder) / axis.step};
}

SlabAxis::SlabAxis(const Axis& axis) : slots(std::min(axis.taps, period(axis))), count(axis.count) {
  if (axis.taps == 0) return;
  const std::int64_t first = shift_of(axis, 0).by, last = shift_of(axis, axis.taps - 1).by;
  lowest = std::min(first, last);
  span = std::max(first, last) - lowest;
}

Slab::Slab(const Correlation& sum, std::int64_t elements) {
  for (std::size_t axis = 0; axis < 3; ++axis) axes[axis] = SlabAxis(sum.axes[axis]);
  cut = 0;
  while (cut < 2 && sum.axes[cut].count == 1) ++cut;
  const std::int64_t of_one = channel() / axes[cut].length() * sum.ins;
  const std::int64_t room = elements / std::max<std::int64_t>(of_one, 1) - axes[cut].span;
  axes[cut].count = std::clamp<std::int64_t>(room, 1, sum.axes[cut].count);
  axes[cut].count = Partition::even(sum.axes[cut].count, axes[cut].count).block;
}

void Slab::share_padding(const Correlation& sum) {
  const Axis& axis = sum.axes[2];
  SlabAxis& row = axes[2];
  if (cut == 2 || axis.step != 1 || axis.taps == 0) return;
  const std::int64_t start = axis.first + row.lowest - shift_of(axis, 0).by;
  const std::int64_t before = std::max(-start, std::int64_t{0});
  const std::int64_t after = std::max(start + row.reach() - axis.extent, std::int64_t{0});
  row.shared = std::min({before, after, row.span});
}

void Slab::cut_rows(std::int64_t rows) {
  axes[0].count = 1;
  axes[1].count = rows;
  cut = 1;
}

std::int64_t Slab::blocks(const Correlation& sum) const {
  std::int64_t blocks = ceil_div(sum.axes[cut].count, axes[cut].count);
  for (std::size_t axis = 0; axis < cut; ++axis) blocks *= sum.axes[axis].count;
  return blocks;
}

std::int64_t Slab::positions(std::int64_t count) const {
  std::array<std::int64_t, 3> last{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    last[axis] = (axis == cut ? count : axes[axis].count) - 1;
  }
  return (last[0] * axes[1].length() + last[1]) * axes[2].length() + last[2] + 1;
}

std::int64_t Slab::offset(const Correlation& sum, std::int64_t tap, std::int64_t channel) const {
  std::int64_t slot = 0, at = 0, slots = 1, pitch = 1;
  for (std::size_t axis = 3; axis-- > 0;) {
    const Shift shift = shift_of(sum.axes[axis], tap % sum.axes[axis].taps);
    tap /= sum.axes[axis].taps;
    slot += shift.slot * slots;
    at += (shift.by - axes[axis].lowest) * pitch;
    slots *= axes[axis].slots;
    pitch *= axes[axis].length();
  }
  return channel * this->channel() + slot * plane() + at;
}

}  // namespace convcheck::cpu::direct
