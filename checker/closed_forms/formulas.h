// The formulas of closed_form.h, one for each family of functions, and what they share. Internal to
// this folder.
#pragma once

#include <functional>

#include "checker/closed_forms/closed_form.h"

namespace convcheck::closed {

ClosedForm transposed(const Case& c);      // SPEC 4.4
ClosedForm time_and_space(const Case& c);  // SPEC 4.5
ClosedForm legacy(const Case& c);          // SPEC 4.6
ClosedForm separable(const Case& c);       // SPEC 4.7
ClosedForm causal(const Case& c);          // SPEC 4.8
ClosedForm upsampled(const Case& c);       // SPEC 4.9
ClosedForm pyramid(const Case& c);         // SPEC 4.9, its kernels
ClosedForm counted_shape(const Case& c);   // SPEC 5

// Every index of a shape in row-major order; none where an extent is 0.
void for_each_index(const Shape& shape, const std::function<void(const Index&)>& visit);

// Throws ConvError{kind} naming `argument` unless `holds`.
void require(bool holds, ErrorKind kind, const char* argument, std::int64_t value,
             const char* expected);

// As a number that does not overflow.
double count(const Shape& shape);

// Of positive divisors.
std::int64_t floor_of(std::int64_t dividend, std::int64_t divisor);
std::int64_t ceiling_of(std::int64_t dividend, std::int64_t divisor);

// The zeros before and after an axis on which the dilated filter has `reach` elements: SPEC 1.3.
struct Zeros {
  std::int64_t before = 0, after = 0;
};
Zeros zeros_of(const BorderMode& mode, std::size_t axis, std::size_t rank, std::int64_t reach);

// The axes of `shape` from `first` on, `count` of them.
Shape part_of(const Shape& shape, std::size_t first, std::size_t count);
Shape joined(Shape front, const Shape& back);

}  // namespace convcheck::closed
