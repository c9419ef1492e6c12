#include "checker/projection/planes.h"

#include <algorithm>
#include <cstdlib>

#include "checker/projection/elements.h"
#include "checker/projection/kernels.h"

namespace convcheck::projection {
namespace {

// A chunk of the plane and of as many elements stays in the fastest cache while all rows that are
// summed into it pass by.
constexpr std::int64_t kChunk = 4096;
// Shorter rows of the plane are summed together with their neighbours, and taken apart afterwards:
// always, or where several rows of the operand are summed first, so that taking apart is little.
constexpr std::int64_t kShortRow = 24, kShortSum = 1024;

// Sums of products of a weight and an element, S wide enough for the view's type.
template <class T, class S>
class Projector {
 public:
  Projector(const TensorView& view, const Multipliers<T>& multipliers, double limit,
            const Sums<T>& to)
      : elements_(view), multipliers_(multipliers), limit_(limit), to_(to) {}

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

  const std::vector<T>& multipliers(int letter) const {
    return multipliers_[static_cast<std::size_t>(letter)];
  }

  // Splits the axes, ordered as they lie in memory: the row (innermost), the summed axis around it
  // if the two are one run of memory, the other kept axes and the other summed axes.
  void arrange(const PlaneMap& map) {
    std::vector<PlaneAxis> axes;
    T factor = 1;
    for (const PlaneAxis& axis : map.axes) {
      if (axis.extent > 1) {
        axes.push_back(axis);
      } else if (axis.summed >= 0) {
        factor *= multipliers(axis.summed)[0];
      }
    }
    std::stable_sort(axes.begin(), axes.end(), [](const PlaneAxis& a, const PlaneAxis& b) {
      return std::abs(a.stride) > std::abs(b.stride);
    });
    take_row(axes);
    kept_ = places(axes, false, 1);
    summed_ = places(axes, true, factor);
  }

  // Takes the row, and the run of rows, off the end of `axes`.
  void take_row(std::vector<PlaneAxis>& axes) {
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
    const auto sums = std::count_if(axes.begin(), axes.end(),
                                    [](const PlaneAxis& axis) { return axis.summed >= 0; });
    run_extent_ = 1;
    if (row_.summed >= 0) {
      run_extent_ = row_.extent;
      run_summed_ = row_.summed;
      row_ = {1, row_.stride, 1, -1};
    } else if (continues(row_.extent) && axes.back().summed >= 0 &&
               row_.extent < (sums > 1 ? kShortSum : kShortRow)) {
      run_extent_ = axes.back().extent;
      run_summed_ = axes.back().summed;
      axes.pop_back();
    }
  }

  std::vector<Place> places(const std::vector<PlaneAxis>& axes, bool summed, T factor) const {
    std::vector<Place> all{{0, 0, factor}};
    for (const PlaneAxis& axis : axes) {
      if ((axis.summed >= 0) != summed) continue;
      std::vector<Place> next;
      next.reserve(all.size() * static_cast<std::size_t>(axis.extent));
      for (const Place& place : all) {
        for (std::int64_t i = 0; i < axis.extent; ++i) {
          const T weight = summed ? multipliers(axis.summed)[static_cast<std::size_t>(i)] : T{1};
          next.push_back(
              {place.from + i * axis.stride, place.to + i * axis.to, place.weight * weight});
        }
      }
      all = std::move(next);
    }
    return all;
  }

  Sums<T> sums_at(std::int64_t place) const {
    return {to_.to + place, to_.squares == nullptr ? nullptr : to_.squares + place};
  }

  // sums[j] += all summed rows, from elements that start `first` after their places.
  void add_rows(const Sums<T>& sums, std::int64_t first, std::int64_t count) {
    constexpr std::size_t kRows = 4;
    const auto length = elements_.in_place(row_.stride) ? 0 : static_cast<std::size_t>(count);
    if (buffer_.size() < kRows * length) buffer_.resize(kRows * length);
    for (std::size_t done = 0; done < summed_.size(); done += kRows) {
      const std::size_t rows = std::min(kRows, summed_.size() - done);
      const S* data[kRows] = {};
      T weights[kRows] = {};
      for (std::size_t row = 0; row < rows; ++row) {
        const Place& place = summed_[done + row];
        data[row] =
            elements_.read(place.from + first, row_.stride, count, buffer_.data() + row * length);
        weights[row] = place.weight;
      }
      const Rows<T, S> all{data, weights, static_cast<std::int64_t>(rows), count};
      good_ &= kernels<T>().reading(static_cast<const S*>(nullptr)).add_rows(sums, all, limit_);
    }
  }

  void sum_long_rows() {
    for (const Place& kept : kept_) {
      for (std::int64_t first = 0; first < row_.extent; first += kChunk) {
        add_rows(sums_at(kept.to + first), kept.from + first * row_.stride,
                 std::min(kChunk, row_.extent - first));
      }
    }
  }

