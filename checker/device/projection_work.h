// Weighted sums of an operand's elements, on a device: what a projection reads, as fast as memory
// gives it.
//
// A block of threads sums some neighbouring places of a plane over a range of rows, a row being one
// pair of the coordinates that are summed away: its threads are width x (kThreads / width), a
// thread for each place and several for its rows, so that neighbours read neighbours. What a row is
// multiplied with is found once for all places. Where a place has many rows, several blocks have a
// range each, and what they give is summed by another work of this kind.
#pragma once

#include <cmath>
#include <cstdint>
#include <type_traits>

#include "checker/device/number.h"
#include "checker/device/works.h"
#include "checker/random_bits.h"

namespace convcheck::device {

// An axis that is kept, with the elements from one place of it to the next in the plane, or one of
// the two that are summed away.
struct ProjectedAxis {
  std::int64_t extent = 1, stride = 0;
  std::int64_t to = 0;
};

// T is std::uint64_t (mod 2^64) or double.
template <class T>
struct ProjectedOperand {
  const void* data = nullptr;
  DataType type = DataType::F32;
  bool of_sums = false;  // the elements are numbers T: sums of another work
  int kept = 0;
  ProjectedAxis axes[kMostAxes + 1] = {};  // the kept ones, in the order of the plane
  ProjectedAxis summed[2] = {};            // the second one's elements are nearer to one another
  // The multipliers of an axis that is summed are the random numbers that follow this state, as
  // checker/projection/random.h draws them: signs with T double, otherwise odd numbers.
  std::uint64_t states[2] = {};
  bool is_multiplied[2] = {};

  std::int64_t places = 0, rows_of_block = 1, row_blocks = 1;
  int width = 1;  // a power of two, at most ProjectionWork::kThreads
  // Where sums go, row_blocks times `places` of them; and, unless null, those of the squares with T
  // double, or how many elements are not integers of at most `limit` <= 2^53 in magnitude with T
  // std::uint64_t. Such a one counts as 0.
  T* to = nullptr;
  T* second = nullptr;
  double limit = 0;

  CONVCHECK_HOST_DEVICE std::int64_t rows() const { return summed[0].extent * summed[1].extent; }
  CONVCHECK_HOST_DEVICE std::int64_t place_blocks() const { return (places + width - 1) / width; }
  CONVCHECK_HOST_DEVICE std::int64_t blocks() const { return place_blocks() * row_blocks; }

  CONVCHECK_HOST_DEVICE std::int64_t first_element(std::int64_t place) const {
    std::int64_t at = 0;
    for (int axis = 0; axis < kept; ++axis) {
      const ProjectedAxis& one = axes[axis];
      at += (kept == 1 ? place : place / one.to % one.extent) * one.stride;
    }
    return at;
  }
};

template <class T>
struct ProjectionWork {
  static constexpr int kThreads = 256, kMostOperands = 5, kAtOnce = 8;

  ProjectedOperand<T> operands[kMostOperands];
  int count = 0;

  CONVCHECK_HOST_DEVICE std::int64_t blocks() const {
    std::int64_t all = 0;
    for (int i = 0; i < count; ++i) all += operands[i].blocks();
    return all;
  }

  // What a thread has.
  struct Sums {
    T sum = 0, second = 0;
  };
  struct Row {
    std::int64_t at;
    T multiplier;
  };
  // What the threads of a block share.
  struct Shared {
    Row rows[kThreads];
    T sums[kThreads], seconds[kThreads];
  };

  // A block's share of an operand.
  struct Part {
    const ProjectedOperand<T>& of;
    std::int64_t first_place, row_block, first_row, last_row;

    CONVCHECK_HOST_DEVICE Part(const ProjectedOperand<T>& operand, std::int64_t block)
        : of(operand),
          first_place(block % operand.place_blocks() * operand.width),
          row_block(block / operand.place_blocks()),
          first_row(row_block * operand.rows_of_block),
          last_row(first_row + operand.rows_of_block) {
      if (last_row > operand.rows()) last_row = operand.rows();
    }

    CONVCHECK_HOST_DEVICE std::int64_t place(int thread) const {
      return first_place + thread % of.width;
    }
    CONVCHECK_HOST_DEVICE int height() const { return kThreads / of.width; }

    CONVCHECK_HOST_DEVICE T multiplier(int axis, std::int64_t index) const {
      if (!of.is_multiplied[axis]) return T(1);
      const std::uint64_t random = bits_of(of.states[axis], index + 1);
      if constexpr (std::is_same_v<T, double>) {
        return random >> 63 ? -1.0 : 1.0;
      } else {
        return random | 1;
      }
    }
    CONVCHECK_HOST_DEVICE void set(std::int64_t row, Row& to) const {
      if (row >= last_row) return;
      const std::int64_t a = row / of.summed[1].extent, b = row % of.summed[1].extent;
      to.at = a * of.summed[0].stride + b * of.summed[1].stride;
      to.multiplier = multiplier(0, a) * multiplier(1, b);
    }

