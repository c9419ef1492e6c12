// Tensors: numbers with a data type, extents and signed strides. Layout is numbers, not an enum.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "reference/data_type.h"
#include "reference/dims.h"

namespace convcheck {

enum class MemoryKind { Host, Cuda };

const char* to_string(MemoryKind kind);

// A tensor somebody else owns. `data` is the element at coordinates 0; strides count elements and may be negative.
// A view of an input is never written through by convcheck, which is checked by the rule `inputs_kept`.
struct TensorView {
  void* data = nullptr;
  DataType type = DataType::F32;
  Shape extents;
  Strides strides;
  MemoryKind memory = MemoryKind::Host;

  std::size_t rank() const { return extents.size(); }
  std::int64_t size() const { return element_count(extents); }
  bool empty() const { return size() == 0; }
  bool contiguous() const;

  std::int64_t offset(const Index& index) const {
    std::int64_t elements = 0;
    for (std::size_t axis = 0; axis < index.size(); ++axis) elements += index[axis] * strides[axis];
    return elements;
  }
  void* address(const Index& index) const {
    return static_cast<std::byte*>(data) + offset(index) * static_cast<std::int64_t>(size_of(type));
  }
  double at(const Index& index) const { return load(type, address(index)); }
  void set(const Index& index, double value) const { store(type, address(index), value); }

  // The first element as T*; throws ConvError{DataType} unless T is double (f64), float (f32) or uint16_t (f16, bf16).
  template <class T>
  T* as() const {
    require_type(type, static_cast<const T*>(nullptr));
    return static_cast<T*>(data);
  }

 private:
  static void require_type(DataType type, const double*);
  static void require_type(DataType type, const float*);
  static void require_type(DataType type, const std::uint16_t*);
};

// "f32 2x3x8x9 strides 216x72x9x1", for messages.
std::string to_string(const TensorView& view);

// Views of the same data: `from` without copying. Each throws ConvError{Rank} when the axes do not fit.
TensorView permuted(const TensorView& from, const Dims& axes);   // axis i of the result is axes[i] of `from`
TensorView reversed(const TensorView& from, std::size_t axis);   // coordinates counted from the end
TensorView reshaped(const TensorView& from, const Shape& extents);  // contiguous only; same element count

// An owner of a row-major host tensor, zero when made, aligned to 64 bytes. Copying copies the elements.
class Tensor {
 public:
  Tensor() = default;
  // Throws ConvError{InputShape} for a negative extent, {Overflow} or {Memory} when it cannot be had.
  explicit Tensor(const Shape& shape, DataType type = DataType::F32);
  // The values in row-major order, rounded to `type`. Throws ConvError{InputShape} when their number is not the shape's.
  Tensor(const Shape& shape, const std::vector<double>& values, DataType type = DataType::F32);
  // A contiguous copy of any host view, in the view's type. Throws as copy() does.
  static Tensor copy_of(const TensorView& from);
  static Tensor copy_of(const TensorView& from, DataType type);

  Tensor(const Tensor& other) { *this = other; }
  Tensor& operator=(const Tensor& other);
  // A tensor that was moved from is like a new one.
  Tensor(Tensor&& other) noexcept { *this = std::move(other); }
  Tensor& operator=(Tensor&& other) noexcept {
    memory_ = std::move(other.memory_);
    view_ = std::exchange(other.view_, {});
    return *this;
  }

  const Shape& shape() const { return view_.extents; }
  DataType type() const { return view_.type; }
  std::int64_t size() const { return view_.size(); }
  const TensorView& view() const { return view_; }
  operator TensorView() const { return view_; }  // NOLINT: a Tensor is its view wherever a view is asked for

  double at(const Index& index) const { return view_.at(index); }
  void set(const Index& index, double value) { view_.set(index, value); }
  template <class T>
  T* data() {
    return view_.as<T>();
  }
  template <class T>
  const T* data() const {
    return view_.as<T>();
  }

  // All elements in row-major order.
  std::vector<double> values() const;

 private:
  struct Free {
    void operator()(std::byte* memory) const;
  };
  std::unique_ptr<std::byte[], Free> memory_;
  TensorView view_;
};

// New memory in `owner`, zero, and the view of it that has the extents, the type and the strides of
// `like`; its data is not looked at. Throws ConvError as Tensor does.
TensorView allocate_like(Tensor& owner, const TensorView& like);

// Throws ConvError, naming `argument`, unless the elements can be reached from here: {Rank} for
// another number of strides than axes, {Memory} for memory that is not the host's, and for null
// data unless there are no elements.
void check_reachable(const char* argument, const TensorView& view);

// Copies elements of equal extents, converting the type. Throws ConvError{InputShape} when extents
// differ, and as check_reachable does for `from` and `to`.
void copy(const TensorView& from, const TensorView& to);

}  // namespace convcheck
