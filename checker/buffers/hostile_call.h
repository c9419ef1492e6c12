// One call in memory that shows what it does: guarded buffers, poisoned where nothing may be read,
// compared where nothing may be written.
//
// Before the call the result, the gaps between strides, the bands and the workspace hold one byte,
// the poison; the inputs hold what write_inputs gave them. The workspace has exactly the announced
// size, starts at a multiple of 64 bytes, and is guarded like the operands. A call may be run
// again: then the result and the workspace hold what the last run left there, unless they are
// poisoned anew.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>

#include "checker/buffers/guarded_buffer.h"
#include "checker/fill.h"
#include "checker/judged.h"
#include "checker/layout.h"
#include "checker/verdict.h"
#include "reference/backend.h"

namespace convcheck {

// A byte that makes numbers which show when they are read, in all four types.
enum class Poison : unsigned char {
  NotANumber = 0xff,  // NaN
  Large = 0x7b,       // f64 3e286, f32 and bf16 1.3e36, f16 61280
  Small = 0x3c,       // f64 1.5e-18, f32 and bf16 0.011, f16 1.06
};

struct Hostility {
  Layout layout = {};
  End end = End::Last;
  Poison poison = Poison::NotANumber;
};

// The case's own layout.
Hostility hostility_of(const Trial& trial);

class HostileCall {
 public:
  // `problem` is valid. Throws ConvError{Memory} or {Overflow} when the buffers cannot be had. A
  // layout's offset holds for End::First; with End::Last the size decides where an operand begins.
  HostileCall(const Backend& backend, const ConvProblem& problem, const CallTypes& types,
              const Hostility& hostility);
  // The trial's case.
  HostileCall(const Trial& trial, const Hostility& hostility);

  const ConvProblem& problem() const { return problem_; }
  const Operands& operands() const { return operands_; }
  const TensorView& result() const { return operands_.result(problem_.direction); }
  const TensorView& view(OperandName operand) const;
  bool is_input(OperandName operand) const;

  void write_inputs(const Data& data);
  void poison_result(Poison poison);
  void poison_workspace(Poison poison);
  // From now on a write to an input is noted by changed_input, and happens.
  void make_inputs_read_only();

  // As guarded_call: nothing when the call returned, otherwise the verdict. Asks for the
  // workspace's size first.
  std::optional<Verdict> run(const RunContext& context);
  std::size_t workspace_bytes() const { return workspace_.size(); }

  // The first touch outside the operands and the workspace, or between an operand's elements:
  // "writes byte +0 past the end of y (f32, 24 bytes)".
  std::optional<std::string> trespass() const;
  // The same of the workspace alone.
  std::optional<std::string> workspace_trespass() const;
  // Where an input was first written while it was read-only.
  struct InputWrite {
    OperandName operand = OperandName::X;
    std::int64_t offset = 0;  // bytes from the lowest of the operand
  };
  std::optional<InputWrite> changed_input() const;
  // The operand's memory, gaps included.
  std::span<const std::byte> bytes(OperandName operand) const { return buffer(operand).bytes(); }

 private:
  const GuardedBuffer& buffer(OperandName operand) const;
  TensorView place_operand(OperandName operand, DataType type);
  std::optional<std::string> operand_trespass(OperandName operand) const;
  std::optional<std::size_t> gap_touch(OperandName operand) const;
  void make_workspace(std::size_t bytes);

  const Backend& backend_;
  ConvProblem problem_;
  Hostility hostility_;
  std::array<GuardedBuffer, 3> buffers_;
  GuardedBuffer workspace_;
  bool has_workspace_ = false;
  std::byte workspace_poison_;
  Operands operands_;
};

// "3f"
std::string hex(std::byte byte);

inline constexpr OperandName kAllOperands[] = {OperandName::X, OperandName::W, OperandName::Y};

// The element, in row-major order, in which two results of one shape and type first differ in bits,
// and both values; NaNs count as alike, whatever their payload, which IEEE 754 leaves open.
std::optional<WrongElement> first_difference(const TensorView& expected, const TensorView& got);

}  // namespace convcheck
