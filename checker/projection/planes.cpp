#include "checker/projection/planes.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <type_traits>

#include "checker/projection/kernels.h"

namespace convcheck::projection {
namespace {

// A chunk of the plane and of as many elements stays in the fastest cache while all rows that are
// summed into it pass by.
constexpr std::int64_t kChunk = 2048;
// Shorter rows of the plane are summed together with their neighbours, and taken apart afterwards.
constexpr std::int64_t kShortRow = 24;

float f16_to_float(std::uint16_t bits) {
  const std::uint32_t sign = std::uint32_t{bits & 0x8000u} << 16, rest = bits & 0x7fffu;
  const std::uint32_t special = rest >= 0x7c00u ? 0x7f800000u : 0;   // infinity and NaN
  const float scaled = std::bit_cast<float>(rest << 13) * 0x1p112f;  // exact, subnormals too
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(scaled) | sign | special);
}

float bf16_to_float(std::uint16_t bits) { return std::bit_cast<float>(std::uint32_t{bits} << 16); }

template <class S>
S read(DataType type, const std::byte* from) {
  const auto as = [from](auto value) {
    std::memcpy(&value, from, sizeof value);
    return value;
  };
  switch (type) {
    case DataType::F64:
      return static_cast<S>(as(double()));
    case DataType::F32:
      return as(float());
    case DataType::F16:
      return f16_to_float(as(std::uint16_t()));
    default:
      return bf16_to_float(as(std::uint16_t()));
  }
}

template <class S, DataType type>
void gather(const std::byte* from, std::int64_t step, std::int64_t count, S* to) {
  for (std::int64_t j = 0; j < count; ++j) to[j] = read<S>(type, from + j * step);
}

// Sums of products of a weight and an element, S wide enough for the view's type.
template <class T, class S>
class Projector {
 public:
  Projector(const TensorView& view, const Multipliers<T>& multipliers, double limit, T* plane,
            Reading reading)
      : view_(view),
        size_(static_cast<std::int64_t>(size_of(view.type))),
        multipliers_(multipliers),
        limit_(limit),
        plane_(plane),
        squares_(reading == Reading::Square),
        direct_(!squares_ && view.type == (sizeof(S) == 4 ? DataType::F32 : DataType::F64)) {}

  bool run(const PlaneMap& map) {
    arrange(map);
    if (run_extent_ == 1 && row_.to == 1) {
      sum_long_rows();
    } else {
      sum_short_rows();
    }
    return good_;
  }

 private:
  // Where a combination of coordinates stands in the operand and in the plane, and its weight.
  struct Place {
    std::int64_t from, to;
    T weight;
  };

  // Splits the axes, ordered as they lie in memory: the row (innermost), the summed axis around it
  // if the two are one run of memory, the other kept axes and the other summed axes.
  void arrange(const PlaneMap& map) {
    std::vector<PlaneAxis> axes;
    T factor = 1;
    for (const PlaneAxis& axis : map.axes) {
      if (axis.extent > 1)
        axes.push_back(axis);
      else if (axis.summed >= 0)
        factor *= multipliers_[static_cast<std::size_t>(axis.summed)][0];
    }
    std::stable_sort(axes.begin(), axes.end(), [](const PlaneAxis& a, const PlaneAxis& b) {
      return std::abs(a.stride) > std::abs(b.stride);
    });
    row_ = {1, 1, 1, -1};
    if (!axes.empty()) {
      row_ = axes.back();
      axes.pop_back();
    }
    const auto continues = [&](std::int64_t extent) {
      return !axes.empty() && axes.back().stride == row_.stride * extent;
    };
    while (row_.summed < 0 && continues(row_.extent) && axes.back().summed < 0 &&
           axes.back().to == row_.to * row_.extent) {
      row_.extent *= axes.back().extent;
      axes.pop_back();
    }
    run_extent_ = 1;
    if (row_.summed >= 0) {
      run_extent_ = row_.extent;
      run_summed_ = row_.summed;
      row_ = {1, row_.stride, 1, -1};
    } else if (continues(row_.extent) && axes.back().summed >= 0 && row_.extent < kShortRow) {
      run_extent_ = axes.back().extent;
      run_summed_ = axes.back().summed;
      axes.pop_back();
    }
    kept_ = places(axes, false, 1);
    summed_ = places(axes, true, factor);
  }

  std::vector<Place> places(const std::vector<PlaneAxis>& axes, bool summed, T factor) const {
    std::vector<Place> all{{0, 0, factor}};
    for (const PlaneAxis& axis : axes) {
      if ((axis.summed >= 0) != summed) continue;
      std::vector<Place> next;
      next.reserve(all.size() * static_cast<std::size_t>(axis.extent));
      for (const Place& place : all) {
        for (std::int64_t i = 0; i < axis.extent; ++i) {
          T weight = place.weight;
          if (summed) {
            weight *=
                multipliers_[static_cast<std::size_t>(axis.summed)][static_cast<std::size_t>(i)];
          }
          next.push_back({place.from + i * axis.stride, place.to + i * axis.to, weight});
        }
      }
      all = std::move(next);
    }
    return all;
  }

  bool in_place() const { return direct_ && row_.stride == 1; }

