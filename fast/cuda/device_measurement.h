// Measuring calls on device memory, with CUDA's events. Internal to fast.
#pragma once

#include <cstddef>
#include <memory>

#include "fast/measurement.h"

namespace convcheck::gpu {

// On memory of the device that is current; calls go to `stream`, a cudaStream_t. Throws
// std::runtime_error where a call of CUDA fails.
std::unique_ptr<Measurement> device_measurement(const Operands& like, void* stream);

// Of the stream, by CUDA's events. Throws as above.
std::unique_ptr<Moments> device_moments(void* stream);

// Puts a copy within the device's memory into the stream. Throws as above.
void copy_there(void* to, const void* from, std::size_t bytes, void* stream);

// Bytes a second that the device's memory reads and writes together while it copies so many from
// one place to another. Throws as above.
double copy_bandwidth(std::size_t bytes, void* stream);

}  // namespace convcheck::gpu
