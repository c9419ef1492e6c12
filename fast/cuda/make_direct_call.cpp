#include "fast/cuda/make_direct_call.h"

namespace convcheck::gpu {
namespace {

// Of a copy: which dimension becomes the last, and which stays the first.
struct Order {
  std::size_t first = 0, last = 1;
};

LastCopy copy_of(const TensorView& view, const Order& order) {
  LastCopy copy;
  copy.outer = view.extents[order.first];
  copy.outer_step = view.strides[order.first];
  copy.last = view.extents[order.last];
  copy.last_step = view.strides[order.last];
  for (std::size_t axis = 2; axis < view.rank(); ++axis) {
    copy.extents[axis - 2] = view.extents[axis];
    copy.steps[axis - 2] = view.strides[axis];
  }
  return copy;
}

// The operand in its copy's place.
TensorView copied(const TensorView& view, const Order& order, void* data) {
  TensorView to = view;
  to.data = data;
  std::int64_t size = 1;
  const auto lay = [&](std::size_t dimension) {
    to.strides[dimension] = size;
    size *= view.extents[dimension];
  };
  lay(order.last);
  for (std::size_t axis = view.rank(); axis-- > 2;) lay(axis);
  lay(order.first);
  return to;
}

struct Copied {
  bool a = false, b = false;
};

// Which operands are copied so that both lie in eights. Theirs is the faster kernel by far: it
// loads eight elements by an instruction, where the others need about thirty for each of them. But
// - what is summed has to be channels or filters, a multiple of eight of them, of at most 64 taps;
//   the sums of gradients of weights are of positions, and unshared filters have one each;
// - a copy reads and writes each element, and the others read it again from there. It does not pay
//   where the products read what is copied less than twice, as with filters of one tap and few of
//   them, whose time is memory's anyhow;
// - the copies have to fit into the workspace.
Copied copies_for(const ConvProblem& problem, const Operands& operands,
                  const PlanOptions& options) {
  const Convolution conv = convolution_of(problem, operands);
  const bool inputs = conv.pass == Pass::GradInputs;
  const std::int64_t summed = inputs ? conv.filters : conv.channels;
  if (size_of(operands.x.type) != 2 || !conv.taps_are_summed() || conv.unshared) return {};
  if (operands.x.empty() || operands.w.empty() || operands.y.empty() || summed % 8 != 0) return {};
  const LargestProduct most = largest_product(conv);
  const InEights lies = in_eights(conv);
  if (!options.by_bits || most.taps > kMostBits || (lies.a && lies.b)) return {};
  const Tile tile = tile_for(operands.x.type, most, options);
  const auto products = static_cast<double>(product_count(conv));
  const auto read = [&](std::int64_t extent, std::int64_t other, int of_tile) {
    return products * static_cast<double>(extent) * static_cast<double>(most.k) *
           static_cast<double>(ceil_quotient(other, of_tile));
  };
  double reads = 0, elements = 0;
  if (!lies.a) {
    reads += read(most.m, most.n, tile.n);
    elements += static_cast<double>(operands.w.size());
  }
  if (!lies.b) {
    reads += read(most.n, most.m, tile.m);
    elements += static_cast<double>((inputs ? operands.y : operands.x).size());
  }
  const bool fits = elements * 2 <= static_cast<double>(options.workspace_limit);
  return reads >= 2 * elements && fits ? Copied{!lies.a, !lies.b} : Copied{};
}

}  // namespace

DirectCall make_direct_call(const ConvProblem& problem, const Operands& operands,
                            const PlanOptions& options, std::byte* workspace) {
  DirectCall call;
  call.operands = operands;
  const bool inputs = problem.direction == Direction::GradInputs;
  int number = 0;
  const auto copy = [&](TensorView& view, const Order& order) {
    void* const to = workspace == nullptr ? nullptr : workspace + call.copied_bytes;
    call.copies.of[number] = copy_of(view, order);
    call.copies.from[number] = view.data;
    call.copies.to[number++] = to;
    view = copied(view, order, to);
    call.copied_bytes += static_cast<std::size_t>(view.size()) * size_of(view.type);
  };
  const Copied wanted = copies_for(problem, operands, options);
  if (wanted.b) copy(inputs ? call.operands.y : call.operands.x, {});
  if (wanted.a) copy(call.operands.w, inputs ? Order{.first = 1, .last = 0} : Order{});
  PlanOptions rest = options;
  rest.workspace_limit -= call.copied_bytes;
  call.plan = make_plan(problem, call.operands, rest);
  return call;
}

std::size_t workspace_bytes(const DirectCall& call, DataType type) {
  return call.copied_bytes +
         static_cast<std::size_t>(call.plan.partial_sums()) * (type == DataType::F64 ? 8 : 4);
}

}  // namespace convcheck::gpu
