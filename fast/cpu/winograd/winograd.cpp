#include "fast/cpu/winograd/winograd.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>

#include "checker/parallel.h"
#include "fast/cpu/direct/plan.h"
#include "fast/cpu/winograd/stage.h"
#include "fast/empty_call.h"

namespace convcheck {
namespace {

constexpr double kRoundings = 25;  // of a product on its way, but for the sum over the channels

using cpu::direct::aligned_bytes;
using cpu::winograd::WinogradMemory;
using cpu::winograd::WinogradStage;

// Of the whole call, with so many points for every tile.
double multiplications(const ConvProblem& problem, std::int64_t tile) {
  double count = static_cast<double>((tile + 2) * (tile + 2));
  for (const Window& window : problem.axes()) {
    const std::int64_t outputs =
        problem.direction == Direction::Forward ? window.output() : window.input;
    count *= static_cast<double>(cpu::ceil_div(outputs, tile));
  }
  return count;
}

Support supports_operands(const Operands& operands) {
  for (const TensorView* view : {&operands.x, &operands.w, &operands.y}) {
    if (view->memory != MemoryKind::Host) {
      return Support::no(std::string(to_string(view->memory)) + " memory, needs host memory");
    }
    if (view->type != DataType::F32) {
      return Support::no(std::string("type ") + to_string(view->type) + ", needs f32");
    }
  }
  return Support::yes();
}

Support supports_problem(const ConvProblem& problem) {
  if (problem.direction == Direction::GradWeights) return Support::no("gradient of the weights");
  if (problem.unshared) return Support::no("unshared filters, needs shared ones");
  const std::int64_t summed =
      problem.direction == Direction::Forward ? problem.group_channels() : problem.group_filters();
  if (summed > kWinogradChannels) {
    return Support::no("sums of " + std::to_string(summed) + " channels, at most " +
                       std::to_string(kWinogradChannels));
  }
  if (problem.rank != 2) {
    return Support::no(std::to_string(problem.rank) + " spatial axes, needs 2");
  }
  for (const Window& window : problem.axes()) {
    const std::int64_t read =
        problem.direction == Direction::Forward ? window.input : window.output();
    if (read < 3) return Support::no("extent " + std::to_string(read) + " is read, needs 3");
    if (window.filter != 3) {
      return Support::no("filter extent " + std::to_string(window.filter) + ", needs 3");
    }
    if (window.stride != 1) {
      return Support::no("stride " + std::to_string(window.stride) + ", needs 1");
    }
    if (window.dilation != 1) {
      return Support::no("dilation " + std::to_string(window.dilation) + ", needs 1");
    }
  }
  return Support::yes();
}

// Memory and threads of a call.
struct Layout {
  std::size_t kept = 0, offsets = 0, worker = 0;  // bytes
  int workers = 1;

  Layout(const WinogradStage& stage, const WinogradOptions& options, int threads)
      : kept(aligned_bytes(stage.kept_elements(), DataType::F32)),
        offsets(aligned_bytes(stage.sum.ins, DataType::F64)),
        worker(aligned_bytes(stage.worker_elements(), DataType::F32)) {
    const std::size_t shared = std::min(options.workspace_limit, kept + offsets);
    workers = cpu::direct::worker_count(threads, stage.tasks(), stage.products(), worker,
                                        options.workspace_limit - shared);
  }
  std::size_t bytes() const { return kept + offsets + worker * static_cast<std::size_t>(workers); }
};

class Winograd final : public Backend {
 public:
  explicit Winograd(const WinogradOptions& options) : options_(options) {}

  std::string name() const override { return "winograd"; }
  DataType accumulator(DataType type) const override { return type; }
  Claims claims() const override {
    Claims claims{.algorithm = Claims::Algorithm::Transform};
    claims.multiplies_padding = true;
    claims.amplification = winograd_amplification(options_.tile) / 9 *
                           static_cast<double>(kWinogradChannels + kRoundings);
    return claims;
  }

