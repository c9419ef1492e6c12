// Device memory for the calls of run() in reference/backend.h. Internal to fast.
#pragma once

namespace convcheck::gpu {

// From now on they get it from the device that is current in the calling thread, in the order of
// the call's stream.
void use_device_workspaces();

}  // namespace convcheck::gpu
