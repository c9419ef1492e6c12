#include "checker/rules/inputs_kept.h"

#include <cstring>
#include <limits>

#include "checker/rules/answers.h"
#include "checker/run_case.h"

namespace convcheck {
namespace {

// Bits that a value that is read and written back may lose.
void plant(DataType type, void* address, std::int64_t number) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  switch (number % 12) {
    case 1:
      return store(type, address, 0.0);
    case 3:
      return store(type, address, -0.0);
    case 5:
      return store(type, address, kInfinity);
    case 7: {  // the lowest bit alone: a subnormal number
      const std::uint64_t one = 1;
      std::memcpy(address, &one, size_of(type));
      return;
    }
    case 9: {  // a NaN whose payload is the lowest bit
      store(type, address, kNan);
      std::uint64_t bits = 0;
      std::memcpy(&bits, address, size_of(type));
      bits |= 1;
      std::memcpy(address, &bits, size_of(type));
      return;
    }
    default:
      return;
  }
}

void plant(const TensorView& view) {
  if (view.empty()) return;
  Index at(view.rank(), 0);
  std::int64_t number = 0;
  do plant(view.type, view.address(at), number++);
  while (advance(at, view.extents));
}

void write(const Trial& trial, HostileCall& call) {
  call.write_inputs(trial.ready.data());
  for (const OperandName operand : kAllOperands) {
    if (call.is_input(operand)) plant(call.view(operand));
  }
}

std::string element_at(const HostileCall& call, OperandName operand, std::int64_t offset) {
  const TensorView& view = call.view(operand);
  const auto size = static_cast<std::int64_t>(size_of(view.type));
  Index at(view.rank(), 0);
  do {
    const auto begin = static_cast<std::byte*>(view.address(at)) - call.bytes(operand).data();
    if (begin <= offset && offset < begin + size) return element_name(operand, at);
  } while (advance(at, view.extents));
  return "a gap between elements";
}

// What a write did: the first byte that changed, or none.
std::string effect(const Trial& trial, const HostileCall& call, const Hostility& hostility,
                   OperandName operand) {
  HostileCall fresh(trial, hostility);
  write(trial, fresh);
  const auto before = fresh.bytes(operand), after = call.bytes(operand);
  for (std::size_t at = 0; at < before.size(); ++at) {
    if (before[at] == after[at]) continue;
    return "byte " + std::to_string(at) + " was " + hex(before[at]) + ", is " + hex(after[at]);
  }
  return "and left it as it was";
}

std::optional<Verdict> call_in(const Trial& trial, const Hostility& hostility) {
  HostileCall call(trial, hostility);
  write(trial, call);
  call.make_inputs_read_only();
  if (const auto verdict = call.run(trial.context)) return verdict;
  const auto written = call.changed_input();
  if (!written) return std::nullopt;
  const auto& [operand, offset] = *written;
  return Verdict::failed("writes byte " + std::to_string(offset) + " of " + to_string(operand) +
                         ", in " + element_at(call, operand, offset) + ", " +
                         effect(trial, call, hostility, operand));
}

Verdict judge(const Trial& trial) {
  if (operand_bytes(trial.ready.problem(), trial.ready.subject()) == 0) {
    return Verdict::vacuous("the operands are empty");
  }
  return with_and_without_gaps(
      trial, [&](const Hostility& hostility) { return call_in(trial, hostility); });
}

}  // namespace

const Rule& inputs_kept_rule() {
  static const Rule rule{"inputs_kept", "no byte of an input is written, not even to be restored",
                         [](const Trial& trial) { return decided([&] { return judge(trial); }); }};
  return rule;
}

}  // namespace convcheck
