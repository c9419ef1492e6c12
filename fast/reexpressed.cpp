#include "fast/reexpressed.h"

#include <algorithm>
#include <optional>
#include <string>

#include "fast/empty_call.h"
#include "fast/renamed.h"

namespace convcheck {
namespace {

struct Call {
  ConvProblem problem;
  Operands operands;
};

// A call's other form, or why it has none.
struct Form {
  std::optional<Call> call;
  std::string reason = {};
};

using Rewrite = Form (*)(const ConvProblem&, const Operands&);

TensorView swapped(const TensorView& view) {
  Dims axes{1, 0};
  for (std::size_t axis = 2; axis < view.rank(); ++axis)
    axes.push_back(static_cast<std::int64_t>(axis));
  return permuted(view, axes);
}

// With its spatial axes backwards, if `turn`. Data may be null and stays so.
TensorView turned(TensorView view, bool turn) {
  for (std::size_t axis = 2; turn && axis < view.rank(); ++axis) {
    if (view.data == nullptr) {
      view.strides[axis] = -view.strides[axis];
    } else {
      view = reversed(view, axis);
    }
  }
  return view;
}

const char* no_form(const ConvProblem& problem) {
  if (problem.groups != 1) return "groups, which change their places with nothing";
  if (problem.unshared) return "unshared filters";
  return nullptr;
}

// The axis on which the filter and the output have exchanged their places. The windows may leave a
// tail of the input unused, in which one more position of the new filter could lie: it is cut off.
Window exchanged_axis(const Window& window) {
  Window other{.input = window.input,
               .filter = window.output(),
               .stride = window.dilation,
               .dilation = window.stride,
               .pad_before = window.pad_before,
               .pad_after = window.pad_after};
  const std::int64_t used = (window.output() - 1) * window.stride + window.dilated_filter();
  const std::int64_t tail = window.padded_input() - used;
  const std::int64_t of_pad = std::min(tail, window.pad_after);
  other.pad_after -= of_pad;
  other.input -= tail - of_pad;
  return other;
}

Form exchange(const ConvProblem& problem, const Operands& operands) {
  if (const char* reason = no_form(problem)) return {{}, reason};
  if (problem.direction == Direction::GradInputs) return {{}, "gradient of the inputs"};
  const bool forward = problem.direction == Direction::Forward;
  ConvProblem other = problem;
  other.direction = forward ? Direction::GradWeights : Direction::Forward;
  other.batch = problem.channels;
  other.channels = problem.batch;
  other.flip = false;
  for (Window& window : other.axes()) window = exchanged_axis(window);
  TensorView x = swapped(operands.x);
  for (std::size_t i = 0; i < problem.rank; ++i) {
    if (other.windows[i].input < 1) return {{}, "no input that is used"};
    x.extents[2 + i] = other.windows[i].input;
  }
  // x is (channels, batch); the filters of one are the outputs of the other.
  return {Call{other, {x, swapped(operands.y), turned(swapped(operands.w), problem.flip)}}};
}

Form transpose(const ConvProblem& problem, const Operands& operands) {
  if (const char* reason = no_form(problem)) return {{}, reason};
  if (problem.direction == Direction::GradWeights) return {{}, "gradient of the weights"};
  const bool forward = problem.direction == Direction::Forward;
  ConvProblem other = problem;
  other.direction = forward ? Direction::GradInputs : Direction::Forward;
  std::swap(other.channels, other.filters);
  other.flip = !problem.flip;
  for (Window& window : other.axes()) {
    if (window.stride != 1) return {{}, "stride " + std::to_string(window.stride) + ", needs 1"};
    const std::int64_t reach = window.dilated_filter() - 1;
    if (std::max(window.pad_before, window.pad_after) > reach) {
      return {{}, "a pad that reaches beyond the filter"};
    }
    window.input = window.output();
    window.pad_before = reach - window.pad_before;
    window.pad_after = reach - window.pad_after;
  }
  return {Call{other, {operands.y, swapped(operands.w), operands.x}}};
}

class Rewritten final : public Renamed {
 public:
  Rewritten(BackendPtr inner, std::string suffix, Rewrite rewrite)
      : Renamed(std::move(inner), std::move(suffix)), rewrite_(rewrite) {}

  Support supports(const ConvProblem& problem, const Operands& operands) const override {
    if (is_empty_call(operands)) return Support::yes();
    const Form form = rewrite_(problem, operands);
    if (!form.call) return Support::no(form.reason);
    return inner().supports(form.call->problem, form.call->operands);
  }
  std::size_t workspace_bytes(const ConvProblem& problem, const Operands& operands,
                              const RunContext& context) const override {
    if (is_empty_call(operands)) return 0;
    const Form form = rewrite_(problem, operands);
    return inner().workspace_bytes(form.call->problem, form.call->operands, context);
  }
  void run(const ConvProblem& problem, const Operands& operands, std::span<std::byte> workspace,
           const RunContext& context) const override {
    if (is_empty_call(operands)) return write_zeros(operands.result(problem.direction));
    const Form form = rewrite_(problem, operands);
    inner().run(form.call->problem, form.call->operands, workspace, context);
  }

 private:
  Rewrite rewrite_;
};

}  // namespace

BackendPtr exchanged(const BackendPtr& backend) {
  return std::make_shared<Rewritten>(backend, "exchanged", exchange);
}
BackendPtr transposed(const BackendPtr& backend) {
  return std::make_shared<Rewritten>(backend, "transposed", transpose);
}

}  // namespace convcheck
