#include "fast/cpu/tasks.h"

#include <algorithm>

namespace convcheck::cpu {
namespace {

// Takes the coordinates of a task off its index, the fastest first.
class Odometer {
 public:
  explicit Odometer(std::int64_t index) : rest_(index) {}
  std::int64_t next(std::int64_t count) {
    const std::int64_t digit = rest_ % count;
    rest_ /= count;
    return digit;
  }

 private:
  std::int64_t rest_;
};

Rect rect(const Range& rows, const Range& columns) {
  return {rows.begin, rows.size(), columns.begin, columns.size()};
}

Update update(bool first) { return first ? Update::Replace : Update::Add; }

// Y = W X
template <class T>
void forward(const Lowered<T>& lowered, Odometer index, const Buffers<T>& buffers) {
  const Blocks& blocks = lowered.blocks();
  const Range k = blocks.filters.range(index.next(blocks.filters.count()));
  const Range columns = blocks.columns.range(index.next(blocks.columns.count()));
  const std::int64_t region = index.next(lowered.extents().regions);
  const Piece<T> piece = lowered.piece(index.next(lowered.extents().groups), region);
  const Block<T> y = piece.y.target(rect(k, columns), buffers.y);
  for (std::int64_t i = 0; i < blocks.rows.count(); ++i) {
    const Range rows = blocks.rows.range(i);
    gemm(piece.w.read(rect(k, rows), buffers.w), piece.x.read(rect(rows, columns), buffers.x), y,
         update(i == 0));
  }
  piece.y.commit(rect(k, columns), buffers.y);
}

// W = Y X^T
template <class T>
void grad_weights(const Lowered<T>& lowered, Odometer index, const Buffers<T>& buffers) {
  const Blocks& blocks = lowered.blocks();
  const Range k = blocks.filters.range(index.next(blocks.filters.count()));
  const Range rows = blocks.rows.range(index.next(blocks.rows.count()));
  const std::int64_t region = index.next(lowered.extents().regions);
  const Piece<T> piece = lowered.piece(index.next(lowered.extents().groups), region);
  const Block<T> w = piece.w.target(rect(k, rows), buffers.w);
  for (std::int64_t i = 0; i < blocks.columns.count(); ++i) {
    const Range columns = blocks.columns.range(i);
    const Block<T> x = piece.x.read(rect(rows, columns), buffers.x);
    gemm(piece.y.read(rect(k, columns), buffers.y), transpose(x), w, update(i == 0));
  }
  piece.w.commit(rect(k, rows), buffers.w);
}

// X = W^T Y for these rows and columns.
template <class T>
void grad_inputs_block(const Piece<T>& piece, const Partition& filters, const Rect& at,
                       const Buffers<T>& buffers) {
  const Block<T> x = piece.x.target(at, buffers.x);
  for (std::int64_t i = 0; i < filters.count(); ++i) {
    const Range k = filters.range(i);
    const Block<T> w = piece.w.read({k.begin, k.size(), at.row, at.rows}, buffers.w);
    const Block<T> y = piece.y.read({k.begin, k.size(), at.column, at.columns}, buffers.y);
    gemm(transpose(w), y, x, update(i == 0));
  }
  piece.x.commit(at, buffers.x);
}

// X = W^T Y for these channels and columns.
template <class T>
void grad_inputs_piece(const Lowered<T>& lowered, const Piece<T>& piece, const Range& channels,
                       const Range& columns, const Buffers<T>& buffers) {
  const Blocks& blocks = lowered.blocks();
  const std::int64_t last_row = channels.end * lowered.extents().taps;
  for (Range q{columns.begin, 0}; q.begin < columns.end; q.begin = q.end) {
    q.end = std::min(q.begin + blocks.columns.block, columns.end);
    for (Range r{channels.begin * lowered.extents().taps, 0}; r.begin < last_row; r.begin = r.end) {
      r.end = std::min(r.begin + blocks.rows.block, last_row);
      grad_inputs_block(piece, blocks.filters, rect(r, q), buffers);
    }
  }
}

template <class T>
void grad_inputs(const Lowered<T>& lowered, Odometer index, const Buffers<T>& buffers) {
  const Blocks& blocks = lowered.blocks();
  const Extents& extents = lowered.extents();
  const Range channels = blocks.channels.range(index.next(blocks.channels.count()));
  const Slab slab = lowered.slab(index.next(blocks.slabs));
  const std::int64_t first = index.next(blocks.columns.units()) * blocks.columns.unit;
  const Range unit{first, std::min(first + blocks.columns.unit, extents.columns())};
  const std::int64_t group = index.next(extents.groups);
  const Range images{unit.begin / extents.positions, unit.end / extents.positions};

  lowered.piece(group, 0, slab.inputs).x.prepare(rect(channels, images));
  if (lowered.unshared()) {
    for (std::int64_t region = slab.positions.begin; region < slab.positions.end; ++region) {
      grad_inputs_piece(lowered, lowered.piece(group, region, slab.inputs), channels, unit,
                        buffers);
    }
  } else {
    // Several slabs are of one image.
    const Range columns{unit.begin + slab.positions.begin,
                        unit.end - extents.positions + slab.positions.end};
    grad_inputs_piece(lowered, lowered.piece(group, 0, slab.inputs), channels, columns, buffers);
  }
}

}  // namespace

template <class T>
void run_task(const Lowered<T>& lowered, std::int64_t index, const Buffers<T>& buffers) {
  switch (lowered.direction()) {
    case Direction::Forward:
      return forward(lowered, Odometer(index), buffers);
    case Direction::GradWeights:
      return grad_weights(lowered, Odometer(index), buffers);
    case Direction::GradInputs:
      return grad_inputs(lowered, Odometer(index), buffers);
  }
}

template void run_task(const Lowered<float>&, std::int64_t, const Buffers<float>&);
template void run_task(const Lowered<double>&, std::int64_t, const Buffers<double>&);

}  // namespace convcheck::cpu
