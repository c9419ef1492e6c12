// The machine's CUDA device as a Device. Needs no device to be linked or to start.
#pragma once

namespace convcheck {

// From now on device_in_use() is the device that is current in the thread which asks first; null
// where there is none or no driver.
void use_cuda_device();

}  // namespace convcheck
