// What an implementation of convolution must offer, and how one is called.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "reference/problem.h"
#include "reference/tensor.h"

namespace convcheck {

// The three operands of one call; the problem's direction says which one is written, the other two
// are read.
struct Operands {
  TensorView x, w, y;

  const TensorView& result(Direction direction) const {
    return direction == Direction::Forward ? y : direction == Direction::GradInputs ? x : w;
  }
};

// Yes, or no with the reason in the words of the problem.
struct Support {
  bool supported = true;
  std::string reason;

  static Support yes() { return {}; }
  static Support no(std::string reason) { return {false, std::move(reason)}; }
  explicit operator bool() const { return supported; }
};

// What a backend says of itself, and is held to.
struct Claims {
  enum class Algorithm {
    ClassicalSum,  // every output is a sum of its products, in some order
    Transform,     // Winograd, FFT: judged after rounding to integers, or norm-wise
  };

  Algorithm algorithm = Algorithm::ClassicalSum;
  // Of a transform: every element's error is at most amplification * u * n * max|a| * max|b|, with
  // u the accumulator's unit roundoff, n the products in an element and a, b the operands that are
  // read. Derived where the algorithm is.
  double amplification = 0;
  int input_bits = 0;  // significand bits to which inputs are rounded (TF32: 11); 0: they are not
  bool deterministic = true;                 // the same call gives the same bits
  bool deterministic_across_threads = true;  // also with another number of threads
  bool multiplies_padding =
      false;  // padding is a product with 0 (im2col): 0 * infinity gives NaN at the border
};

struct RunContext {
  int threads = 0;         // 0: as many as the machine has
  void* stream = nullptr;  // CUDA stream, for device memory
};

class Backend {
 public:
  virtual ~Backend() = default;

  virtual std::string name() const = 0;
  // "2.6.3": of the library behind it, if it is one; empty for code of our own.
  virtual std::string version() const { return ""; }
  // The accumulator's type for operands of `type`; inputs are used in their own precision.
  virtual DataType accumulator(DataType type) const = 0;
  virtual Claims claims() const = 0;
  // `problem` is valid and `operands` fit it. Reads shapes, strides, types and where the data is,
  // never the data, which may be null.
  virtual Support supports(const ConvProblem& problem, const Operands& operands) const = 0;
  // Exactly what run() will use, with context.threads threads.
  virtual std::size_t workspace_bytes(const ConvProblem& problem, const Operands& operands,
                                      const RunContext& context) const = 0;
  // Writes every element of the result and nothing else. `workspace` is at least 64-byte aligned.
  virtual void run(const ConvProblem& problem, const Operands& operands,
                   std::span<std::byte> workspace, const RunContext& context) const = 0;
};

using BackendPtr = std::shared_ptr<const Backend>;

// Throws ConvError unless the problem is valid, every operand has its shape, memory kind and a data
// pointer (unless empty), the result's elements share no memory, and the range of addresses from
// its first to its last touches no operand's. The same error whatever the backend, before anything
// is written.
void check_call(const ConvProblem& problem, const Operands& operands);

// Where run() gets workspaces in device memory: for work in the stream alone, had and given back in
// its order without waiting. Whoever makes a backend for device memory sets it; without, a call
// that needs one throws ConvError{Memory}.
using DeviceWorkspaces = std::function<std::shared_ptr<std::byte>(std::size_t bytes, void* stream)>;
void set_device_workspaces(DeviceWorkspaces source);

// Checks the call, asks the backend (ConvError{Unsupported} with its reason), gives it its
// workspace, in the operands' kind of memory, and runs it. A thread keeps up to 64 MiB of workspace
// in host memory from call to call.
void run(const Backend& backend, const ConvProblem& problem, const Operands& operands,
         const RunContext& context = {});

// Runs into a new row-major tensor of `type`; `a` and `b` are the two operands that the direction
// reads, in the order x, w, y. The problem is checked before the result is allocated.
Tensor compute(const Backend& backend, const ConvProblem& problem, const TensorView& a,
               const TensorView& b, DataType type);

}  // namespace convcheck
