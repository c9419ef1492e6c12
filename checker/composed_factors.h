// What the grids of composed functions vary, and how their cases are put together. Internal to
// composed_grid.cpp.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

#include "checker/grids.h"

namespace convcheck::composing {

using Edit = std::function<void(Case&)>;
using Edits = std::vector<Edit>;  // what one factor can be

// One edit for each of the values.
template <class Value, class Set>
Edits each(std::initializer_list<Value> values, const Set& set) {
  Edits edits;
  for (const Value& value : values) edits.push_back([=](Case& c) { set(c, value); });
  return edits;
}

// Factors that several functions have. Extents of images and filters are those of `shape`, an
// operand with its spatial axes last; groups sets channels, too, of y if the case has one, else of
// x.
Edits types();
Edits flips();
Edits layouts();
Edits borders();
Edits strides();
Edits dilations();
Edits unshared();
Edits groups();
Edits batches(Shape Case::*shape);
Edits inputs(Shape Case::*shape);
Edits filters(Shape Case::*shape);

// Writes extents behind the first axes of a shape.
void set_spatial(Shape& shape, std::size_t first, const Dims& extents);
// As many of the extents as the case has spatial axes.
Dims some(const Case& c, const Dims& extents);
// The shape with `rank` more axes of one element.
Shape with_spatial(Shape front, std::size_t rank);

// Makes the spatial extents of `shape` so large that the filter has a place, and `more` others.
void make_room(const Case& c, Shape& shape, const Shape& filter, const Dims& more);

// A case of the function without shapes.
Case prototype(Function function, std::size_t rank);

class ComposedBuilder {
 public:
  ComposedBuilder(std::string name, std::string what)
      : grid_{std::move(name), std::move(what), {}, 0} {}

  // Any three edits of different factors together, then `finish`, in all parts.
  void add(const Case& prototype, const std::vector<Edits>& factors, const Edit& finish);
  // One case in all parts that its function has.
  void add(Case c);

  Grid take() { return std::move(grid_); }

 private:
  Grid grid_;
};

}  // namespace convcheck::composing
