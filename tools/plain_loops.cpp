#include "tools/plain_loops.h"

#include <algorithm>

namespace convcheck {
namespace {

struct Axis {
  long input = 1, filter = 1, output = 1, stride = 1, dilation = 1, pad = 0;
};

struct Loops {
  long batch, groups, channels, filters;  // channels and filters of a group
  Axis a, b, c;
  bool flip;

  long x(long n, long channel, long i, long j, long k) const {
    return (((n * groups * channels + channel) * a.input + i) * b.input + j) * c.input + k;
  }
  long w(long k, long channel, long i, long j, long l) const {
    return (((k * channels + channel) * a.filter + i) * b.filter + j) * c.filter + l;
  }
  long y(long n, long k, long i, long j, long l) const {
    return (((n * groups * filters + k) * a.output + i) * b.output + j) * c.output + l;
  }
};

Axis axis_of(const ConvProblem& problem, std::size_t axis) {
  if (axis >= problem.rank) return {};
  const Window& window = problem.windows[axis];
  return {window.input,  window.filter,   window.output(),
          window.stride, window.dilation, window.pad_before};
}

// `act(x index, w index, y index)` for every product of one output.
template <class Act>
void for_each_product(const Loops& of, long n, long k, const Act& act) {
  for (long oa = 0; oa < of.a.output; ++oa)
    for (long ob = 0; ob < of.b.output; ++ob)
      for (long oc = 0; oc < of.c.output; ++oc)
        for (long channel = 0; channel < of.channels; ++channel)
          for (long fa = 0; fa < of.a.filter; ++fa) {
            const long ia = oa * of.a.stride + fa * of.a.dilation - of.a.pad;
            if (ia < 0 || ia >= of.a.input) continue;
            for (long fb = 0; fb < of.b.filter; ++fb) {
              const long ib = ob * of.b.stride + fb * of.b.dilation - of.b.pad;
              if (ib < 0 || ib >= of.b.input) continue;
              for (long fc = 0; fc < of.c.filter; ++fc) {
                const long ic = oc * of.c.stride + fc * of.c.dilation - of.c.pad;
                if (ic < 0 || ic >= of.c.input) continue;
                const long ga = of.flip ? of.a.filter - 1 - fa : fa;
                const long gb = of.flip ? of.b.filter - 1 - fb : fb;
                const long gc = of.flip ? of.c.filter - 1 - fc : fc;
                act(of.x(n, k / of.filters * of.channels + channel, ia, ib, ic),
                    of.w(k, channel, ga, gb, gc), of.y(n, k, oa, ob, oc));
              }
            }
          }
}

}  // namespace

void plain_loops(const ConvProblem& problem, double* x, double* w, double* y) {
  const Loops of{problem.batch,           problem.groups,      problem.group_channels(),
                 problem.group_filters(), axis_of(problem, 0), axis_of(problem, 1),
                 axis_of(problem, 2),     problem.flip};
  double* const result = problem.direction == Direction::Forward      ? y
                         : problem.direction == Direction::GradInputs ? x
                                                                      : w;
  std::fill_n(result, element_count(problem.result_shape()), 0.0);
  for (long n = 0; n < of.batch; ++n) {
    for (long k = 0; k < problem.filters; ++k) {
      switch (problem.direction) {
        case Direction::Forward:
          for_each_product(of, n, k, [&](long xi, long wi, long yi) { y[yi] += x[xi] * w[wi]; });
          break;
        case Direction::GradInputs:
          for_each_product(of, n, k, [&](long xi, long wi, long yi) { x[xi] += y[yi] * w[wi]; });
          break;
        case Direction::GradWeights:
          for_each_product(of, n, k, [&](long xi, long wi, long yi) { w[wi] += y[yi] * x[xi]; });
          break;
      }
    }
  }
}

}  // namespace convcheck
