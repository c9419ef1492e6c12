// A program that calls convcheck's convolutions and knows nothing of DebugMode:
//   CONVCHECK_FLAGS=mode=DebugMode,DebugMode.budget=1% whole_program
#include <convcheck/convcheck.h>

#include <cstdio>

int main() {
  using namespace convcheck;
  Tensor x({8, 16, 28, 28}), w({32, 16, 3, 3});
  for (std::int64_t i = 0; i < x.size(); ++i) x.data<float>()[i] = float(i * 37 % 101) / 50 - 1;
  for (std::int64_t i = 0; i < w.size(); ++i) w.data<float>()[i] = float(i * 53 % 97) / 48 - 1;
  double sum = 0;
  for (int step = 0; step < 100; ++step) {
    const Tensor y = conv2d(x, w, {.border_mode = half});
    const Tensor dx = conv2d_grad_wrt_inputs(y, w, x.shape(), {.border_mode = half});
    sum += dx.at({0, 0, 0, 0});
  }
  std::printf("%g\n", sum);
  return 0;
}
