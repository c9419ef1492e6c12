// A convolution as the stand-in for cuDNN was given it, and plain loops over it: own index
// arithmetic, shared with nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "reference/data_type.h"
#include "tests/gpu/stand_in/cudnn_objects.h"

namespace convcheck::cudnn_stand_in {

struct TensorForm {
  DataType type = DataType::F32;
  std::vector<std::int64_t> extents, strides;
  std::int64_t identity = 0, alignment = 1;

  // Every address between the first and the last element belongs to one, and to one alone.
  bool is_packed() const;
  bool elements_overlap() const;
};

enum class Wanted { Y, X, W };

struct Operation {
  Wanted wanted = Wanted::Y;
  TensorForm x, w, y;
  std::vector<std::int64_t> pads, pads_after, strides, dilations;
  bool reverses = false;  // CUDNN_CONVOLUTION
  DataType sums = DataType::F32;
  double alpha = 1, beta = 0;

  std::size_t axes() const { return pads.size(); }
  const TensorForm& result() const { return wanted == Wanted::Y ? y : wanted == Wanted::X ? x : w; }
  std::int64_t groups() const { return x.extents[1] / w.extents[1]; }
};

// Of descriptors that have been finalized.
TensorForm tensor_of(const Object& tensor);
Operation operation_of(const Object& operation);
Operation operation_in(const Object& graph);

// Where the two factors of a product lie, in elements; `padding`: the first one is a zero.
struct Product {
  std::int64_t first = 0, second = 0;
  bool padding = false;
};

// The products of one element of the result: all sums of one entry of each list, the last list
// fastest.
struct Products {
  const std::vector<Product>* lists[4];

  template <class Visit>
  void for_each(const Visit& visit) const {
    for (const Product& a : *lists[0]) {
      for (const Product& b : *lists[1]) {
        for (const Product& c : *lists[2]) {
          const std::int64_t first = a.first + b.first + c.first;
          const std::int64_t second = a.second + b.second + c.second;
          const bool padding = a.padding || b.padding || c.padding;
          for (const Product& d : *lists[3]) {
            visit(first + d.first, second + d.second, padding || d.padding);
          }
        }
      }
    }
  }
};

// Calls `visit` for the offset of each element of the result, with all its products. The first
// factor is x where it is read, else y; the second one is the other.
void for_each_result(const Operation& operation,
                     const std::function<void(std::int64_t, const Products&)>& visit);

}  // namespace convcheck::cudnn_stand_in
