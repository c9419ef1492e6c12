// Elements of a view as numbers to compute with. Internal to planes.cpp.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

#include "reference/tensor.h"

namespace convcheck::projection {

inline float f16_to_float(std::uint16_t bits) {
  const std::uint32_t sign = std::uint32_t{bits & 0x8000u} << 16, rest = bits & 0x7fffu;
  const std::uint32_t special = rest >= 0x7c00u ? 0x7f800000u : 0;   // infinity and NaN
  const float scaled = std::bit_cast<float>(rest << 13) * 0x1p112f;  // exact, subnormals too
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(scaled) | sign | special);
}

inline float bf16_to_float(std::uint16_t bits) {
  return std::bit_cast<float>(std::uint32_t{bits} << 16);
}

// Reads runs of elements that are one step apart as S, float or double, which is wide enough for
// the view's type.
template <class S>
class Elements {
 public:
  explicit Elements(const TensorView& view)
      : data_(static_cast<const std::byte*>(view.data)),
        type_(view.type),
        size_(static_cast<std::int64_t>(size_of(view.type))),
        same_type_(view.type == (sizeof(S) == 4 ? DataType::F32 : DataType::F64)) {}

  // Whether runs of that step are numbers of type S as they lie.
  bool in_place(std::int64_t step) const { return same_type_ && step == 1; }

  // `count` elements from offset `from`: in place, or copied to `buffer`.
  const S* read(std::int64_t from, std::int64_t step, std::int64_t count, S* buffer) const {
    const std::byte* const address = data_ + from * size_;
    if (in_place(step)) return reinterpret_cast<const S*>(address);
    switch (type_) {
      case DataType::F64:
        return gathered<DataType::F64>(address, step * size_, count, buffer);
      case DataType::F32:
        return gathered<DataType::F32>(address, step * size_, count, buffer);
      case DataType::F16:
        return gathered<DataType::F16>(address, step * size_, count, buffer);
      default:
        return gathered<DataType::BF16>(address, step * size_, count, buffer);
    }
  }

 private:
  template <DataType type>
  static S one(const std::byte* from) {
    const auto as = [from](auto value) {
      std::memcpy(&value, from, sizeof value);
      return value;
    };
    if constexpr (type == DataType::F64) return static_cast<S>(as(double()));
    if constexpr (type == DataType::F32) return as(float());
    if constexpr (type == DataType::F16) return f16_to_float(as(std::uint16_t()));
    return bf16_to_float(as(std::uint16_t()));
  }

  template <DataType type>
  static const S* gathered(const std::byte* from, std::int64_t step, std::int64_t count, S* to) {
    for (std::int64_t j = 0; j < count; ++j) to[j] = one<type>(from + j * step);
    return to;
  }

  const std::byte* data_;
  DataType type_;
  std::int64_t size_;
  bool same_type_;
};

}  // namespace convcheck::projection
