// The convolution of two projected planes: the problem's own, with one image and one filter a
// group.
#pragma once

#include <cstdint>
#include <vector>

#include "checker/projection/lattice.h"
#include "checker/projection/plane_source.h"
#include "reference/problem.h"

namespace convcheck::projection {

// What a direction reads: x and y by plane, w as a whole, laid out as plane_map() says. The operand
// that is computed is not read. T is std::uint64_t (mod 2^64) or double; a double's sum has at most
// depth() terms, in any order.
template <class T>
struct PlaneOperands {
  PlaneSource<T>* x = nullptr;
  const T* w = nullptr;
  PlaneSource<T>* y = nullptr;
};

template <class T>
class PlaneConvolution {
 public:
  explicit PlaneConvolution(const ConvProblem& problem);

  // Row-major over g and the coordinates that the projected result has.
  std::vector<T> run(const PlaneOperands<T>& of) const;

  std::int64_t size() const;   // elements of the result
  std::int64_t depth() const;  // most products in one of them

 private:
  void forward(PlaneSource<T>& x, const T* w, T* y) const;
  void grad_inputs(const T* w, PlaneSource<T>& y, T* x) const;
  void grad_weights(PlaneSource<T>& x, PlaneSource<T>& y, T* w) const;
  template <class Visit>
  void for_each_region(const Visit& visit) const;
  void unshared(const PlaneOperands<T>& of, T* result) const;

  // The lattice of a plane of inputs: itself, or a copy in `buffer`, whose padding stays zero.
  const T* spread(const T* inputs, T* buffer) const;
  // Adds what a lattice holds to a plane of inputs.
  void collect(const T* lattice, T* inputs) const;
  // A wide plane of outputs in `buffer`, whose gaps stay zero.
  void widen(const T* outputs, T* buffer) const;

  Direction direction_;
  bool unshared_;
  std::int64_t groups_, summed_;  // m: the letter of both operands that is not projected
  Lattice lattice_;
};

extern template class PlaneConvolution<std::uint64_t>;
extern template class PlaneConvolution<double>;

}  // namespace convcheck::projection
