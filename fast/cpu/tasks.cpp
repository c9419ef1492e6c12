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

// A block of the gradient of the weights. The part comes after it in a task's index.
template <class T>
struct WeightsBlock {
  Range k, rows;
  Piece<T> piece;

  WeightsBlock(const Lowered<T>& lowered, Odometer& index)
      : k(lowered.blocks().filters.range(index.next(lowered.blocks().filters.count()))),
        rows(lowered.blocks().rows.range(index.next(lowered.blocks().rows.count()))),
        piece(piece_at(lowered, index)) {}

 private:
  static Piece<T> piece_at(const Lowered<T>& lowered, Odometer& index) {
    const std::int64_t region = index.next(lowered.extents().regions);
    return lowered.piece(index.next(lowered.extents().groups), region);
  }
};

// W = Y X^T
template <class T>
void grad_weights(const Lowered<T>& lowered, Odometer index, const Buffers<T>& buffers) {
  const Blocks& blocks = lowered.blocks();
  const auto [k, rows, piece] = WeightsBlock<T>(lowered, index);
  const std::int64_t part = index.next(blocks.parts), count = blocks.columns.count();
  const bool whole = blocks.parts == 1;
  const Block<T> w = whole ? piece.w.target(rect(k, rows), buffers.w)
                           : Block<T>{buffers.w, k.size(), rows.size(), rows.size(), false};
  const std::int64_t first = part * count / blocks.parts, last = (part + 1) * count / blocks.parts;
  for (std::int64_t i = first; i < last; ++i) {
    const Range columns = blocks.columns.range(i);
    const Block<T> x = piece.x.read(rect(rows, columns), buffers.x);
    gemm(piece.y.read(rect(k, columns), buffers.y), transpose(x), w, update(i == first));
  }
  if (whole) piece.w.commit(rect(k, rows), buffers.w);
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

template <class T>
void add_parts(const Lowered<T>& lowered, std::int64_t index, T* parts, std::int64_t stride) {
  const Blocks& blocks = lowered.blocks();
  const std::int64_t from_part_to_part =
      task_count(lowered.direction(), lowered.extents(), blocks) / blocks.parts * stride;
  T* sum = parts + index * stride;
  Odometer odometer(index);
  const WeightsBlock<T> block(lowered, odometer);
  const std::int64_t size = block.k.size() * block.rows.size();
  for (std::int64_t part = 1; part < blocks.parts; ++part) {
    const T* other = sum + part * from_part_to_part;
    for (std::int64_t i = 0; i < size; ++i) sum[i] += other[i];
  }
  block.piece.w.write(rect(block.k, block.rows), sum);
}

template void add_parts(const Lowered<float>&, std::int64_t, float*, std::int64_t);
template void add_parts(const Lowered<double>&, std::int64_t, double*, std::int64_t);
template void run_task(const Lowered<float>&, std::int64_t, const Buffers<float>&);
template void run_task(const Lowered<double>&, std::int64_t, const Buffers<double>&);

}  // namespace convcheck::cpu
