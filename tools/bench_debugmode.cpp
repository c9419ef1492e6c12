// What it costs to leave DebugMode switched on, on ResNet-50's distinct layers.
#include <algorithm>
#include <chrono>
#include <ctime>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "checker/projection/real_projection.h"
#include "checker/projection/real_sums.h"
#include "checker/parallel.h"
#include "reference/case.h"
#include "tools/bench_onednn.h"
#include "tools/selection.h"

using namespace convcheck;
using Clock = std::chrono::steady_clock;
double now() { if (getenv("CPU")) { timespec t; clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); return (t.tv_sec + 1e-9 * t.tv_nsec) / 2; } return std::chrono::duration<double>(Clock::now().time_since_epoch()).count(); }

double read_bandwidth(int threads) {
  static std::vector<std::uint64_t> memory(std::size_t(1) << 25, 1);
  double best = 0;
  for (int round = 0; round < 5; ++round) {
    const double start = now();
    std::vector<std::uint64_t> sums(threads * 16);
    in_parallel(threads, [&](int part) {
      const std::size_t n = memory.size() / threads;
      const std::uint64_t* p = memory.data() + part * n;
      std::uint64_t s[8] = {};
      for (std::size_t i = 0; i < n; i += 8)
        for (int j = 0; j < 8; ++j) s[j] += p[i + j];
      for (int j = 0; j < 8; ++j) sums[part * 16] += s[j];
    });
    const double seconds = now() - start;
    if (sums[0] == 7) std::puts("");
    best = std::max(best, memory.size() * 8 / seconds);
  }
  return best;
}
double median(std::vector<double> v) { std::sort(v.begin(), v.end()); return v[getenv("MINIMUM") ? 0 : v.size() / 2]; }

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 5, threads = 2;
  setenv("OMP_NUM_THREADS", "2", 1);
  const double bw = read_bandwidth(threads);
  std::printf("read bandwidth %.1f GB/s\n", bw / 1e9);
  const BackendPtr onednn = onednn_backend(false);
  std::set<std::string> seen;
  double all_check = 0, all_floor = 0, all_conv = 0;
  for (Case c : network_layers()) {
    if (c.name.rfind("resnet_50:", 0) != 0) continue;
    c.x[0] = 8;
    for (const Part part : {Part::Forward, Part::GradInputs, Part::GradWeights}) {
      c.part = part;
      Case key = c;
      key.name = "";
      if (!seen.insert(to_string(key)).second) continue;
      const ConvProblem problem = conv_problem(c);
      Tensor x(problem.x_shape()), w(problem.w_shape()), y(problem.y_shape());
      std::mt19937 engine(1);
      for (Tensor* t : {&x, &w, &y}) {
        float* p = t->data<float>();
        for (std::int64_t i = 0; i < t->size(); ++i) p[i] = float(engine()) * 0x1p-31f - 1;
      }
      const Operands operands{x, w, y};
      std::vector<double> conv, prepare, check;
      for (int round = 0; round < rounds; ++round) {
        double start = now();
        run(*onednn, problem, operands, {threads});
        conv.push_back(now() - start);
        start = now();
        const RealProjection projection(problem, operands, RealArithmetic{}, round, threads);
        prepare.push_back(now() - start);
        start = now();
        const RealCheck result = projection.check(operands.result(problem.direction));
        check.push_back(now() - start);
        if (result.violated) std::printf("violated %g\n", result.worst_ratio);
      }
      const double floor = 4.0 * (x.size() + w.size() + y.size()) / bw;
      const double total = median(prepare) + median(check);
      all_check += total;
      all_floor += floor;
      all_conv += median(conv);
      std::printf("%-28s %-12s conv %7.3f ms  floor %6.3f  prepare %6.3f check %6.3f  x floor %5.2f  share %5.1f%%\n",
                  c.name.c_str(), to_string(problem.direction), 1e3 * median(conv), 1e3 * floor,
                  1e3 * median(prepare), 1e3 * median(check), total / floor,
                  100 * total / median(conv));
    }
  }
  std::printf("sum: check %.2f ms = %.2f x floor, %.1f%% of oneDNN\n", 1e3 * all_check,
              all_check / all_floor, 100 * all_check / all_conv);
}
