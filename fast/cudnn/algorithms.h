// The documentation's names of cuDNN's algorithms, and which of the plans that cuDNN offers each of
// them takes; on the host, without CUDA.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reference/backend.h"

namespace convcheck::cudnn {

// The names that dnn.conv.algo_fwd, algo_bwd_data or algo_bwd_filter may have.
const std::vector<std::string_view>& algorithm_names(Direction direction);

// Those that choose when it runs: by cuDNN's heuristics, or by time.
bool is_guessed(std::string_view algorithm);
bool is_timed(std::string_view algorithm);

// What cuDNN says of a plan, and what it needs.
struct PlanFacts {
  bool tensor_core = false, rounds_inputs = false, short_sums = false;
  bool transform = false;  // FFT, Winograd
  bool deterministic = true;
  std::size_t workspace = 0;
};

// The types of a call's operands and of its sums.
struct Arithmetic {
  DataType operands = DataType::F32, sums = DataType::F32;
};

// By dnn.conv.precision: as_input_f32 (as the operands, f16 and bf16 in f32), as_input, float16,
// float32 or float64. bf16 has no sums of its own and takes f32.
const std::vector<std::string_view>& precision_names();
Arithmetic arithmetic_of(DataType operands, std::string_view precision);

// What a plan does that dnn_conv claims not to do: "+tf32" (f32 on tensor cores, or rounded
// before), "+rounded_inputs" (of another type), "+short_sums" (in less than the accumulator's
// precision), "+transforms" (FFT, Winograd) and "+nondeterministic" (not the same bits every time),
// one behind the other. Empty: it holds them.
std::string broken_claims(const PlanFacts& plan, const Arithmetic& arithmetic);

// Which plan a name means, of plans that hold the claims, best first as cuDNN estimates them.
//   none, deterministic      the least workspace
//   small                    the best with at most 64 MiB
//   large, guess_*, time_*   the best
//   fft, winograd ...        as none: their errors have no bound that could be claimed; `note` says
//   so
// Nothing when there are no plans.
std::optional<std::size_t> chosen_plan(const std::vector<PlanFacts>& plans,
                                       std::string_view algorithm, std::string& note);

// Whether plans that come after this one cannot change chosen_plan(), and need not be built. Never
// of time_*, which measures them all.
bool is_enough(const PlanFacts& plan, std::string_view algorithm);

}  // namespace convcheck::cudnn
