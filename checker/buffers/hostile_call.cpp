#include "checker/buffers/hostile_call.h"

#include <cmath>
#include <cstring>
#include <vector>

#include "checker/run_case.h"

namespace convcheck {
namespace {

constexpr std::size_t kWorkspaceAlignment = 64;

std::byte byte_of(Poison poison) { return static_cast<std::byte>(poison); }

// Calls `visit` with the address of every element, in row-major order.
template <class Visit>
void for_each_address(const TensorView& view, const Visit& visit) {
  if (view.empty()) return;
  Index at(view.rank(), 0);
  do visit(at, static_cast<std::byte*>(view.address(at)));
  while (advance(at, view.extents));
}

// "writes byte +0 past the end of y (24 bytes)"
std::string describe(const Touch& touch, const std::string& name, std::size_t size,
                     std::byte pattern) {
  const auto end = static_cast<std::int64_t>(size);
  std::string text = to_string(touch.access);
  if (touch.offset >= end) {
    text += " byte +" + std::to_string(touch.offset - end) + " past the end of " + name;
  } else if (touch.offset < 0) {
    text += " byte " + std::to_string(touch.offset) + " before the start of " + name;
  } else {
    text += " byte " + std::to_string(touch.offset) + " of " + name + ", between its elements";
  }
  text += " (" + std::to_string(size) + " bytes)";
  if (touch.got) text += ": expected " + hex(pattern) + ", got " + hex(*touch.got);
  return text;
}

std::optional<std::string> outside(const GuardedBuffer& buffer, const std::string& name,
                                   std::byte pattern) {
  std::optional<Touch> touch = buffer.guard_touch();
  if (!touch || touch->access == Access::Read) {
    const std::optional<Touch> band = buffer.band_touch(pattern);
    if (band) touch = band;
  }
  if (!touch) return std::nullopt;
  return describe(*touch, name, buffer.size(), pattern);
}

}  // namespace

std::string hex(std::byte byte) {
  constexpr char kDigits[] = "0123456789abcdef";
  const auto bits = static_cast<unsigned>(byte);
  return {kDigits[bits >> 4], kDigits[bits & 15]};
}

Hostility hostility_of(const Trial& trial) {
  return {.layout = parse_layout(trial.ready.subject().layout)};
}

HostileCall::HostileCall(const Backend& backend, const ConvProblem& problem, const CallTypes& types,
                         const Hostility& hostility)
    : backend_(backend),
      problem_(problem),
      hostility_(hostility),
      workspace_poison_(byte_of(hostility.poison)) {
  operands_.x = place_operand(OperandName::X, types.x);
  operands_.w = place_operand(OperandName::W, types.w);
  operands_.y = place_operand(OperandName::Y, types.y);
}

HostileCall::HostileCall(const Trial& trial, const Hostility& hostility)
    : HostileCall(trial.backend, trial.ready.problem(), trial.ready.types(), hostility) {}

bool HostileCall::is_input(OperandName operand) const { return &view(operand) != &result(); }

const GuardedBuffer& HostileCall::buffer(OperandName operand) const {
  return buffers_[static_cast<std::size_t>(operand)];
}

const TensorView& HostileCall::view(OperandName operand) const {
  return operand == OperandName::X   ? operands_.x
         : operand == OperandName::W ? operands_.w
                                     : operands_.y;
}

TensorView HostileCall::place_operand(OperandName operand, DataType type) {
  const Placement placement = place(operand, problem_, type, hostility_.layout.of(operand));
  const std::size_t element = size_of(type);
  GuardedBuffer& to = buffers_[static_cast<std::size_t>(operand)];
  to = GuardedBuffer(static_cast<std::size_t>(placement.span) * element, hostility_.end, element,
                     static_cast<std::size_t>(placement.offset));
  to.fill(byte_of(hostility_.poison));
  return {to.data() + placement.before * static_cast<std::int64_t>(element), type,
          placement.extents, placement.strides, MemoryKind::Host};
}

void HostileCall::write_inputs(const Data& data) {
  convcheck::write_inputs(data, problem_.direction, operands_);
}

void HostileCall::poison_result(Poison poison) {
  const std::size_t size = size_of(result().type);
  for_each_address(result(), [&](const Index&, std::byte* element) {
    std::memset(element, static_cast<int>(poison), size);
  });
}

void HostileCall::poison_workspace(Poison poison) {
  workspace_poison_ = byte_of(poison);
  if (has_workspace_) workspace_.fill(workspace_poison_);
}

void HostileCall::make_inputs_read_only() {
  for (const OperandName operand : kAllOperands) {
    if (is_input(operand)) buffers_[static_cast<std::size_t>(operand)].set_read_only(true);
  }
}

void HostileCall::make_workspace(std::size_t bytes) {
  if (has_workspace_ && workspace_.size() == bytes) return;
  workspace_ = GuardedBuffer(bytes, hostility_.end, kWorkspaceAlignment);
  workspace_.fill(workspace_poison_);
  has_workspace_ = true;
}

std::optional<Verdict> HostileCall::run(const RunContext& context) {
  std::optional<Verdict> early;
  const auto thrown = guarded([&] {
    const Support support = backend_.supports(problem_, operands_);
    if (!support) {
      early = Verdict::skipped(support.reason);
      return;
    }
    const std::size_t bytes = backend_.workspace_bytes(problem_, operands_, context);
    try {
      make_workspace(bytes);
    } catch (const ConvError& error) {
      early = Verdict::broken(std::string("no workspace: ") + error.what());
      return;
    }
    backend_.run(problem_, operands_, workspace_.bytes(), context);
  });
  return thrown ? thrown : early;
}

std::optional<std::size_t> HostileCall::gap_touch(OperandName operand) const {
  const TensorView& elements = view(operand);
  const std::size_t size = size_of(elements.type);
  const auto memory = buffer(operand).bytes();
  if (memory.size() == static_cast<std::size_t>(elements.size()) * size) return std::nullopt;
  std::vector<std::byte> rest(memory.begin(), memory.end());
  for_each_address(elements, [&](const Index&, const std::byte* element) {
    std::memset(rest.data() + (element - memory.data()), static_cast<int>(hostility_.poison), size);
  });
  const std::size_t at = first_other(rest, byte_of(hostility_.poison));
  if (at == rest.size()) return std::nullopt;
  return at;
}

std::optional<std::string> HostileCall::operand_trespass(OperandName operand) const {
  const GuardedBuffer& memory = buffer(operand);
  const std::byte pattern = byte_of(hostility_.poison);
  if (const auto text = outside(memory, to_string(operand), pattern)) return text;
  const auto at = gap_touch(operand);
  if (!at) return std::nullopt;
  return describe({Access::Write, static_cast<std::int64_t>(*at), memory.data()[*at]},
                  to_string(operand), memory.size(), pattern);
}

std::optional<std::string> HostileCall::workspace_trespass() const {
  if (!has_workspace_) return std::nullopt;
  return outside(workspace_, "the workspace", workspace_poison_);
}

std::optional<std::string> HostileCall::trespass() const {
  for (const OperandName operand : kAllOperands) {
    if (const auto text = operand_trespass(operand)) return text;
  }
  return workspace_trespass();
}

std::optional<HostileCall::InputWrite> HostileCall::changed_input() const {
  for (const OperandName operand : kAllOperands) {
    if (!is_input(operand)) continue;
    const auto write = buffer(operand).forbidden_write();
    if (write) return InputWrite{operand, write->offset};
  }
  return std::nullopt;
}

std::optional<WrongElement> first_difference(const TensorView& expected, const TensorView& got) {
  const std::size_t size = size_of(expected.type);
  if (expected.empty()) return std::nullopt;
  if (expected.contiguous() && got.contiguous() &&
      std::memcmp(expected.data, got.data, static_cast<std::size_t>(expected.size()) * size) == 0) {
    return std::nullopt;
  }
  std::optional<WrongElement> first;
  for_each_address(expected, [&](const Index& at, const std::byte* one) {
    if (first || std::memcmp(one, got.address(at), size) == 0) return;
    const double a = expected.at(at), b = got.at(at);
    if (!std::isnan(a) || !std::isnan(b)) first = WrongElement{at, a, b};
  });
  return first;
}

}  // namespace convcheck
