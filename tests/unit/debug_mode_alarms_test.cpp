// No false alarm: honest kernels on data of six distributions. CONVCHECK_ALARM_CALLS is how many
// calls are checked; one in sixty of them sums more than 10^4 products.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <random>

#include "checker/debug_mode.h"
#include "fast/dispatch.h"
#include "tests/unit/planted_backend.h"

namespace convcheck {
namespace {

using Draw = std::function<double(std::mt19937_64&)>;

struct Distribution {
  const char* name;
  Draw draw;
};

double uniform(std::mt19937_64& engine) {
  return std::uniform_real_distribution<double>(-1, 1)(engine);
}

const std::vector<Distribution>& distributions() {
  static const std::vector<Distribution> all{
      {"uniform", uniform},
      {"normal",
       [](std::mt19937_64& engine) { return std::normal_distribution<double>()(engine); }},
      {"mostly zero",
       [](std::mt19937_64& engine) { return engine() % 20 == 0 ? uniform(engine) : 0; }},
      {"heavy-tailed",
       [](std::mt19937_64& engine) {
         const double sign = engine() % 2 == 0 ? -1 : 1;
         return sign * std::pow(10.0, 3 * uniform(engine));
       }},
      {"constant", [](std::mt19937_64&) { return 0.1; }},
      {"few-valued",
       [](std::mt19937_64& engine) {
         return std::array{-0.3, 0.1, 0.7}[engine() % 3];
       }},
  };
  return all;
}

// Adds in f32, one product after the other, in the order of memory: the honest kernel with the
// largest errors. Row-major, one group, stride 1.
void plain_float(const ConvProblem& problem, const Operands& operands) {
  const TensorView& result = operands.result(problem.direction);
  std::fill_n(static_cast<float*>(result.data), result.size(), 0.0f);
  float* const x = operands.x.as<float>();
  float* const w = operands.w.as<float>();
  float* const y = operands.y.as<float>();
  const Window &rows = problem.windows[0], &columns = problem.windows[1];
  std::int64_t out = 0;
  for (std::int64_t n = 0; n < problem.batch; ++n) {
    for (std::int64_t k = 0; k < problem.filters; ++k) {
      for (std::int64_t i = 0; i < rows.output(); ++i) {
        for (std::int64_t j = 0; j < columns.output(); ++j, ++out) {
          for (std::int64_t c = 0; c < problem.channels; ++c) {
            for (std::int64_t a = 0; a < rows.filter; ++a) {
              const std::int64_t row = i + a - rows.pad_before;
              if (row < 0 || row >= rows.input) continue;
              for (std::int64_t b = 0; b < columns.filter; ++b) {
                const std::int64_t column = j + b - columns.pad_before;
                if (column < 0 || column >= columns.input) continue;
                float& in =
                    x[((n * problem.channels + c) * rows.input + row) * columns.input + column];
                float& weight =
                    w[((k * problem.channels + c) * rows.filter + a) * columns.filter + b];
                if (problem.direction == Direction::Forward) y[out] += in * weight;
                if (problem.direction == Direction::GradInputs) in += y[out] * weight;
                if (problem.direction == Direction::GradWeights) weight += in * y[out];
              }
            }
          }
        }
      }
    }
  }
}

ConvProblem projected_problem(Direction direction) {
  ConvProblem problem{.direction = direction, .batch = 4, .channels = 6, .filters = 12};
  problem.flip = false;
  problem.windows[0] =
      problem.windows[1] = {.input = 8, .filter = 3, .pad_before = 1, .pad_after = 1};
  return problem;
}

// 12,800 products in an element.
ConvProblem long_problem() {
  ConvProblem problem{.direction = Direction::GradWeights, .batch = 8, .channels = 4, .filters = 4};
  problem.flip = false;
  problem.windows[0] = problem.windows[1] = {.input = 40, .filter = 1};
  return problem;
}

class Operand {
 public:
  Operand(const Shape& shape, const Draw& draw, std::mt19937_64& engine) : tensor_(shape) {
    float* const data = tensor_.data<float>();
    const std::int64_t count = tensor_.size();
    for (std::int64_t i = 0; i < count; ++i) data[i] = static_cast<float>(draw(engine));
  }
  operator TensorView() const { return tensor_; }  // NOLINT

 private:
  Tensor tensor_;
};

TEST(DebugMode, RaisesNoFalseAlarmOnSixDistributions) {
  const char* const wanted = std::getenv("CONVCHECK_ALARM_CALLS");
  const int calls = wanted == nullptr ? 6000 : std::atoi(wanted);
  DebugSession session;
  DebugOptions options;
  options.session = &session;
  options.settings.report = false;
  options.settings.threads = 1;
  options.settings.action = DebugAction::Callback;
  int alarms = 0;
  std::string first;
  options.callback = [&](const DebugViolation& violation) {
    if (alarms++ == 0) first = violation.text;
  };
  const BackendPtr honest[] = {debug_mode(automatic(), options),
                               debug_mode(planted(plain_float), options)};
  std::mt19937_64 engine(1);
  int longest = 0;
  for (int i = 0; i < calls; ++i) {
    const Distribution& distribution = distributions()[static_cast<std::size_t>(i % 6)];
    const bool is_long = i / 6 % 60 == 0;
    longest += is_long ? 1 : 0;
    const ConvProblem problem =
        is_long ? long_problem() : projected_problem(kAllDirections[i / 6 % 3]);
    const Operand x(problem.x_shape(), distribution.draw, engine),
        w(problem.w_shape(), distribution.draw, engine),
        y(problem.y_shape(), distribution.draw, engine);
    const int before = alarms;
    run(*honest[i / 18 % 2], problem, {x, w, y}, {.threads = 1});
    EXPECT_EQ(alarms, before) << distribution.name << "\n" << first;
    if (alarms > 10) break;
  }
  EXPECT_EQ(alarms, 0);
  EXPECT_EQ(session.totals().checked, calls);
  EXPECT_GE(longest, calls / 60);
  std::printf("%d calls, %d of more than 10^4 terms, %d alarms\n%s", calls, longest, alarms,
              session.report().c_str());
}

}  // namespace
}  // namespace convcheck
