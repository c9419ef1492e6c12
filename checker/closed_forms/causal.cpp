// causal_conv1d: what was f dilations ago, times filter tap f.
//
//   value[n, k, t] = sum over c of k's group, and f, of x[n, c, t * s - d * f] * w[k, (t), c, f]
//
// and with w[k, (t), c, K - 1 - f] where the filters are not flipped.
#include "checker/closed_forms/formulas.h"

namespace convcheck::closed {

ClosedForm causal(const Case& c) {
  const std::int64_t time = c.x[2], taps = c.w.back(), stride = c.subsample[0],
                     dilation = c.dilation[0], group_channels = c.w[c.w.size() - 2];
  require(time >= 1 && taps >= 1, ErrorKind::OutputShape, "time", time, ">= 1");
  require(c.groups >= 1 && c.w[0] % c.groups == 0 && c.x[1] == c.groups * group_channels,
          ErrorKind::Groups, "num_groups", c.groups, "one that divides channels and filters");
  const Shape value{c.x[0], c.w[0], (time - 1) / stride + 1};
  require(!c.unshared || c.w[1] == value[2], ErrorKind::Regions, "filters' regions", c.w[1],
          "the output's extent");
  const std::int64_t group_filters = c.w[0] / c.groups;
  const auto each = [=](const ClosedForm::Visit& visit) {
    for_each_index(value, [&](const Index& to) {
      const std::int64_t group = to[1] / group_filters, now = to[2] * stride;
      for (std::int64_t channel = 0; channel < group_channels; ++channel) {
        for (std::int64_t ago = 0; ago < taps && now - dilation * ago >= 0; ++ago) {
          Index w{to[1]};
          if (c.unshared) w.push_back(to[2]);
          w.push_back(channel);
          w.push_back(c.flip ? ago : taps - 1 - ago);
          visit({Index{to[0], group * group_channels + channel, now - dilation * ago}, w, to,
                 Index()},
                1);
        }
      }
    });
  };
  const double products = count(value) * count({group_channels, taps});
  return {{"x", "w", "value"}, {c.x, c.w, value}, 1, products, each};
}

}  // namespace convcheck::closed