  // `count` elements from offset `from`, `row_.stride` apart, as S; at `at` of the buffer unless
  // they are that already.
  const S* elements(std::int64_t from, std::int64_t count, std::size_t at) {
    const std::byte* address = static_cast<const std::byte*>(view_.data) + from * size_;
    if (in_place()) return reinterpret_cast<const S*>(address);
    S* const buffer = buffer_.data() + at;
    const std::int64_t step = row_.stride * size_;
    switch (view_.type) {
      case DataType::F64:
        gather<S, DataType::F64>(address, step, count, buffer);
        break;
      case DataType::F32:
        gather<S, DataType::F32>(address, step, count, buffer);
        break;
      case DataType::F16:
        gather<S, DataType::F16>(address, step, count, buffer);
        break;
      case DataType::BF16:
        gather<S, DataType::BF16>(address, step, count, buffer);
        break;
    }
    for (std::int64_t j = 0; squares_ && j < count; ++j) buffer[j] *= buffer[j];
    return buffer;
  }

  // to[j] += all summed rows, from elements that start `first` after their places.
  void add_rows(T* to, std::int64_t first, std::int64_t count) {
    constexpr std::size_t kRows = 4;
    if (!in_place() && buffer_.size() < kRows * static_cast<std::size_t>(count)) {
      buffer_.resize(kRows * static_cast<std::size_t>(count));
    }
    for (std::size_t done = 0; done < summed_.size(); done += kRows) {
      const std::size_t rows = std::min(kRows, summed_.size() - done);
      const S* data[kRows] = {};
      T weights[kRows] = {};
      for (std::size_t row = 0; row < rows; ++row) {
        const Place& place = summed_[done + row];
        data[row] = elements(place.from + first, count, row * static_cast<std::size_t>(count));
        weights[row] = place.weight;
      }
      const Rows<T, S> all{data, weights, static_cast<std::int64_t>(rows), count};
      good_ &= kernels<T>().reading(static_cast<const S*>(nullptr)).add_rows(to, all, limit_);
    }
  }

  void sum_long_rows() {
    for (const Place& kept : kept_) {
      for (std::int64_t first = 0; first < row_.extent; first += kChunk) {
        add_rows(plane_ + kept.to + first, kept.from + first * row_.stride,
                 std::min(kChunk, row_.extent - first));
      }
    }
  }

  // The run is `run_extent_` times a row of the plane, each with its own multiplier.
  void sum_short_rows() {
    const std::int64_t run = run_extent_ * row_.extent;
    std::vector<T> weights(static_cast<std::size_t>(run),
                           summed_.size() == 1 ? summed_[0].weight : 1);
    for (std::int64_t j = 0; run_extent_ > 1 && j < run; ++j) {
      weights[static_cast<std::size_t>(j)] *=
          multipliers_[static_cast<std::size_t>(run_summed_)]
                      [static_cast<std::size_t>(j / row_.extent)];
    }
    // A whole number of vectors and of rows.
    const std::int64_t block = std::min(run, row_.extent * (row_.extent < 4 ? 32 : 8));
    std::vector<T> sums(static_cast<std::size_t>(summed_.size() == 1 ? block : run));
    for (const Place& kept : kept_) {
      std::fill(sums.begin(), sums.end(), T{0});
      if (summed_.size() == 1) {
        fold_run(kept, weights, sums);
      } else {
        fold_sums(kept, weights, sums);
      }
    }
  }

  // One row of the operand a run: multiplied element by element, a block of rows at a time.
  void fold_run(const Place& kept, const std::vector<T>& weights, std::vector<T>& sums) {
    const auto run = static_cast<std::int64_t>(weights.size());
    const auto block = static_cast<std::int64_t>(sums.size());
    if (!in_place()) buffer_.resize(weights.size());
    const S* from = elements(kept.from + summed_[0].from, run, 0);
    good_ &= kernels<T>()
                 .reading(static_cast<const S*>(nullptr))
                 .add_products(sums.data(), block, {from, weights.data(), run}, limit_);
    for (std::int64_t at = 0; at < row_.extent; ++at) {
      T sum = 0;
      for (std::int64_t j = at; j < block; j += row_.extent) sum += sums[std::size_t(j)];
      plane_[kept.to + at * row_.to] += sum;
    }
  }

  // Several rows of the operand a run: first summed as they lie.
  void fold_sums(const Place& kept, const std::vector<T>& weights, std::vector<T>& sums) {
    const auto run = static_cast<std::int64_t>(weights.size());
    for (std::int64_t first = 0; first < run; first += kChunk) {
      add_rows(sums.data() + first, kept.from + first * row_.stride, std::min(kChunk, run - first));
    }
    for (std::int64_t at = 0; at < row_.extent; ++at) {
      T sum = 0;
      for (std::int64_t j = at; j < run; j += row_.extent) {
        sum += weights[std::size_t(j)] * sums[std::size_t(j)];
      }
      plane_[kept.to + at * row_.to] += sum;
    }
  }

  const TensorView& view_;
  std::int64_t size_;
  const Multipliers<T>& multipliers_;
  double limit_;
  T* plane_;
  bool squares_, direct_, good_ = true;
  PlaneAxis row_;
  std::int64_t run_extent_ = 1;
  int run_summed_ = -1;
  std::vector<Place> kept_, summed_;
  std::vector<S> buffer_;
};

}  // namespace

template <class T>
bool add_projection(const TensorView& view, const PlaneMap& map, const Multipliers<T>& multipliers,
                    double limit, T* plane, Reading reading) {
  if (view.empty()) return true;
  if (view.type == DataType::F64 || reading == Reading::Square) {
    return Projector<T, double>(view, multipliers, limit, plane, reading).run(map);
  }
  return Projector<T, float>(view, multipliers, limit, plane, reading).run(map);
}

template bool add_projection(const TensorView&, const PlaneMap&, const Multipliers<std::uint64_t>&,
                             double, std::uint64_t*, Reading);
template bool add_projection(const TensorView&, const PlaneMap&, const Multipliers<double>&, double,
                             double*, Reading);

}  // namespace convcheck::projection
