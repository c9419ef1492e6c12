// The two functions that always flip their filters: conv3d2d over time and space, and the
// deprecated conv2d.
//
//   value[.., o, ..] = sum over f of x[.., o * s + K - 1 - f - p, ..] * w[.., f, ..]
//
// on every axis: with p zeros before and after, what the last tap sees is the first element.
#include "checker/closed_forms/formulas.h"

namespace convcheck::closed {
namespace {

struct Axis {
  std::int64_t input, filter, stride, before, output;

  // The input element of tap f for output o; -1 where there is none.
  std::int64_t seen(std::int64_t o, std::int64_t f) const {
    const std::int64_t at = o * stride + filter - 1 - f - before;
    return at < input ? at : -1;
  }
};

std::int64_t zeros_of_word(AxisBorder::Kind word, std::int64_t filter) {
  return word == AxisBorder::Kind::Full   ? filter - 1
         : word == AxisBorder::Kind::Half ? filter / 2
                                          : 0;
}

void check_axis(const Axis& one) {
  require(one.filter >= 1 && one.input + 2 * one.before >= one.filter, ErrorKind::OutputShape,
          "output extent", one.output, ">= 1");
}

}  // namespace

// Signals (n, time, c, rows, columns), filters (k, time, c, rows, columns), value (n, time, k,
// rows, columns).
ClosedForm time_and_space(const Case& c) {
  require(c.x[2] == c.w[2], ErrorKind::Channels, "filters' channels", c.w[2], "the signals'");
  constexpr std::size_t kPlaces[] = {1, 3, 4};  // of time, rows and columns
  std::vector<Axis> axes;
  for (std::size_t i = 0; i < 3; ++i) {
    const AxisBorder word = c.border.axis(i, 3);
    require(word.kind != AxisBorder::Kind::Pad, ErrorKind::BorderMode, "border_mode", word.before,
            "a word");
    const std::int64_t input = c.x[kPlaces[i]], filter = c.w[kPlaces[i]],
                       zeros = zeros_of_word(word.kind, filter);
    axes.push_back({input, filter, 1, zeros, input + 2 * zeros - filter + 1});
    check_axis(axes.back());
  }
  const Shape value{c.x[0], axes[0].output, c.w[0], axes[1].output, axes[2].output};
  const auto each = [=](const ClosedForm::Visit& visit) {
    const Shape taps{c.w[2], axes[0].filter, axes[1].filter, axes[2].filter};
    for_each_index(value, [&](const Index& to) {
      for_each_index(taps, [&](const Index& tap) {
        const std::int64_t time = axes[0].seen(to[1], tap[1]), row = axes[1].seen(to[3], tap[2]),
                           column = axes[2].seen(to[4], tap[3]);
        if (time < 0 || row < 0 || column < 0) return;
        visit({Index{to[0], time, tap[0], row, column},
               Index{to[2], tap[1], tap[0], tap[2], tap[3]}, to, Index()},
              1);
      });
    });
  };
  const double products = count(value) * count(part_of(c.w, 1, 4));
  return {{"x", "w", "value"}, {c.x, c.w, value}, 1, products, each};
}

// Its extents are those that the original rounds up: ceil((I - K + 1) / s), full ceil((I + K - 1) /
// s).
ClosedForm legacy(const Case& c) {
  require(c.x[1] == c.w[1], ErrorKind::Channels, "filters' channels", c.w[1], "the input's");
  const bool is_full = c.border == BorderMode(full);
  require(is_full || c.border == BorderMode(valid), ErrorKind::BorderMode, "border_mode", 0,
          "valid or full");
  std::vector<Axis> axes;
  for (std::size_t i = 0; i < 2; ++i) {
    const std::int64_t input = c.x[2 + i], filter = c.w[2 + i], stride = c.subsample[i];
    const std::int64_t places = is_full ? input + filter - 1 : input - filter + 1;
    axes.push_back({input, filter, stride, is_full ? filter - 1 : 0, ceiling_of(places, stride)});
    check_axis(axes.back());
  }
  const Shape value{c.x[0], c.w[0], axes[0].output, axes[1].output};
  const auto each = [=](const ClosedForm::Visit& visit) {
    for_each_index(value, [&](const Index& to) {
      for_each_index(part_of(c.w, 1, 3), [&](const Index& tap) {
        const std::int64_t row = axes[0].seen(to[2], tap[1]), column = axes[1].seen(to[3], tap[2]);
        if (row < 0 || column < 0) return;
        visit({Index{to[0], tap[0], row, column}, joined({to[1]}, tap), to, Index()}, 1);
      });
    });
  };
  const double products = count(value) * count(part_of(c.w, 1, 3));
  return {{"x", "w", "value"}, {c.x, c.w, value}, 1, products, each};
}

}  // namespace convcheck::closed
