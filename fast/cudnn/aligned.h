// Operands at addresses that cuDNN's plans do not take. Internal to fast/cudnn.
#pragma once

#include <memory>

#include "reference/backend.h"

namespace convcheck::cudnn {

// An operand in device memory as it is passed to a plan: itself at a multiple of 16 bytes, and
// otherwise a copy that lives as long as this object, had and given back in the stream's order. So
// what a call needs does not depend on addresses. Throws std::runtime_error where CUDA fails.
class Aligned {
 public:
  Aligned(const TensorView& operand, const ConvProblem& problem, void* stream);

  void* data() const { return data_; }
  // From the operand, and into it.
  void fetch() const;
  void bring_back() const;

 private:
  void copy(const void* from, void* to) const;

  const TensorView& operand_;
  const ConvProblem& problem_;
  void* stream_;
  std::shared_ptr<std::byte> memory_;  // null: the operand itself
  void* data_;
};

}  // namespace convcheck::cudnn
