// bench_conv [--direction=forward|grad_inputs|grad_weights] [--type=f32|f64|f16|bf16] [--threads=2]
//            [--backends=direct,corrmm,onednn] [--rounds=9] [--only=TEXT]
//            [--time=cpu]
//
// Medians of interleaved calls, so that a disturbance of the machine meets all backends alike, as
// GFLOP/s of the direct sum's products, whatever a backend does. oneDNN is measured beside ours
// where the build found it: "any" in its own layouts with the reorders inside the call, "nchw" kept
// from reordering. The last column is the best of ours over the best of oneDNN or, without it, over
// corrmm. --time=cpu measures the processor time of all threads, for a machine that others use.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "fast/dispatch.h"
#include "reference/flops.h"
#include "tools/bench_layers.h"
#include "tools/bench_onednn.h"

namespace convcheck {
namespace {

struct Settings {
  std::string direction = "", type = "f32", backends = "direct,winograd,corrmm,onednn", only = "";
  int threads = 2, rounds = 9;
  bool processor_time = false;
};

Settings parse(int count, char** arguments) {
  Settings settings;
  for (int i = 1; i < count; ++i) {
    const std::string argument = arguments[i];
    const auto value = [&](const char* name) -> const char* {
      const std::string start = std::string("--") + name + "=";
      return argument.rfind(start, 0) == 0 ? arguments[i] + start.size() : nullptr;
    };
    if (const char* text = value("direction")) settings.direction = text;
    if (const char* text = value("type")) settings.type = text;
    if (const char* text = value("backends")) settings.backends = text;
    if (const char* text = value("only")) settings.only = text;
    if (const char* text = value("threads")) settings.threads = std::atoi(text);
    if (const char* text = value("rounds")) settings.rounds = std::atoi(text);
    if (const char* text = value("time")) settings.processor_time = std::string(text) == "cpu";
  }
  return settings;
}

std::vector<BackendPtr> chosen_backends(const Settings& settings) {
  const auto named = [&](const std::string& name) {
    return ("," + settings.backends + ",").find("," + name + ",") != std::string::npos;
  };
  std::vector<BackendPtr> chosen;
  for (const BackendEntry& entry : backends()) {
    if (named(entry.name) && entry.backend != nullptr) chosen.push_back(entry.backend);
  }
  if (!named("onednn")) return chosen;
  for (const bool blocked : {true, false}) {
    if (const BackendPtr peer = onednn_backend(blocked)) chosen.push_back(peer);
  }
  return chosen;
}

void fill(Tensor& tensor, std::uint32_t seed) {
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    seed = seed * 1664525u + 1013904223u;
    store(tensor.type(), static_cast<std::byte*>(tensor.view().data) + i * size_of(tensor.type()),
          static_cast<double>(seed >> 8) / (1 << 24) - 0.5);
  }
}

// Helpers of OpenMP spin for a while after their work, on the processors that the next call needs.
void wait_for_spinning_helpers() {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(8);
  while (std::chrono::steady_clock::now() < end) {
  }
}

double now(bool processor_time) {
  timespec time{};
  clock_gettime(processor_time ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// Median seconds of each backend; infinity where it refuses.
std::vector<double> measure(const std::vector<BackendPtr>& candidates, const ConvProblem& problem,
                            const Settings& settings) {
  const DataType type = parse_data_type(settings.type);
  Tensor x(problem.x_shape(), type), w(problem.w_shape(), type), y(problem.y_shape(), type);
  fill(x, 1), fill(w, 2), fill(y, 3);
  const Operands operands{x, w, y};
  const RunContext context{.threads = settings.threads};
  std::vector<std::vector<double>> times(candidates.size());
  std::size_t most = 0;
  std::vector<bool> supported;
  for (const BackendPtr& backend : candidates) {
    supported.push_back(backend->supports(problem, operands).supported);
    if (supported.back()) {
      most = std::max(most, backend->workspace_bytes(problem, operands, context));
    }
  }
  Tensor workspace({static_cast<std::int64_t>(most / 8 + 1)}, DataType::F64);
  auto* bytes = static_cast<std::byte*>(workspace.view().data);
  for (int round = -1; round < settings.rounds; ++round) {  // the first is to warm up
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      if (!supported[i]) continue;
      wait_for_spinning_helpers();
      const double start = now(settings.processor_time);
      candidates[i]->run(problem, operands, {bytes, most}, context);
      if (round >= 0) times[i].push_back(now(settings.processor_time) - start);
    }
  }
  std::vector<double> medians;
  for (std::vector<double>& each : times) {
    std::sort(each.begin(), each.end());
    medians.push_back(each.empty() ? HUGE_VAL : each[each.size() / 2]);
  }
  return medians;
}

void report(const std::vector<BackendPtr>& candidates, const Layer& layer, Direction direction,
            const Settings& settings, double& log_sum) {
  ConvProblem problem = layer.problem;
  problem.direction = direction;
  const std::vector<double> times = measure(candidates, problem, settings);
  double ours = HUGE_VAL, peers = HUGE_VAL, corrmm = HUGE_VAL;
  std::printf("%-27s %-12s", layer.name.c_str(), to_string(direction));
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const std::string name = candidates[i]->name();
    double& best = name.rfind("onednn", 0) == 0 ? peers : name == "corrmm" ? corrmm : ours;
    best = std::min(best, times[i]);
    std::printf(" %11.1f", static_cast<double>(flops(problem)) / times[i] * 1e-9);
  }
  const double ratio = (peers < HUGE_VAL ? peers : corrmm) / ours;
  log_sum += std::log(ratio);
  std::printf(" %8.2f\n", ratio);
  std::fflush(stdout);
}

void bench(const Settings& settings) {
  const std::vector<BackendPtr> candidates = chosen_backends(settings);
  std::printf("%-27s %-12s", "GFLOP/s", "");
  for (const BackendPtr& backend : candidates) std::printf(" %11s", backend->name().c_str());
  std::printf(" %8s\n", "ratio");
  std::vector<Layer> layers = imagenet_layers();
  for (Layer& layer : other_ranks()) layers.push_back(std::move(layer));
  for (const Direction direction : kAllDirections) {
    if (!settings.direction.empty() && settings.direction != to_string(direction)) continue;
    double log_sum = 0;
    int count = 0;
    for (const Layer& layer : layers) {
      if (layer.name.find(settings.only) == std::string::npos) continue;
      report(candidates, layer, direction, settings, log_sum);
      ++count;
    }
    std::printf("%s: geometric mean of the ratios %.2f\n", to_string(direction),
                std::exp(log_sum / std::max(count, 1)));
  }
}

}  // namespace
}  // namespace convcheck

int main(int count, char** arguments) {
  convcheck::bench(convcheck::parse(count, arguments));
  return 0;
}
