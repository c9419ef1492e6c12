// The checker's works as CUDA kernels. Internal to checker/cuda.
#pragma once

#include <cstdint>

#include "checker/device/projection_work.h"
#include "checker/device/sum_work.h"
#include "checker/device/works.h"

namespace convcheck::cuda {

// Puts the items into the stream, a cudaStream_t; returns the launch's cudaError_t.
int launch(const device::FillWork& work, std::int64_t items, void* stream);
int launch(const device::CanaryWork& work, std::int64_t items, void* stream);
int launch(const device::SumWork& work, std::int64_t items, void* stream);
// The same with all blocks of a projection.
int launch(const device::ProjectionWork<std::uint64_t>& work, void* stream);
int launch(const device::ProjectionWork<double>& work, void* stream);

}  // namespace convcheck::cuda
