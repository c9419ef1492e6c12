#include "fast/cudnn/algorithms.h"

#include <algorithm>

namespace convcheck::cudnn {
namespace {

constexpr std::size_t kSmall = std::size_t{64} << 20;

bool is_transform(std::string_view algorithm) {
  return algorithm.substr(0, 3) == "fft" || algorithm.substr(0, 8) == "winograd";
}

}  // namespace

const std::vector<std::string_view>& algorithm_names(Direction direction) {
  static const std::vector<std::string_view> forward{"none",
                                                     "small",
                                                     "large",
                                                     "fft",
                                                     "fft_tiling",
                                                     "winograd",
                                                     "winograd_non_fused",
                                                     "guess_once",
                                                     "guess_on_shape_change",
                                                     "time_once",
                                                     "time_on_shape_change"};
  static const std::vector<std::string_view> inputs{
      "none",      "deterministic",       "fft",        "fft_tiling",
      "winograd",  "winograd_non_fused",  "guess_once", "guess_on_shape_change",
      "time_once", "time_on_shape_change"};
  static const std::vector<std::string_view> weights{"none",
                                                     "deterministic",
                                                     "fft",
                                                     "small",
                                                     "winograd_non_fused",
                                                     "fft_tiling",
                                                     "guess_once",
                                                     "guess_on_shape_change",
                                                     "time_once",
                                                     "time_on_shape_change"};
  return direction == Direction::Forward      ? forward
         : direction == Direction::GradInputs ? inputs
                                              : weights;
}

bool is_guessed(std::string_view algorithm) { return algorithm.substr(0, 6) == "guess_"; }
bool is_timed(std::string_view algorithm) { return algorithm.substr(0, 5) == "time_"; }

const std::vector<std::string_view>& precision_names() {
  static const std::vector<std::string_view> names{"as_input_f32", "as_input", "float16", "float32",
                                                   "float64"};
  return names;
}

Arithmetic arithmetic_of(DataType operands, std::string_view precision) {
  const bool wide = operands == DataType::F64;
  if (precision == "float64") return {operands, DataType::F64};
  if (precision == "float32") return {operands, DataType::F32};
  if (precision == "float16") return {operands, DataType::F16};
  if (precision == "as_input" && operands == DataType::F16) return {operands, DataType::F16};
  return {operands, wide ? DataType::F64 : DataType::F32};
}

std::string broken_claims(const PlanFacts& plan, const Arithmetic& arithmetic) {
  const bool single = arithmetic.operands == DataType::F32;
  std::string broken;
  if (single && (plan.tensor_core || plan.rounds_inputs)) broken += "+tf32";
  if (!single && plan.rounds_inputs) broken += "+rounded_inputs";
  if (plan.short_sums && arithmetic.sums != DataType::F16) broken += "+short_sums";
  if (plan.transform) broken += "+transforms";
  if (!plan.deterministic) broken += "+nondeterministic";
  return broken;
}

std::optional<std::size_t> chosen_plan(const std::vector<PlanFacts>& plans,
                                       std::string_view algorithm, std::string& note) {
  if (plans.empty()) return std::nullopt;
  if (algorithm == "large" || is_guessed(algorithm) || is_timed(algorithm)) return 0;
  if (algorithm == "small") {
    const auto small = std::find_if(plans.begin(), plans.end(),
                                    [](const PlanFacts& one) { return one.workspace <= kSmall; });
    if (small != plans.end()) return static_cast<std::size_t>(small - plans.begin());
    note = "small: every plan of cuDNN needs more than 64 MiB, so the one that needs least";
  } else if (is_transform(algorithm)) {
    note = std::string(algorithm) + ": a transform, whose error cuDNN does not bound; none instead";
  }
  const auto least = std::min_element(
      plans.begin(), plans.end(),
      [](const PlanFacts& a, const PlanFacts& b) { return a.workspace < b.workspace; });
  return static_cast<std::size_t>(least - plans.begin());
}

bool is_enough(const PlanFacts& plan, std::string_view algorithm) {
  if (is_timed(algorithm)) return false;
  if (algorithm == "large" || is_guessed(algorithm)) return true;
  return plan.workspace <= (algorithm == "small" ? kSmall : 0);
}

}  // namespace convcheck::cudnn
