// What it costs to leave DebugMode switched on on a CUDA device, on ResNet-50's distinct layers at
// batch 64, f32, in all three directions: operands in the device's memory, calls of automatic(),
// times of the stream by CUDA's events. Of the level `projection` the check is what a call with it
// takes longer than without, against the bytes of x, w and y over the bandwidth with which this run
// copies. Afterwards passes over all layers with budget=5%, against the same without checks.
//
// tools/gpu_check.sh reads the lines that begin with "projection:" and "budget=5%:". Exit 1: what
// is right was called wrong, or a call was not checked; 3: there is no device.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "checker/cuda/cuda_device.h"
#include "fast/dispatch.h"
#include "tools/debug_on_device.h"

namespace convcheck {
namespace {

struct Settings {
  int rounds = 9, passes = 50;
  std::int64_t batch = 64;
  std::string match;
};

void add_options(CLI::App& app, Settings& settings) {
  app.add_option("--rounds", settings.rounds, "Calls of each layer and direction")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--passes", settings.passes, "Over all layers, with budget=5%; 0: none")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--batch", settings.batch, "Of the layers")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--match", settings.match, "Only layers whose name contains this");
}

bool measure_projection(const std::vector<DebugLayer>& layers, const DebugDevice& device,
                        const Settings& settings) {
  double convolution = 0, check = 0, floor = 0;
  std::int64_t violations = 0, unchecked = 0;
  for (const DebugLayer& layer : layers) {
    const DebugCost one = debug_cost(layer.problem, device, settings.rounds);
    std::printf("%-15s %-12s call %8.4f ms  floor %7.4f ms  check %7.4f ms = %5.2f floors\n",
                layer.name.c_str(), to_string(layer.problem.direction), 1e3 * one.convolution,
                1e3 * one.floor, 1e3 * one.check(), one.check() / one.floor);
    std::fflush(stdout);
    convolution += one.convolution, check += one.check(), floor += one.floor;
    violations += one.totals.violations;
    unchecked += one.totals.calls - one.totals.checked;
  }
  std::printf(
      "projection: %.3f floors, %.2f %% of the calls' time, %zu layers and directions, %lld "
      "violations, %lld calls not checked\n",
      check / floor, 100 * check / convolution, layers.size(), static_cast<long long>(violations),
      static_cast<long long>(unchecked));
  return violations == 0 && unchecked == 0;
}

bool measure_budget(const std::vector<DebugLayer>& layers, const DebugDevice& device, int passes) {
  const BudgetCost cost = budget_cost(layers, device, "5%", passes);
  std::printf(
      "budget=5%%: %.2f %% of the calls' time, %lld of %lld problems checked, %d passes, %lld "
      "violations\n",
      100 * cost.share(), static_cast<long long>(cost.totals.problems_checked),
      static_cast<long long>(cost.totals.problems), passes,
      static_cast<long long>(cost.totals.violations));
  return cost.totals.violations == 0;
}

int measure(const Settings& settings) {
  use_cuda_device();
  if (device_in_use() == nullptr) {
    std::printf("not run: %s\n", why_no_device().c_str());
    return 3;
  }
  const std::optional<DebugDevice> device = debug_device(automatic());
  if (!device) throw std::runtime_error("fast was built without CUDA");
  std::printf("%s: copies %.0f GB/s, read and written\n", device->device->name().c_str(),
              1e-9 * device->bandwidth);
  const std::vector<DebugLayer> layers =
      distinct_layers("resnet_50", settings.batch, settings.match);
  bool right = measure_projection(layers, *device, settings);
  if (settings.passes > 0) right &= measure_budget(layers, *device, settings.passes);
  return right ? 0 : 1;
}

}  // namespace
}  // namespace convcheck

int main(int argc, char** argv) {
  CLI::App app{"What it costs to leave DebugMode switched on on a CUDA device"};
  convcheck::Settings settings;
  convcheck::add_options(app, settings);
  CLI11_PARSE(app, argc, argv);
  try {
    return convcheck::measure(settings);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_debugmode_gpu: %s\n", error.what());
    return 4;
  }
}
