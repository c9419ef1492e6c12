#include "reference/tensor.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace convcheck {
namespace {

constexpr std::size_t kAlignment = 64;

[[noreturn]] void refuse_type(DataType type, const char* asked) {
  throw ConvError(ErrorKind::DataType, "element type", asked, to_string(type));
}

void require_rank(const TensorView& view, std::size_t rank, const char* argument) {
  if (view.rank() != rank) {
    throw ConvError(ErrorKind::Rank, argument, std::to_string(rank),
                    "one entry for each of " + std::to_string(view.rank()) + " axes");
  }
}

}  // namespace

const char* to_string(MemoryKind kind) { return kind == MemoryKind::Host ? "host" : "cuda"; }

void TensorView::require_type(DataType type, const double*) {
  if (type != DataType::F64) refuse_type(type, "double");
}
void TensorView::require_type(DataType type, const float*) {
  if (type != DataType::F32) refuse_type(type, "float");
}
void TensorView::require_type(DataType type, const std::uint16_t*) {
  if (size_of(type) != 2) refuse_type(type, "uint16_t");
}

bool TensorView::contiguous() const {
  if (empty()) return true;
  std::int64_t expected = 1;
  for (std::size_t axis = rank(); axis-- > 0;) {
    if (extents[axis] != 1 && strides[axis] != expected) return false;
    expected *= extents[axis];
  }
  return true;
}

std::string to_string(const TensorView& view) {
  return std::string(to_string(view.type)) + " " + to_string(view.extents) + " strides " +
         to_string(view.strides);
}

TensorView permuted(const TensorView& from, const Dims& axes) {
  require_rank(from, axes.size(), "axes");
  TensorView to = from;
  for (std::size_t axis = 0; axis < axes.size(); ++axis) {
    const auto source = static_cast<std::size_t>(axes[axis]);
    if (axes[axis] < 0 || source >= from.rank() ||
        std::count(axes.begin(), axes.end(), axes[axis]) != 1) {
      throw ConvError(ErrorKind::Rank, "axes", to_string(axes), "a permutation of the axes");
    }
    to.extents[axis] = from.extents[source];
    to.strides[axis] = from.strides[source];
  }
  return to;
}

TensorView reversed(const TensorView& from, std::size_t axis) {
  if (axis >= from.rank()) {
    throw ConvError(ErrorKind::Rank, "axis", std::to_string(axis),
                    "below " + std::to_string(from.rank()));
  }
  TensorView to = from;
  if (from.empty()) return to;
  Index last(from.rank(), 0);
  last[axis] = from.extents[axis] - 1;
  to.data = from.address(last);
  to.strides[axis] = -from.strides[axis];
  return to;
}

TensorView reshaped(const TensorView& from, const Shape& extents) {
  if (!from.contiguous()) {
    throw ConvError(ErrorKind::InputShape, "view", to_string(from), "a contiguous view");
  }
  if (element_count(extents) != from.size()) {
    throw ConvError(ErrorKind::InputShape, "extents", to_string(extents),
                    "as many elements as " + to_string(from.extents));
  }
  TensorView to = from;
  to.extents = extents;
  to.strides = contiguous_strides(extents);
  return to;
}

void Tensor::Free::operator()(std::byte* memory) const { std::free(memory); }

Tensor::Tensor(const Shape& shape, DataType type) {
  if (std::any_of(shape.begin(), shape.end(), [](std::int64_t extent) { return extent < 0; })) {
    throw ConvError(ErrorKind::InputShape, "shape", to_string(shape), "no negative extent");
  }
  std::int64_t bytes = 0;
  if (__builtin_mul_overflow(element_count(shape), size_of(type), &bytes)) {
    throw ConvError(ErrorKind::Overflow, "shape", to_string(shape), "fewer than 2^63 bytes");
  }
  // calloc, because fresh memory of the system is zero already and need not be written twice.
  std::size_t with_margin = 0;
  const bool fits =
      !__builtin_add_overflow(static_cast<std::size_t>(bytes), kAlignment, &with_margin);
  memory_.reset(fits ? static_cast<std::byte*>(std::calloc(with_margin, 1)) : nullptr);
  if (memory_ == nullptr) {
    throw ConvError(ErrorKind::Memory, "shape", to_string(shape),
                    "a size that can be allocated, not " + std::to_string(bytes) + " bytes");
  }
  void* memory = memory_.get();
  std::align(kAlignment, static_cast<std::size_t>(bytes), memory, with_margin);
  view_ = {memory, type, shape, contiguous_strides(shape), MemoryKind::Host};
}

