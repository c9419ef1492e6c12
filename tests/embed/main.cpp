// The first example of the README, as a user's program: exits 0 when the answer is the documented one.
#include <convcheck/convcheck.h>

#include <cstdio>

using namespace convcheck;

int main() {
  const Tensor x({1, 1, 1, 4}, {1, 2, 3, 4});
  const Tensor w({1, 1, 1, 2}, {1, 10});
  const Tensor y = conv2d(x, w, {.filter_flip = false});
  const Tensor dx = conv2d_grad_wrt_inputs(y, w, x.shape(), {.filter_flip = false});
  std::printf("%g %g %g\n", y.at({0, 0, 0, 0}), y.at({0, 0, 0, 1}), y.at({0, 0, 0, 2}));
  const bool right = y.values() == std::vector<double>{21, 32, 43} && dx.shape() == x.shape();
  return right ? 0 : 1;
}