  Support supports(const ConvProblem& problem, const Operands& operands) const override {
    if (Support support = supports_operands(operands); !support) return support;
    if (Support support = supports_problem(problem); !support) return support;
    if (is_empty_call(operands)) return Support::yes();
    const WinogradStage stage(problem, operands, winograd_tile(problem, options_));
    const std::size_t kept = aligned_bytes(stage.kept_elements(), DataType::F32);
    const std::size_t worker = aligned_bytes(stage.worker_elements(), DataType::F32);
    if (kept > options_.filter_bytes) {
      return Support::no(std::to_string(kept) + " bytes of transformed filters, at most " +
                         std::to_string(options_.filter_bytes));
    }
    if (kept + worker > options_.workspace_limit) {
      return Support::no(std::to_string(worker) + " bytes of transformed inputs of one thread");
    }
    return Support::yes();
  }

  std::size_t workspace_bytes(const ConvProblem& problem, const Operands& operands,
                              const RunContext& context) const override {
    if (is_empty_call(operands)) return 0;
    const WinogradStage stage(problem, operands, winograd_tile(problem, options_));
    return Layout(stage, options_, context.threads).bytes();
  }

  void run(const ConvProblem& problem, const Operands& operands, std::span<std::byte> workspace,
           const RunContext& context) const override {
    if (is_empty_call(operands)) return write_zeros(operands.result(problem.direction));
    const WinogradStage stage(problem, operands, winograd_tile(problem, options_));
    const bool forward = problem.direction == Direction::Forward;
    WinogradMemory memory{
        .in = static_cast<const float*>(forward ? operands.x.data : operands.y.data),
        .w = static_cast<const float*>(operands.w.data),
        .out = static_cast<float*>(forward ? operands.y.data : operands.x.data)};
    run(stage, Layout(stage, options_, context.threads), memory, workspace);
  }

 private:
  static void run(const WinogradStage& stage, const Layout& layout, WinogradMemory memory,
                  std::span<std::byte> workspace) {
    auto* const offsets = reinterpret_cast<std::int64_t*>(workspace.data() + layout.kept);
    for (std::int64_t b = 0; b < stage.sum.ins; ++b) offsets[b] = b * stage.pitch();
    memory.kept = reinterpret_cast<float*>(workspace.data());
    memory.offsets = offsets;
    TaskQueue to_transform(stage.pieces()), to_do(stage.tasks());
    std::atomic<std::int64_t> transformed = 0;
    run_workers(layout.workers, [&](int worker) {
      WinogradMemory own = memory;
      own.buffer = reinterpret_cast<float*>(workspace.data() + layout.kept + layout.offsets +
                                            layout.worker * static_cast<std::size_t>(worker));
      while (const auto piece = to_transform.next()) {
        cpu::winograd::transform_piece(stage, *piece, own);
        ++transformed;
      }
      while (transformed < stage.pieces()) std::this_thread::yield();
      while (const auto task = to_do.next()) cpu::winograd::run_winograd_task(stage, *task, own);
    });
  }

  WinogradOptions options_;
};

}  // namespace

double winograd_amplification(int tile) { return tile == 2 ? 64 : 2304; }

double winograd_error_bound(int tile, std::int64_t channels, double largest_input,
                            double largest_weight) {
  const double roundings =
      (static_cast<double>(channels) + kRoundings) * unit_roundoff(DataType::F32);
  return roundings / (1 - roundings) * winograd_amplification(tile) *
         static_cast<double>(channels) * largest_input * largest_weight;
}

int winograd_tile(const ConvProblem& problem, const WinogradOptions& options) {
  if (options.tile != 0) return options.tile;
  return multiplications(problem, 4) < multiplications(problem, 2) ? 4 : 2;
}

BackendPtr winograd_backend(const WinogradOptions& options) {
  return std::make_shared<Winograd>(options);
}

}  // namespace convcheck
