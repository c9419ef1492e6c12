// One convolution as oneDNN is asked for it.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <span>
#include <string>

#include "reference/backend.h"

namespace convcheck::onednn {

// The type as oneDNN has it, if it does.
std::optional<dnnl::memory::data_type> data_type(DataType type);

// The operand's place in memory as oneDNN has it: strides above zero, and groups an axis of their
// own.
struct Described {
  dnnl::memory::dims extents, strides;
};

// Of an operand that is read in the order in which it lies in memory: no stride of an axis of more
// than one element is negative. Filters of more than one group get the axis of groups first.
Described described(const TensorView& view);
Described described_filters(const TensorView& view, std::int64_t groups);

// A call that oneDNN has been asked for, with the threads that the calling thread has just now.
// The problem is not unshared, no operand is empty, and their types are oneDNN's.
class Primitive {
 public:
  // Throws dnnl::error when oneDNN refuses.
  Primitive(const ConvProblem& problem, const Operands& operands);

  // Whether oneDNN has no kernel for the call but the loops of its own reference.
  bool is_reference() const;
  std::size_t scratchpad_bytes() const { return description_.scratchpad_desc().get_size(); }
  // Compiles the kernel, unless oneDNN still has it, and runs it.
  void run(const Operands& operands, std::span<std::byte> scratchpad) const;

 private:
  dnnl::engine engine_;
  dnnl::memory::desc x_, w_, y_;
  Direction direction_;
  dnnl::primitive_desc description_;
};

}  // namespace convcheck::onednn