Tensor::Tensor(const Shape& shape, const std::vector<double>& values, DataType type)
    : Tensor(shape, type) {
  if (static_cast<std::int64_t>(values.size()) != size()) {
    throw ConvError(ErrorKind::InputShape, "values", std::to_string(values.size()) + " numbers",
                    std::to_string(size()) + " for shape " + to_string(shape));
  }
  auto* to = static_cast<std::byte*>(view_.data);
  for (const double value : values) {
    store(type, to, value);
    to += size_of(type);
  }
}

Tensor Tensor::copy_of(const TensorView& from) { return copy_of(from, from.type); }

Tensor Tensor::copy_of(const TensorView& from, DataType type) {
  check_reachable("from", from);  // before memory for it is asked for
  Tensor to(from.extents, type);
  copy(from, to);
  return to;
}

Tensor& Tensor::operator=(const Tensor& other) {
  if (this == &other) return *this;
  if (other.view_.data == nullptr) return *this = Tensor();
  Tensor made(other.shape(), other.type());
  std::memcpy(made.view_.data, other.view_.data,
              static_cast<std::size_t>(other.size()) * size_of(other.type()));
  return *this = std::move(made);
}

std::vector<double> Tensor::values() const {
  std::vector<double> all;
  if (view_.data == nullptr) return all;
  all.reserve(static_cast<std::size_t>(size()));
  const auto* from = static_cast<const std::byte*>(view_.data);
  for (std::int64_t i = 0; i < size(); ++i, from += size_of(type()))
    all.push_back(load(type(), from));
  return all;
}

void check_reachable(const char* argument, const TensorView& view) {
  const std::string name(argument);
  if (view.strides.size() != view.rank()) {
    throw ConvError(ErrorKind::Rank, name + "'s strides", to_string(view.strides),
                    "one for each of " + std::to_string(view.rank()) + " axes");
  }
  if (view.memory != MemoryKind::Host) {
    throw ConvError(ErrorKind::Memory, name + "'s memory", to_string(view.memory),
                    to_string(MemoryKind::Host));
  }
  if (view.data == nullptr && !view.empty()) {
    throw ConvError(ErrorKind::Memory, name + "'s data", "null", "a pointer to its elements");
  }
}

TensorView allocate_like(Tensor& owner, const TensorView& like) {
  std::int64_t before = 0, span = like.empty() ? 0 : 1;
  for (std::size_t axis = 0; axis < like.rank() && span > 0; ++axis) {
    std::int64_t reach = 0;
    bool fits = !__builtin_mul_overflow(like.extents[axis] - 1, like.strides[axis], &reach) &&
                reach != INT64_MIN;
    const std::int64_t steps = reach < 0 ? -reach : reach;
    fits = fits && !__builtin_add_overflow(span, steps, &span);
    if (!fits) {
      throw ConvError(ErrorKind::Overflow, "strides", to_string(like), "fewer than 2^63 elements");
    }
    if (reach < 0) before += steps;
  }
  owner = Tensor(Shape{span}, like.type);
  TensorView view = like;
  view.memory = MemoryKind::Host;
  view.data = static_cast<std::byte*>(owner.view().data) +
              before * static_cast<std::int64_t>(size_of(like.type));
  return view;
}

void copy(const TensorView& from, const TensorView& to) {
  if (!(from.extents == to.extents)) {
    throw ConvError(ErrorKind::InputShape, "extents", to_string(to.extents),
                    to_string(from.extents));
  }
  check_reachable("from", from);
  check_reachable("to", to);
  if (from.empty()) return;
  if (from.type == to.type && from.contiguous() && to.contiguous()) {
    std::memcpy(to.data, from.data, static_cast<std::size_t>(from.size()) * size_of(from.type));
    return;
  }
  Index index(from.rank(), 0);
  do {
    to.set(index, from.at(index));
  } while (advance(index, from.extents));
}

}  // namespace convcheck
