#include "checker/composed_factors.h"

#include <algorithm>
#include <array>

#include "checker/covering_array.h"

namespace convcheck::composing {
namespace {

void set_groups(Case& c, const std::array<std::int64_t, 3>& counts) {
  const auto [channels, filters, groups] = counts;
  c.groups = groups;
  (c.y.empty() ? c.x : c.y)[1] = channels;
  c.w[0] = filters;
  c.w[1] = channels / groups;
}

// The zeros of an axis on both sides together.
std::int64_t zeros(const Case& c, std::size_t axis, std::int64_t reach) {
  const Pads pads = to_pads(c.border.axis(axis, c.rank), reach);
  return pads.before + pads.after;
}

// The deprecated conv2d has gradients only for few strides.
bool has_gradient(const Case& c) {
  if (c.function != Function::LegacyConv2d) return true;
  const std::int64_t most = c.border == BorderMode(full) ? 2 : 1;
  return c.subsample[0] <= most && c.subsample[1] <= most;
}

bool has_part(const Case& c) {
  if (is_shape_helper(c.function)) return c.part == Part::Forward;
  const bool separable = c.function == Function::SeparableConv, has_w = !c.w.empty();
  switch (c.part) {
    case Part::Forward:
      return true;
    case Part::GradInputs:
      return has_gradient(c) && !c.x.empty();
    case Part::GradWeights:
      return has_gradient(c) && has_w;
    default:
      return separable;
  }
}

}  // namespace

Edits types() {
  return each({DataType::F64, DataType::F32, DataType::F16, DataType::BF16},
              [](Case& c, DataType type) { c.x_type = c.w_type = c.y_type = type; });
}
Edits flips() {
  return each({true, false}, [](Case& c, bool flip) { c.flip = flip; });
}
Edits layouts() {
  return each({"", "nhwc"}, [](Case& c, const char* layout) { c.layout = layout; });
}

Dims some(const Case& c, const Dims& extents) {
  Dims part;
  for (std::size_t axis = 0; axis < c.rank; ++axis) part.push_back(extents[axis]);
  return part;
}

Edits borders() {
  return each<std::vector<AxisBorder>>(
      {{valid}, {half}, {full}, {1}, {1, 2, 0}, {{1, 0}, {0, 2}, 1}, {{0, 3}, {2, 0}, {1, 2}}},
      [](Case& c, std::vector<AxisBorder> axes) {
        if (axes.size() == 1) {
          c.border = axes[0].kind == AxisBorder::Kind::Pad ? BorderMode(axes[0].before)
                                                           : BorderMode(axes[0].kind);
          return;
        }
        axes.resize(c.rank);
        c.border = BorderMode(std::move(axes)).canonical();
      });
}
Edits strides() {
  return each<Dims>({{1, 1, 1}, {2, 2, 2}, {1, 2, 1}, {3, 1, 2}, {4, 5, 4}},
                    [](Case& c, const Dims& entries) { c.subsample = some(c, entries); });
}
Edits dilations() {
  return each<Dims>({{1, 1, 1}, {2, 2, 2}, {1, 2, 3}},
                    [](Case& c, const Dims& entries) { c.dilation = some(c, entries); });
}

void set_spatial(Shape& shape, std::size_t first, const Dims& extents) {
  std::copy(extents.begin(), extents.end(), shape.begin() + first);
}

Edits filters(Shape Case::*shape) {
  return each<Dims>({{1, 1, 1}, {3, 3, 3}, {2, 2, 2}, {2, 3, 1}, {4, 1, 2}},
                    [=](Case& c, const Dims& f) { set_spatial(c.*shape, 2, some(c, f)); });
}
Edits inputs(Shape Case::*shape) {
  return each<Dims>({{7, 8, 5}, {6, 5, 4}, {3, 3, 3}, {1, 4, 2}},
                    [=](Case& c, const Dims& i) { set_spatial(c.*shape, 2, some(c, i)); });
}
Edits batches(Shape Case::*shape) {
  return each<std::int64_t>({1, 2, 3}, [=](Case& c, std::int64_t n) { (c.*shape)[0] = n; });
}

Edits groups() {
  return each<std::array<std::int64_t, 3>>({{1, 1, 1}, {3, 2, 1}, {4, 6, 2}, {3, 3, 3}, {3, 6, 3}},
                                           set_groups);
}
Edits unshared() {
  return each({false, true}, [](Case& c, bool own) { c.unshared = own; });
}

Case prototype(Function function, std::size_t rank) {
  Case c;
  c.function = function;
  c.rank = rank;
  c.subsample = c.dilation = Dims(rank, 1);
  return c;
}

void make_room(const Case& c, Shape& shape, const Shape& filter, const Dims& more) {
  for (std::size_t axis = 0; axis < c.rank; ++axis) {
    const std::int64_t reach = (filter[2 + axis] - 1) * c.dilation[axis] + 1;
    const std::int64_t least = reach - zeros(c, axis, reach) + more[axis] * c.subsample[axis];
    shape[2 + axis] = std::max(shape[2 + axis], least);
  }
}

Shape with_spatial(Shape front, std::size_t rank) {
  for (std::size_t axis = 0; axis < rank; ++axis) front.push_back(1);
  return front;
}

void ComposedBuilder::add(const Case& prototype, const std::vector<Edits>& factors,
                          const Edit& finish) {
  std::vector<Factor> counts;
  for (const Edits& edits : factors) counts.push_back({"", std::vector<std::string>(edits.size())});
  for (const auto& row : covering_array(counts, {}, 3, 1).rows) {
    Case c = prototype;
    for (std::size_t i = 0; i < row.size(); ++i) factors[i][row[i]](c);
    finish(c);
    add(c);
  }
}

void ComposedBuilder::add(Case c) {
  c.seed = grid_.cases.size() % 7 + 1;
  for (const Part part : {Part::Forward, Part::GradInputs, Part::GradWeights, Part::GradDepthwise,
                          Part::GradPointwise}) {
    c.part = part;
    if (has_part(c)) grid_.cases.push_back(c);
  }
}

}  // namespace convcheck::composing
