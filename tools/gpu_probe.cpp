// What tools/gpu_check.sh asks of a machine with a CUDA device, with nothing but this project's
// libraries.
//
//   gpu_probe device              "cuda:0 NVIDIA H200"; exit 77 where there is none
//   gpu_probe version             "CUDA 13.0.88", which it was built with
//   gpu_probe rules BACKEND...    every rule of the suite on a few small cases
//   gpu_probe bench BACKEND...    times of whole layers, a line of JSON each
//
// A backend that was not built is said so and left out. Exit 1: something failed; 2: usage; 3:
// nothing was judged or measured.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "checker/corpus.h"
#include "checker/cuda/cuda_device.h"
#include "checker/debug_mode.h"
#include "checker/device/device.h"
#include "checker/device/loops.h"
#include "checker/explain.h"
#include "checker/fill.h"
#include "checker/rules/all_rules.h"
#include "checker/run_case.h"
#include "checker/unit_runner.h"
#include "fast/dispatch.h"
#include "fast/flags.h"
#include "reference/flops.h"
#include "tools/operands_on_device.h"

namespace convcheck {
namespace {

constexpr int kNoDevice = 77;

constexpr const char* kSmall[] = {
    "conv2d.forward f32 x=2x4x6x7 w=6x2x3x2 border=1,(0,2) dilation=1x2 groups=2",
    "conv2d.grad_inputs f32 x=2x4x6x7 w=6x2x3x2 groups=2 subsample=2x1 noflip",
    "conv2d.grad_weights f32 x=3x3x7x5 w=4x3x3x3 border=half fill=wide",
    "conv2d.grad_weights f32 x=4x4x33x34 w=6x2x3x3 groups=2 border=half",
    "conv2d.forward f16 x=2x8x9x8 w=8x8x3x3 border=1 noflip",
    "conv3d.forward f32 x=1x2x4x5x4 w=3x2x2x3x2 border=1,0,1",
    "conv1d.grad_weights f64 x=2x4x17 w=4x4x5 subsample=3 noflip",
};

constexpr const char* kLayers[] = {
    "conv2d.forward f32 x=32x3x224x224 w=64x3x7x7 border=3 subsample=2 noflip",
    "conv2d.forward f32 x=32x64x56x56 w=64x64x3x3 border=1 noflip",
    "conv2d.forward f32 x=32x128x28x28 w=128x128x3x3 border=1 noflip",
    "conv2d.forward f32 x=32x256x14x14 w=256x256x3x3 border=1 noflip",
    "conv2d.forward f32 x=32x512x7x7 w=512x512x3x3 border=1 noflip",
    "conv2d.forward f32 x=32x256x56x56 w=64x256x1x1 noflip",
    "conv2d.forward f32 x=32x256x28x28 w=256x256x3x3 border=2 dilation=2 noflip",
    "conv2d.forward f32 x=32x256x28x28 w=256x8x3x3 border=1 groups=32 noflip",
    "conv2d.forward f32 x=32x256x28x28 w=256x1x3x3 border=1 groups=256 noflip",
    "conv3d.forward f32 x=4x64x16x56x56 w=128x64x3x3x3 border=1 noflip",
};

std::vector<BackendPtr> chosen(const std::vector<std::string>& names) {
  std::vector<BackendPtr> all;
  for (const std::string& name : names) {
    try {
      all.push_back(name == "device_loops" ? device_loops_backend() : backend_named(name));
    } catch (const ConvError& error) {
      std::fprintf(stderr, "left out: %s\n", error.what());
    }
  }
  return all;
}

int rules(const std::vector<BackendPtr>& backends) {
  const Subjects subjects{.backends = backends, .rules = all_rules()};
  const std::unique_ptr<UnitRunner> runner = in_process_runner(subjects);
  std::vector<Unit> units;
  for (std::size_t backend = 0; backend < backends.size(); ++backend) {
    for (std::size_t rule = 0; rule < subjects.rules.size(); ++rule)
      units.push_back({backend, rule});
  }
  std::int64_t counts[6] = {};
  for (const char* line : kSmall) {
    runner->run(read_case(line), units, [&](const UnitResult& result) {
      ++counts[static_cast<std::size_t>(result.verdict.outcome)];
      const bool good =
          result.verdict.outcome != Outcome::Failed && result.verdict.outcome != Outcome::Broken;
      if (good) return;
      std::printf("%s %s %s '%s': %s\n", to_string(result.verdict.outcome),
                  subjects.rules[result.unit.rule].name,
                  backends[result.unit.backend]->name().c_str(), line,
                  result.verdict.reason.c_str());
    });
  }
  const auto count = [&](Outcome outcome) {
    return static_cast<long long>(counts[static_cast<std::size_t>(outcome)]);
  };
  std::printf("passed %lld failed %lld skipped %lld vacuous %lld broken %lld\n",
              count(Outcome::Passed), count(Outcome::Failed), count(Outcome::Skipped),
              count(Outcome::Vacuous), count(Outcome::Broken));
  if (count(Outcome::Failed) + count(Outcome::Broken) > 0) return 1;
  return count(Outcome::Passed) > 0 ? 0 : 3;
}

std::string quoted(const std::string& text) {
  std::string json = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') json += '\\';
    json += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return json + "\"";
}

// Milliseconds of a call: the median of groups of calls, each so long that starting and waiting
// for it do not count.
double median_milliseconds(const Device& device, const std::function<void()>& call) {
  using Clock = std::chrono::steady_clock;
  const auto milliseconds = [&](int calls) {
    device.synchronise(device.stream());
    const auto start = Clock::now();
    for (int i = 0; i < calls; ++i) call();
    device.synchronise(device.stream());
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count() / calls;
  };
  milliseconds(2);  // to warm up
  const int calls = static_cast<int>(std::clamp(10 / std::max(milliseconds(2), 1e-3), 2.0, 200.0));
  double groups[5];
  for (double& group : groups) group = milliseconds(calls);
  std::sort(std::begin(groups), std::end(groups));
  return groups[2];
}

// The result of the last call, by the projection on the device.
std::string checked(const ConvProblem& problem, const Operands& operands, const Backend& backend,
                    void* stream) {
  DebugSession session;
  DebugOptions options;
  options.settings.report = false;
  options.settings.action = DebugAction::Callback;
  options.session = &session;
  options.name = backend.name();
  options.claims = backend.claims();
  options.accumulator = [&](DataType type) { return backend.accumulator(type); };
  options.stream = stream;
  options.callback = [](const DebugViolation&) {};
  const DebugResult result = verify(problem, operands, options);
  if (!result.violations.empty()) return "wrong: " + result.violations[0].verdict.reason;
  return result.checked ? "right" : result.note;
}

struct Measured {
  double milliseconds = 0;
  std::string check;
};

Measured measured(const Case& c, const Backend& backend) {
  const DevicePtr device = device_in_use();
  const ConvProblem problem = conv_problem(c);
  const CallTypes types = call_types(c, backend);
  const OperandsOnDevice there(device, problem, types, make_data(problem, types, Fill::Real, 1));
  const Operands& operands = there.operands();
  const RunContext context{.stream = device->stream()};
  const Support support = backend.supports(problem, operands);
  if (!support) return {0, "refused: " + support.reason};
  const std::size_t bytes = backend.workspace_bytes(problem, operands, context);
  const device::Memory workspace(device, bytes);
  const double milliseconds = median_milliseconds(*device, [&] {
    backend.run(problem, operands, {workspace.data(), bytes}, context);
  });
  return {milliseconds, checked(problem, operands, backend, context.stream)};
}

int bench(const std::vector<BackendPtr>& backends) {
  // The best that cuDNN has.
  flags().set(
      "dnn.conv.algo_fwd=time_once,dnn.conv.algo_bwd_data=time_once,"
      "dnn.conv.algo_bwd_filter=time_once");
  bool any = false, good = true;
  for (const char* line : kLayers) {
    for (const Part part : {Part::Forward, Part::GradInputs, Part::GradWeights}) {
      for (const DataType type : {DataType::F32, DataType::F16}) {
        Case c = parse_case(line);
        c.part = part;
        c.x_type = c.w_type = c.y_type = type;
        const double operations = static_cast<double>(flops(conv_problem(c)));
        for (const BackendPtr& backend : backends) {
          Measured result;
          try {
            result = measured(c, *backend);
          } catch (const std::exception& error) {
            result = {0, std::string("threw: ") + error.what()};
          }
          good &= result.check.starts_with("right") || result.check.starts_with("refused");
          any |= result.milliseconds > 0;
          const double teraflops =
              result.milliseconds > 0 ? operations / result.milliseconds / 1e9 : 0;
          std::printf(
              "{\"case\": %s, \"backend\": %s, \"milliseconds\": %.5f, \"teraflops\": %.3f, "
              "\"check\": %s}\n",
              quoted(to_string(c)).c_str(), quoted(backend->name()).c_str(), result.milliseconds,
              teraflops, quoted(result.check).c_str());
          std::fflush(stdout);
        }
      }
    }
  }
  return !good ? 1 : any ? 0 : 3;
}

int answer(const std::vector<std::string>& words) {
  const std::string command = words.empty() ? "" : words[0];
  if (command == "version" && words.size() == 1) {
    std::printf("CUDA %s\n", CONVCHECK_CUDA_VERSION);
    return 0;
  }
  const bool known = command == "device" || command == "rules" || command == "bench";
  if (!known || (command == "device") != (words.size() == 1)) {
    std::fprintf(stderr,
                 "usage: gpu_probe device | version | rules BACKEND... | bench BACKEND...\n");
    return 2;
  }
  use_cuda_device();
  const DevicePtr device = device_in_use();
  if (device == nullptr) {
    std::printf("%s\n", why_no_device().c_str());
    return kNoDevice;
  }
  if (command == "device") {
    std::printf("%s\n", device->name().c_str());
    return 0;
  }
  const std::vector<BackendPtr> backends = chosen({words.begin() + 1, words.end()});
  if (backends.empty()) return 3;
  return command == "rules" ? rules(backends) : bench(backends);
}

}  // namespace
}  // namespace convcheck

int main(int argc, char** argv) {
  try {
    return convcheck::answer({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "gpu_probe: %s\n", error.what());
    return 4;
  }
}
