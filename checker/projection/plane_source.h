// The planes of an operand, a few at a time.
//
// A projected operand of one or two images is as large as the operand itself, and in 64 bits;
// making it as a whole would cost more in new memory than everything else.
#pragma once

#include <cstdint>

#include "checker/projection/planes.h"
#include "checker/projection/scratch.h"

namespace convcheck::projection {

// x or y: plane (g, m) holds the spatial coordinates, m being the letter that is neither projected
// nor spatial: c/g (forward), k/g (grad_inputs), n (grad_weights).
template <class T>
class PlaneSource {
 public:
  virtual ~PlaneSource() = default;
  // The planes (g, first) .. (g, first + count - 1) one after the other, until the next call.
  virtual const T* planes(std::int64_t g, std::int64_t first, std::int64_t count) = 0;
};

// Planes that exist, laid out as plane_map() says. With grad_weights, where the groups of an image
// lie between its planes, one at a time.
template <class T>
class StoredPlanes final : public PlaneSource<T> {
 public:
  StoredPlanes(const ConvProblem& problem, std::int64_t plane_size, const T* all)
      : by_image_(problem.direction == Direction::GradWeights),
        groups_(problem.groups),
        summed_(summed_letter(problem)),
        size_(plane_size),
        all_(all) {}

  const T* planes(std::int64_t g, std::int64_t first, std::int64_t) override {
    return all_ + (by_image_ ? first * groups_ + g : g * summed_ + first) * size_;
  }

 private:
  bool by_image_;
  std::int64_t groups_, summed_, size_;
  const T* all_;
};

// Planes that are projected when they are asked for.
template <class T>
class ProjectedPlanes final : public PlaneSource<T> {
 public:
  // Refers to all of its arguments. With `squares`, which is for T double only, planes that are
  // read also add the sums of the squares of their elements to it: over n and the channels of a
  // group, row-major over g and the coordinates of a plane.
  ProjectedPlanes(const ConvProblem& problem, Operand operand, const TensorView& view,
                  const Multipliers<T>& multipliers, double limit, double* squares = nullptr);

  const T* planes(std::int64_t g, std::int64_t first, std::int64_t count) override;
  // Whether every element that was read so far is an integer of at most `limit`, see
  // add_projection().
  bool good() const { return good_; }

 private:
  void project(const TensorView& view, const ConvProblem& problem);
  // Rows of the buffer of squares, one after the other from `first`.
  struct Squares {
    std::int64_t first, rows, row;
  };
  void add_squares(double* to, const Squares& some) const;

  const ConvProblem& problem_;
  Operand operand_;
  const TensorView& view_;
  const Multipliers<T>& multipliers_;
  double limit_;
  std::int64_t plane_size_ = 1;
  bool good_ = true, whole_ = false;
  Scratch<T> buffer_;  // the planes asked for last, or, if they are not many, all
  double* squares_;
  Scratch<double> squares_buffer_;  // of the same planes
};

extern template class ProjectedPlanes<std::uint64_t>;
extern template class ProjectedPlanes<double>;

}  // namespace convcheck::projection