  // The run is `run_extent_` times a row of the plane, each with its own multiplier.
  void sum_short_rows() {
    run_weights_.assign(static_cast<std::size_t>(run_extent_),
                        summed_.size() == 1 ? summed_[0].weight : 1);
    for (std::size_t i = 0; run_extent_ > 1 && i < run_weights_.size(); ++i) {
      run_weights_[i] *= multipliers(run_summed_)[i];
    }
    folded_.resize(static_cast<std::size_t>(row_.extent));
    if (summed_.size() == 1) {
      fold_runs();
    } else {
      for (const Place& kept : kept_) fold_sums(kept);
    }
  }

  // Adds `rows` rows, the first of them with the weight number `first`, to the plane.
  void fold(const Place& kept, const Sums<T>& from, std::int64_t rows, const T* weights) {
    taps_.clear();
    for (std::int64_t i = 0; i < rows; ++i) taps_.push_back({weights[i], i * row_.extent});
    std::fill(folded_.begin(), folded_.end(), T{0});
    kernels<T>().add_taps(folded_.data(), row_.extent, from.to, taps_.data(), rows);
    for (std::int64_t at = 0; at < row_.extent; ++at) {
      to_.to[kept.to + at * row_.to] += folded_[static_cast<std::size_t>(at)];
    }
    for (std::int64_t j = 0; to_.squares != nullptr && j < rows * row_.extent; j += row_.extent) {
      for (std::int64_t at = 0; at < row_.extent; ++at) {
        to_.squares[kept.to + at * row_.to] += from.squares[j + at];
      }
    }
  }

  Sums<T> cleared_sums(std::int64_t count) {
    sums_.assign(static_cast<std::size_t>(count), T{0});
    if (to_.squares == nullptr) return sums_.data();
    squares_.assign(static_cast<std::size_t>(count), 0);
    return {sums_.data(), squares_.data()};
  }

  // One row of the operand a run: multiplied element by element, a block of rows at a time.
  void fold_runs() {
    const std::int64_t run = run_extent_ * row_.extent;
    std::vector<T> weights;
    weights.reserve(static_cast<std::size_t>(run));
    for (const T weight : run_weights_) {
      weights.insert(weights.end(), static_cast<std::size_t>(row_.extent), weight);
    }
    // A whole number of vectors and of rows.
    const std::int64_t rows = std::min<std::int64_t>(run_extent_, row_.extent < 4 ? 32 : 8);
    const std::vector<T> ones(static_cast<std::size_t>(rows), 1);
    if (!elements_.in_place(row_.stride)) buffer_.resize(weights.size());
    for (const Place& kept : kept_) {
      const S* from = elements_.read(kept.from + summed_[0].from, row_.stride, run, buffer_.data());
      const Weighted<T, S> row{from, weights.data(), run};
      if (row_.extent == 1) {
        add_products(sums_at(kept.to), 1, row);
      } else {
        const Sums<T> sums = cleared_sums(rows * row_.extent);
        add_products(sums, rows * row_.extent, row);
        fold(kept, sums, rows, ones.data());
      }
    }
  }

  void add_products(const Sums<T>& sums, std::int64_t block, const Weighted<T, S>& row) {
    good_ &=
        kernels<T>().reading(static_cast<const S*>(nullptr)).add_products(sums, block, row, limit_);
  }

  // Several rows of the operand a run: first summed as they lie, some rows of the plane at a time.
  void fold_sums(const Place& kept) {
    const std::int64_t together = std::max<std::int64_t>(1, kChunk / row_.extent);
    for (std::int64_t first = 0; first < run_extent_; first += together) {
      const std::int64_t rows = std::min(together, run_extent_ - first);
      const Sums<T> sums = cleared_sums(rows * row_.extent);
      add_rows(sums, kept.from + first * row_.extent * row_.stride, rows * row_.extent);
      fold(kept, sums, rows, run_weights_.data() + first);
    }
  }

  Elements<S> elements_;
  const Multipliers<T>& multipliers_;
  double limit_;
  Sums<T> to_;
  bool good_ = true;
  PlaneAxis row_;
  std::int64_t run_extent_ = 1;
  int run_summed_ = -1;
  std::vector<Place> kept_, summed_;
  std::vector<T> run_weights_, sums_, folded_;
  std::vector<double> squares_;
  std::vector<Tap<T>> taps_;
  std::vector<S> buffer_;
};

}  // namespace

template <class T>
bool add_projection(const TensorView& view, const PlaneMap& map, const Multipliers<T>& multipliers,
                    double limit, T* plane, double* squares) {
  if (view.empty()) return true;
  const Sums<T> to(plane, squares);
  if (view.type == DataType::F64) {
    return Projector<T, double>(view, multipliers, limit, to).run(map);
  }
  return Projector<T, float>(view, multipliers, limit, to).run(map);
}

template bool add_projection(const TensorView&, const PlaneMap&, const Multipliers<std::uint64_t>&,
                             double, std::uint64_t*, double*);
template bool add_projection(const TensorView&, const PlaneMap&, const Multipliers<double>&, double,
                             double*, double*);

}  // namespace convcheck::projection
