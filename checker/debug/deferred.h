// Checks of calls on device memory at the level `projection`: the device projects the operands in
// the stream of the call, and sums some elements by the definition; nobody waits, and what it found
// is judged when it has come to the host. Internal to DebugMode.
#pragma once

#include <memory>

#include "checker/debug/checked_call.h"
#include "checker/device/device.h"

namespace convcheck::debug {

struct Deferred;

// Whether that is possible: there is a device, and no transform, which the projection does not
// know.
bool can_defer(const ConvProblem& problem, const Operands& operands, const CallTypes& types,
               DebugLevel level);

// Moments of the stream before and after a call; null where it is not to be timed.
struct Around {
  std::shared_ptr<Device::Mark> before = {}, after = {};
};

// Null where there can be none, in a stream that is captured, say.
std::shared_ptr<Device::Mark> mark_in(void* stream);

// One call that was made, and what is known of it.
struct Made {
  const ConvProblem& problem;
  const Operands& operands;
  const Kernel& kernel;
  const DebugOptions& options;
  CallTypes types;
  How how;
  Done done;  // its times so far
  Around around = {};
};

// Puts the projection into the call's stream. Throws DeviceError.
std::shared_ptr<Deferred> put_off(const Made& made);
// Keeps it in the session. Of many the oldest is waited for and judged.
void keep(std::shared_ptr<Deferred> check, DebugSession::State& state);

// Judges and tells; waits until it can be judged. Only where the projection is beyond its
// threshold, or a sample beyond its bound, the stream is synchronised and the operands, as they are
// by then, are copied to the host.
DebugResult judge_now(const Deferred& check, DebugSession::State& state);

// Judges what has arrived or, with `wait`, all. What the action throws leaves the rest for later.
void collect(DebugSession::State& state, bool wait);

}  // namespace convcheck::debug
