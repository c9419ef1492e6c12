// A call's operands in device memory.
#pragma once

#include <cstddef>
#include <vector>

#include "checker/device/device.h"
#include "checker/fill.h"
#include "checker/layout.h"
#include "reference/backend.h"

namespace convcheck {

class OperandsOnDevice {
 public:
  // All three filled, the result with numbers that are not its own, in the device's stream. Throws
  // DeviceError.
  OperandsOnDevice(DevicePtr device, const ConvProblem& problem, const CallTypes& types,
                   const Data& data, const Layout& layout = {});

  const Operands& operands() const { return operands_; }
  // Of all elements.
  double bytes() const;
  // The operand's bytes, gaps included, become NaNs.
  void forget(const TensorView& operand) const;
  // A copy on the host that says where the elements are as the operand does; waits.
  class Copy {
   public:
    const TensorView& view() const { return view_; }

   private:
    friend class OperandsOnDevice;
    std::vector<std::byte> bytes_;
    TensorView view_;
  };
  Copy copy_of(const TensorView& operand) const;

 private:
  struct Piece {
    device::Memory memory;
    std::size_t bytes = 0, before = 0;
  };
  TensorView filled(OperandName operand, const ConvProblem& problem, DataType type,
                    const OperandLayout& layout, const OperandFill& values);
  const Piece& piece_of(const TensorView& operand) const;

  DevicePtr device_;
  std::vector<Piece> pieces_;
  Operands operands_;
};

}  // namespace convcheck
