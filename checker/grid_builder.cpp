#include "checker/grid_builder.h"

namespace convcheck {

Shape with_regions(const Case& c) {
  Dims dilated;
  for (std::size_t axis = 0; axis < c.rank; ++axis) {
    dilated.push_back((c.w[2 + axis] - 1) * c.dilation[axis] + 1);
  }
  const std::vector<Pads> pads = c.border.pads(dilated);
  Shape shape{c.w[0]};
  for (std::size_t axis = 0; axis < c.rank; ++axis) {
    shape.push_back(Window{c.x[2 + axis], c.w[2 + axis], c.subsample[axis], c.dilation[axis],
                           pads[axis].before, pads[axis].after}
                        .output());
  }
  for (std::size_t axis = 1; axis < c.w.size(); ++axis) shape.push_back(c.w[axis]);
  return shape;
}

void GridBuilder::add(const GridShapes& shapes, const GridParameters& parameters) {
  Case c;
  c.rank = shapes.x.size() - 2;
  c.x = shapes.x;
  c.groups = shapes.groups;
  c.unshared = shapes.unshared;
  const auto or_ones = [&](const Dims& given) { return given.empty() ? Dims(c.rank, 1) : given; };
  for (const BorderMode& border : parameters.borders) {
    for (const Dims& stride : parameters.strides) {
      for (const Dims& dilation : parameters.dilations) {
        for (const bool flip : parameters.flips) {
          c.w = shapes.w;
          c.border = border.canonical();
          c.subsample = or_ones(stride);
          c.dilation = or_ones(dilation);
          c.flip = flip;
          if (c.unshared) c.w = with_regions(c);
          add(c);
        }
      }
    }
  }
}

void GridBuilder::add(const Case& prototype) {
  Case c = prototype;
  for (const Part part : {Part::Forward, Part::GradInputs, Part::GradWeights}) {
    c.part = part;
    for (const DataType type : types_) {
      c.x_type = c.w_type = c.y_type = type;
      try {
        conv_problem(c);
      } catch (const ConvError&) {
        ++grid_.illegal;
        continue;
      }
      grid_.cases.push_back(c);
    }
  }
}

}  // namespace convcheck
