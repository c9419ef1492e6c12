#include "checker/projection/projection_cost.h"
#include "checker/sample.h"
#include "reference/flops.h"
namespace convcheck {
ProjectionCost projection_cost(const ConvProblem& p, int rounds) {
  double in = double(element_count(p.x_shape()) + element_count(p.w_shape()) + element_count(p.y_shape()));
  double macs = double(flops(p)) / 2;
  double gain = p.direction==Direction::Forward ? p.batch*p.group_filters() : p.direction==Direction::GradInputs ? p.batch*p.group_channels() : p.group_filters()*p.group_channels();
  if (gain<1) gain=1;
  return {rounds*(in*0.5e-9 + macs/gain*0.6e-9)+5e-6, rounds*0.3e-9*in};
}
double full_loops_cost(const ConvProblem& p) { return double(element_count(p.result_shape()))*double(oracle_steps(p))*15e-9; }
}
