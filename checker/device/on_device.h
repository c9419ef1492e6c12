// A backend for device memory, judged with operands that lie on the host.
//
// Every call is made on copies in the device's memory: operands with their gaps at the same offset
// from a 256-byte boundary, a workspace of exactly the announced size with the host's bytes in it,
// and bands of poison on both sides of each. Afterwards every byte that the call changed, inputs
// and gaps included, is changed on the host: what rules see there is what happened on the device.
// So a write outside is made again on the host where the memory there is guarded
// (checker/buffers/faults.h), and elsewhere thrown as an error. Reads outside are not seen: they
// give NaN, and compute-sanitizer names them.
#pragma once

#include "reference/backend.h"

namespace convcheck {

enum class DeviceUse {
  // Where a call on host memory is refused and the backend takes no host memory at all.
  WhereNeeded,
  Always,
};

// The backend itself as far as it takes host memory. Without a device calls that need one are
// refused with why_no_device(). Device memory is passed on.
BackendPtr on_device(const BackendPtr& backend, DeviceUse use = DeviceUse::WhereNeeded);

// The same of a backend that lives longer.
BackendPtr on_device(const Backend& backend, DeviceUse use);

// What on_device() holds, where it would make this call in the device's memory; otherwise null. The
// operands lie on the host.
const Backend* backend_on_device(const Backend& backend, const ConvProblem& problem,
                                 const Operands& operands);

}  // namespace convcheck
