#include "tools/operands_on_device.h"

#include <algorithm>
#include <utility>

namespace convcheck {

OperandsOnDevice::OperandsOnDevice(DevicePtr device, const ConvProblem& problem,
                                   const CallTypes& types, const Data& data, const Layout& layout)
    : device_(std::move(device)) {
  operands_.x = filled(OperandName::X, problem, types.x, layout.x, data.x);
  operands_.w = filled(OperandName::W, problem, types.w, layout.w, data.w);
  operands_.y = filled(OperandName::Y, problem, types.y, layout.y, data.y);
}

TensorView OperandsOnDevice::filled(OperandName operand, const ConvProblem& problem, DataType type,
                                    const OperandLayout& layout, const OperandFill& values) {
  const Placement placed = place(operand, problem, type, layout);
  const auto size = static_cast<std::int64_t>(size_of(type));
  Piece piece;
  piece.bytes = static_cast<std::size_t>(placed.offset + placed.span * size);
  piece.before = static_cast<std::size_t>(placed.offset + placed.before * size);
  piece.memory = device::Memory(device_, piece.bytes);
  const TensorView view{piece.memory.data() + piece.before, type, placed.extents, placed.strides,
                        MemoryKind::Cuda};
  pieces_.push_back(std::move(piece));
  device_->launch(device::FillWork{values, device::view_of(view)}, view.size(), device_->stream());
  return view;
}

double OperandsOnDevice::bytes() const {
  double bytes = 0;
  for (const TensorView* view : {&operands_.x, &operands_.w, &operands_.y}) {
    bytes += static_cast<double>(view->size()) * static_cast<double>(size_of(view->type));
  }
  return bytes;
}

const OperandsOnDevice::Piece& OperandsOnDevice::piece_of(const TensorView& operand) const {
  return pieces_[operand.data == operands_.x.data ? 0 : operand.data == operands_.w.data ? 1 : 2];
}

void OperandsOnDevice::forget(const TensorView& operand) const {
  const Piece& piece = piece_of(operand);
  device_->fill_bytes(piece.memory.data(), std::byte{0xff}, piece.bytes, device_->stream());
}

OperandsOnDevice::Copy OperandsOnDevice::copy_of(const TensorView& operand) const {
  const Piece& piece = piece_of(operand);
  Copy copy;
  copy.bytes_.resize(piece.bytes);
  device_->copy_to_host(copy.bytes_.data(), piece.memory.data(), piece.bytes, device_->stream());
  copy.view_ = operand;
  copy.view_.memory = MemoryKind::Host;
  copy.view_.data = copy.bytes_.data() + piece.before;
  return copy;
}

}  // namespace convcheck
