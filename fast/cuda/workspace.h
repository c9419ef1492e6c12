// Device memory for the calls of run() in reference/backend.h. Internal to fast.
#pragma once

#include <cstddef>
#include <memory>

namespace convcheck::gpu {

// Memory for work in the stream, a cudaStream_t, had and given back in its order. Throws
// ConvError{Memory}.
std::shared_ptr<std::byte> device_workspace(std::size_t bytes, void* stream);

// From now on they get it from the device that is current in the calling thread, in the order of
// the call's stream.
void use_device_workspaces();

}  // namespace convcheck::gpu
