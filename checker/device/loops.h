// The definition's loops as a backend for device memory: one thread sums one element. Slow, and
// right by being plain: what the suite says of it, it says of the device and of its own way there.
#pragma once

#include "reference/backend.h"

namespace convcheck {

// "device_loops". Every problem in every type, sums in f64 with compensation, no workspace; on the
// device in use (checker/device/device.h).
BackendPtr device_loops_backend();

}  // namespace convcheck
