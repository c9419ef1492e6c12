// The engines of the stand-in for cuDNN. Most of them are wrong to choose for who wants classical
// sums in full precision and the same bits every time: their notes say so, and they do what their
// notes say.
#pragma once

#include <vector>

#include "tests/gpu/stand_in/cudnn_operation.h"

namespace convcheck::cudnn_stand_in {

// Global indices.
enum Engine : std::int64_t {
  Exact = 0,          // in order, padding left out
  Fft = 4,            // errors as of a transform
  Winograd = 5,       // the same; filters of 3x3 taps in steps of 1 alone
  Atomics = 25,       // sums in another order in every call
  Refusing = 28,      // is offered and cannot be built
  Hungry = 31,        // more than 64 MiB of workspace; where there are 7 images alone
  ShortSums = 47,     // sums in f16
  TensorCores = 67,   // f32 is rounded to TF32 first
  DownConverts = 68,  // the same with a note that says so, and f64 to f32
  Staged = 70,        // by way of a workspace, every byte of it; padding is multiplied by zeros
  Liar = 99,          // the fastest: every sum is 1; where there are 11 images alone
};

std::vector<cudnnBackendNumericalNote_t> notes_of(Engine engine, const Operation& operation);
std::size_t workspace_of(Engine engine, const Operation& operation);

// Best first, as a heuristic that looks at speed alone has it; of FALLBACK few.
std::vector<Engine> engines_for(cudnnBackendHeurMode_t mode, const Operation& operation);

// Throw the Refusal: of modes that know nothing about volumes; of plans for engines that do not do
// the operation. Not one of them takes
//   - a convolution (not a cross-correlation) of an x with gaps;
//   - padded and dilated volumes.
void check_heuristics(const Object& heuristics);
void check_plan(const Object& plan);

// The engine that a finalized plan has, and its operation.
Engine engine_of(const Object& plan);
Operation operation_of_plan(const Object& plan);

struct Memory {
  void *x = nullptr, *w = nullptr, *y = nullptr;
  std::byte* workspace = nullptr;
};

// Computes, in memory that the host may touch.
void run(Engine engine, const Operation& operation, const Memory& memory);

}  // namespace convcheck::cudnn_stand_in
