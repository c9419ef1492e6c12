#include "fast/cpu/blocks.h"

#include <algorithm>
#include <cmath>

namespace convcheck::cpu {
namespace {

constexpr std::int64_t kTasks = 8;             // enough for a few threads ...
constexpr std::int64_t kWorthTasks = 1 << 20;  // ... where there are so many products
constexpr std::int64_t kLeast = 64;            // rows or columns that a product should have
constexpr std::int64_t kImageAlone = 128;      // positions; smaller images share a block

// The positions of one image in several blocks, or several images in one.
Partition choose_columns(const Extents& extents, std::int64_t at_most) {
  const std::int64_t positions = extents.positions, total = extents.columns();
  if (positions >= std::min(kImageAlone, at_most)) {
    return {total, positions, Partition::even(positions, at_most).block};
  }
  const std::int64_t images =
      Partition::even(extents.images, std::max<std::int64_t>(1, at_most / positions)).block;
  return {total, images * positions, images * positions};
}

bool halve(Partition& partition, std::int64_t least) {
  if (partition.block < 2 * least) return false;
  partition.block = ceil_div(partition.unit, 2 * partition.blocks_per_unit());
  return true;
}

// The same, but a unit of several images becomes smaller itself.
bool halve_columns(Partition& columns, std::int64_t positions) {
  if (columns.unit == positions) return halve(columns, kLeast);
  const std::int64_t images = columns.unit / positions;
  if (images < 2 || columns.unit < 2 * kLeast) return false;
  columns.unit = columns.block = ceil_div(images, 2) * positions;
  return true;
}

// Makes one block of what a task writes smaller, the one whose pieces cost least.
bool split(Direction direction, const Extents& extents, Blocks& blocks) {
  switch (direction) {
    case Direction::Forward:
      return halve_columns(blocks.columns, extents.positions) || halve(blocks.filters, kLeast);
    case Direction::GradWeights:
      if (halve(blocks.rows, kLeast / 2) || halve(blocks.filters, kLeast)) return true;
      if (2 * blocks.parts > blocks.columns.count()) return false;
      blocks.parts *= 2;
      return true;
    default: {
      const std::int64_t least = std::max<std::int64_t>(1, kLeast / extents.taps);
      if (halve(blocks.channels, least)) return true;
      // Slabs of images that share a block would compute one another's columns.
      const bool shares_block = extents.regions == 1 && blocks.columns.unit > extents.positions;
      if (shares_block || 2 * blocks.slabs > extents.slabs) return false;
      blocks.slabs *= 2;
      return true;
    }
  }
}

}  // namespace

double Extents::products() const {
  double count = 1;
  for (const std::int64_t extent : {groups, regions, filters, channels, taps, images, positions}) {
    count *= static_cast<double>(extent);
  }
  return count;
}

Partition Partition::even(std::int64_t total, std::int64_t at_most) {
  return {total, total, ceil_div(total, ceil_div(total, at_most))};
}

std::int64_t Partition::count() const {
  const std::int64_t whole = total / unit, rest = total % unit;
  return whole * blocks_per_unit() + ceil_div(rest, block);
}

Range Partition::range(std::int64_t index) const {
  const std::int64_t first = index / blocks_per_unit() * unit;
  const std::int64_t begin = first + index % blocks_per_unit() * block;
  return {begin, std::min({begin + block, first + unit, total})};
}

Blocks choose_blocks(Direction direction, const Extents& extents, std::int64_t elements) {
  const auto side = std::max<std::int64_t>(
      1, static_cast<std::int64_t>(std::sqrt(static_cast<double>(elements))));
  const std::int64_t rows = std::min(extents.rows(), side);
  Blocks blocks;
  blocks.filters = Partition::even(extents.filters, side);
  blocks.channels = Partition::even(extents.channels, extents.channels);
  blocks.columns =
      choose_columns(extents, std::min(2 * side, std::max<std::int64_t>(1, elements / rows)));
  blocks.rows = Partition::even(
      extents.rows(),
      std::min(2 * side, std::max<std::int64_t>(1, elements / blocks.columns.block)));
  if (extents.products() < kWorthTasks) return blocks;
  while (task_count(direction, extents, blocks) < kTasks && split(direction, extents, blocks)) {
  }
  return blocks;
}

std::int64_t task_count(Direction direction, const Extents& extents, const Blocks& blocks) {
  switch (direction) {
    case Direction::Forward:
      return extents.groups * extents.regions * blocks.filters.count() * blocks.columns.count();
    case Direction::GradWeights:
      return extents.groups * extents.regions * blocks.filters.count() * blocks.rows.count() *
             blocks.parts;
    default:
      return extents.groups * blocks.channels.count() * blocks.columns.units() * blocks.slabs;
  }
}

}  // namespace convcheck::cpu
