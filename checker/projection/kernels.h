// The inner loops of the projections: rows of numbers, one after the other in memory.
//
// T is the number that is computed with: std::uint64_t (mod 2^64) or double. S is the number that
// is read: float or double. The loops exist for several instruction sets; kernels<T>() gives the
// best that the machine has. They give the same answer for integers; for doubles the rounding
// differs.
#pragma once

#include <cstdint>
#include <vector>

namespace convcheck::projection {

// One product of the convolution of planes: weight * from[offset + j].
template <class T>
struct Tap {
  T weight;
  std::int64_t offset;
};

// Rows of `count` numbers each.
template <class T, class S>
struct Rows {
  const S* const* data;
  const T* weights;
  std::int64_t rows, count;
};

// Numbers with a weight for each.
template <class T, class S>
struct Weighted {
  const S* data;
  const T* weights;
  std::int64_t count;
};

// Where sums go. With `squares`, which is for T double only, the squares of the numbers are summed
// there as well, without weights and in the same pass.
template <class T>
struct Sums {
  T* to;
  double* squares;

  Sums(T* sums, double* of_squares = nullptr) : to(sums), squares(of_squares) {}  // NOLINT
};

// The functions that read S return whether every number is an integer of at most `limit` <= 2^53 in
// magnitude, when T is std::uint64_t; otherwise what they have computed is meaningless. With T
// double they take any number and return true.
template <class T, class S>
struct ReadingKernels {
  // to[j] += sum over rows of weights[row] * data[row][j]
  bool (*add_rows)(const Sums<T>& sums, const Rows<T, S>& rows, double limit);
  // to[j % block] += weights[j] * from[j] for every j < count
  bool (*add_products)(const Sums<T>& sums, std::int64_t block, const Weighted<T, S>& row,
                       double limit);
};

template <class T>
struct Kernels {
  ReadingKernels<T, float> of_float;
  ReadingKernels<T, double> of_double;
  // to[j] += sum over taps of weight * from[offset + j]
  void (*add_taps)(T* to, std::int64_t count, const T* from, const Tap<T>* taps,
                   std::int64_t number);
  // The sum of a[j] * b[j].
  T (*dot)(const T* a, const T* b, std::int64_t count);

  const ReadingKernels<T, float>& reading(const float*) const { return of_float; }
  const ReadingKernels<T, double>& reading(const double*) const { return of_double; }
};

// Those that this machine can run, the best first.
template <class T>
std::vector<const Kernels<T>*> runnable_kernels();

template <class T>
const Kernels<T>& kernels() {
  static const Kernels<T>& best = *runnable_kernels<T>().front();
  return best;
}

extern template std::vector<const Kernels<std::uint64_t>*> runnable_kernels();
extern template std::vector<const Kernels<double>*> runnable_kernels();

}  // namespace convcheck::projection