    CONVCHECK_HOST_DEVICE static void add_number(double value, double multiplier, double,
                                                 Sums& to) {
      to.sum = fma(multiplier, value, to.sum);
      to.second = fma(value, value, to.second);
    }
    CONVCHECK_HOST_DEVICE static void add_number(double value, std::uint64_t multiplier,
                                                 double limit, Sums& to) {
      const bool good = fabs(value) <= limit && rint(value) == value;
      to.sum +=
          multiplier * static_cast<std::uint64_t>(static_cast<std::int64_t>(good ? value : 0));
      to.second += good ? 0 : 1;
    }

    // Adds rows of the shared ones: of several all loads are under way before one is needed.
    template <class Element, class Add>
    CONVCHECK_HOST_DEVICE CONVCHECK_INLINE void add_rows(const Element* from, const Row* rows,
                                                         int count, int thread, Sums& own,
                                                         const Add& add) const {
      const int step = height();
      for (int first = thread / of.width; first < count; first += kAtOnce * step) {
        Element values[kAtOnce];
        CONVCHECK_UNROLL
        for (int i = 0; i < kAtOnce; ++i) {
          const int row = first + i * step;
          values[i] = row < count ? from[rows[row].at] : Element(0);
        }
        CONVCHECK_UNROLL
        for (int i = 0; i < kAtOnce; ++i) {
          const int row = first + i * step;
          if (row < count) add(values[i], rows[row].multiplier, own);
        }
      }
    }

    CONVCHECK_HOST_DEVICE void add(const Row* rows, int count, int thread, Sums& own) const {
      if (place(thread) >= of.places) return;
      const std::int64_t first = of.first_element(place(thread));
      const double limit = of.limit;
      if (of.of_sums) {
        const auto each = [](T value, T multiplier, Sums& to) { to.sum += multiplier * value; };
        return add_rows(static_cast<const T*>(of.data) + first, rows, count, thread, own, each);
      }
      const auto number = [limit](double value, T multiplier, Sums& to) {
        add_number(value, multiplier, limit, to);
      };
      if (of.type == DataType::F64) {
        add_rows(static_cast<const double*>(of.data) + first, rows, count, thread, own, number);
      } else if (of.type == DataType::F32) {
        add_rows(static_cast<const float*>(of.data) + first, rows, count, thread, own, number);
      } else {
        const Short format = short_format(of.type);
        const auto narrow = [&](std::uint16_t bits, T multiplier, Sums& to) {
          number(short_number(format, bits), multiplier, to);
        };
        add_rows(static_cast<const std::uint16_t*>(of.data) + first, rows, count, thread, own,
                 narrow);
      }
    }

    CONVCHECK_HOST_DEVICE void write(int thread, const Shared& shared) const {
      if (thread >= of.width || place(thread) >= of.places) return;
      const std::int64_t at = row_block * of.places + place(thread);
      of.to[at] = shared.sums[thread];
      if (of.second != nullptr) of.second[at] = shared.seconds[thread];
    }
  };

  // Does a block. threads.each(what) calls what(thread, its Sums) for every thread, and comes back
  // when all have done it.
  template <class Threads>
  CONVCHECK_HOST_DEVICE void run(std::int64_t block, Shared& shared, Threads& threads) const {
    int operand = 0;
    while (block >= operands[operand].blocks()) block -= operands[operand++].blocks();
    const Part part(operands[operand], block);
    threads.each([&](int, Sums& own) { own = Sums{}; });
    for (std::int64_t first = part.first_row; first < part.last_row; first += kThreads) {
      const std::int64_t rest = part.last_row - first;
      const int rows = static_cast<int>(rest < kThreads ? rest : kThreads);
      threads.each([&](int thread, Sums&) { part.set(first + thread, shared.rows[thread]); });
      threads.each([&](int thread, Sums& own) { part.add(shared.rows, rows, thread, own); });
    }
    threads.each([&](int thread, const Sums& own) {
      shared.sums[thread] = own.sum;
      shared.seconds[thread] = own.second;
    });
    for (int half = part.height() / 2; half > 0; half /= 2) {
      const int threads_left = half * part.of.width;
      threads.each([&](int thread, Sums&) {
        if (thread >= threads_left) return;
        shared.sums[thread] += shared.sums[thread + threads_left];
        shared.seconds[thread] += shared.seconds[thread + threads_left];
      });
    }
    threads.each([&](int thread, const Sums&) { part.write(thread, shared); });
  }
};

}  // namespace convcheck::device
