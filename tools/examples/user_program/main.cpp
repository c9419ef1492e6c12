// A program with its own convolution, which leaves DebugMode switched on. The kernel forgets the
// last column of the output; `user_program fixed` does not.
#include <cstdio>
#include <cstring>
#include <vector>

#include "checker/debug_mode.h"

namespace {

struct Layer {
  int batch = 4, channels = 8, filters = 16, size = 14;
};

// 3x3, padded by 1, not flipped; row-major.
void my_convolution(const Layer& layer, const float* x, const float* w, float* y, int columns) {
  const int size = layer.size;
  for (int n = 0; n < layer.batch; ++n) {
    for (int k = 0; k < layer.filters; ++k) {
      for (int i = 0; i < size; ++i) {
        for (int j = 0; j < columns; ++j) {
          float sum = 0;
          for (int c = 0; c < layer.channels; ++c) {
            for (int a = 0; a < 3; ++a) {
              for (int b = 0; b < 3; ++b) {
                const int row = i + a - 1, column = j + b - 1;
                if (row < 0 || row >= size || column < 0 || column >= size) continue;
                sum += x[((n * layer.channels + c) * size + row) * size + column] *
                       w[((k * layer.channels + c) * 3 + a) * 3 + b];
              }
            }
          }
          y[((n * layer.filters + k) * size + i) * size + j] = sum;
        }
      }
    }
  }
}

// The program's own memory, as convcheck sees it.
convcheck::TensorView view(std::vector<float>& data, const convcheck::Shape& shape) {
  return {data.data(), convcheck::DataType::F32, shape, convcheck::contiguous_strides(shape)};
}

}  // namespace

int main(int argc, char** argv) {
  using namespace convcheck;
  const bool fixed = argc > 1 && std::strcmp(argv[1], "fixed") == 0;
  const Layer layer;
  const Shape x_shape{layer.batch, layer.channels, layer.size, layer.size};
  const Shape w_shape{layer.filters, layer.channels, 3, 3};
  const ConvProblem problem = make_problem(Direction::Forward, x_shape, w_shape,
                                           {.border_mode = half, .filter_flip = false});

  std::vector<float> x(element_count(x_shape)), w(element_count(w_shape)),
      y(element_count(problem.y_shape()));
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i * 37 % 101) / 50 - 1;
  for (std::size_t i = 0; i < w.size(); ++i) w[i] = static_cast<float>(i * 53 % 97) / 48 - 1;

  DebugOptions options;
  options.name = "my_convolution";
  options.settings.budget.share = 0.01;  // at most 1 % of the convolutions' time
  options.settings.bundles = argc > 2 ? argv[2] : "";
  try {
    for (int step = 0; step < 200; ++step) {
      const int columns = fixed ? layer.size : layer.size - 1;
      check_call(
          problem, {view(x, x_shape), view(w, w_shape), view(y, problem.y_shape())},
          [&] { my_convolution(layer, x.data(), w.data(), y.data(), columns); }, options);
    }
  } catch (const DebugModeError& error) {
    std::fputs(error.what(), stdout);
    return 1;
  }
  return 0;
}
