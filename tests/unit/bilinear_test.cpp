#include "fast/bilinear.h"

#include <cmath>

#include "tests/unit/composed.h"

namespace convcheck {
namespace {

using testing::DoubleEq;
using testing::DoubleNear;
using testing::ElementsAre;
using testing::Pointwise;

// The closed form of one axis, exact in integers: out at v is between inputs j and j + 1, at (q v -
// (p - 1) / 2) / p.
struct Position {
  std::int64_t from;
  double fraction;
};

Position position(std::int64_t v, std::int64_t p, std::int64_t q) {
  const std::int64_t numerator = q * v - (p - 1) / 2;
  std::int64_t from = numerator / p;
  if (numerator % p < 0) --from;
  return {from, static_cast<double>(numerator - from * p) / static_cast<double>(p)};
}

double clamped(const Tensor& x, Index at, std::int64_t row, std::int64_t column) {
  at[2] = std::min(std::max<std::int64_t>(row, 0), x.shape()[2] - 1);
  at[3] = std::min(std::max<std::int64_t>(column, 0), x.shape()[3] - 1);
  return x.at(at);
}

Tensor closed_form(const Tensor& x, Ratio rows, Ratio columns) {
  for (Ratio* ratio : {&rows, &columns}) {
    const std::int64_t divisor = std::gcd(ratio->numerator, ratio->denominator);
    *ratio = {ratio->numerator / divisor, ratio->denominator / divisor};
  }
  const auto extent = [](std::int64_t n, const Ratio& r) {
    return (n * r.numerator + r.denominator - 1) / r.denominator;
  };
  Tensor y({x.shape()[0], x.shape()[1], extent(x.shape()[2], rows), extent(x.shape()[3], columns)},
           x.type());
  Index at(4, 0);
  do {
    const Position r = position(at[2], rows.numerator, rows.denominator);
    const Position c = position(at[3], columns.numerator, columns.denominator);
    const auto along = [&](std::int64_t row) {
      return (1 - c.fraction) * clamped(x, at, row, c.from) +
             c.fraction * clamped(x, at, row, c.from + 1);
    };
    y.set(at, (1 - r.fraction) * along(r.from) + r.fraction * along(r.from + 1));
  } while (advance(at, y.shape()));
  return y;
}

TEST(BilinearKernel, Is1DATriangle) {
  EXPECT_THAT(bilinear_kernel_1D(1).values(), ElementsAre(1));
  EXPECT_THAT(bilinear_kernel_1D(2).values(), ElementsAre(.5, 1, .5));
  EXPECT_THAT(bilinear_kernel_1D(3, {.normalize = false}).values(), ElementsAre(1, 2, 3, 2, 1));
  const Tensor normalised = bilinear_kernel_1D(3, {.type = DataType::F64});
  EXPECT_THAT(normalised.values(), ElementsAre(1. / 3, 2. / 3, 1, 2. / 3, 1. / 3));
}

TEST(BilinearKernel, Is2DTheOuterProduct) {
  EXPECT_THAT(bilinear_kernel_2D(2).values(), ElementsAre(.25, .5, .25, .5, 1, .5, .25, .5, .25));
  const Tensor kernel = bilinear_kernel_2D({2, 3}, {.normalize = false});
  EXPECT_EQ(kernel.shape(), (Shape{3, 5}));
  EXPECT_THAT(kernel.values(), ElementsAre(1, 2, 3, 2, 1, 2, 4, 6, 4, 2, 1, 2, 3, 2, 1));
}

TEST(BilinearKernel, ARatioBelowOneIsRefused) {
  expect_refusal(ErrorKind::Ratio, "ratio", [] { bilinear_kernel_1D(0); });
  expect_refusal(ErrorKind::Ratio, "ratio", [] { bilinear_kernel_2D({2, -1}); });
  expect_refusal(ErrorKind::Overflow, "ratio", [] { bilinear_kernel_1D(INT64_MAX); });
}

TEST(BilinearUpsampling, GivesTheDocumentedNumbers) {
  on_every_backend([](const BackendPtr& backend) {
    const Tensor x({1, 1, 2, 2}, {1, 2, 3, 4});
    for (const bool use_1D_kernel : {true, false}) {
      EXPECT_THAT(
          bilinear_upsampling(x, {.ratio = 2, .use_1D_kernel = use_1D_kernel}, backend).values(),
          ElementsAre(1, 1.5, 2, 2, 2, 2.5, 3, 3, 3, 3.5, 4, 4, 3, 3.5, 4, 4));
    }
    const Tensor y = bilinear_upsampling(Tensor::copy_of(x, DataType::F64), {.ratio = 3}, backend);
    EXPECT_EQ(y.shape(), (Shape{1, 1, 6, 6}));
    const std::vector<double> values = y.values();
    EXPECT_THAT(std::vector<double>(values.begin(), values.begin() + 6),
                Pointwise(DoubleNear(1e-15), {1., 1., 4. / 3, 5. / 3, 2., 2.}));
    EXPECT_EQ(std::vector<double>(values.begin() + 24, values.begin() + 30),
              std::vector<double>(values.begin() + 30, values.end()));
  });
}

TEST(FracBilinearUpsampling, GivesTheDocumentedNumbers) {
  on_every_backend([](const BackendPtr& backend) {
    const Tensor x({1, 1, 2, 2}, {1, 2, 3, 4}, DataType::F64);
    const Tensor y = frac_bilinear_upsampling(x, {{7, 4}, {5, 3}}, backend);
    EXPECT_EQ(y.shape(), (Shape{1, 1, 4, 4}));
    EXPECT_THAT(y.values(), Pointwise(DoubleNear(1e-6), {1., 1.2, 1.8, 2., 9. / 7, 1.4857143,
                                                         2.0857143, 2.2857143, 17. / 7, 2.6285714,
                                                         3.2285714, 3.4285714, 3., 3.2, 3.8, 4.}));
  });
  EXPECT_EQ(frac_bilinear_upsampling(counting({1, 1, 200, 200}), {24, 20}).shape(),
            (Shape{1, 1, 240, 240}));
}

TEST(BilinearUpsampling, OfPowersOfTwoIsTheClosedFormExactly) {
  on_every_backend([](const BackendPtr& backend) {
    const Tensor x = scrambled({2, 3, 4, 5}, 1, DataType::F32);
    for (const std::int64_t ratio : {1, 2, 4, 8}) {
      const std::vector<double> expected = closed_form(x, {ratio, 1}, {ratio, 1}).values();
      for (const bool use_1D_kernel : {true, false}) {
        EXPECT_EQ(bilinear_upsampling(x, {.ratio = ratio, .use_1D_kernel = use_1D_kernel}, backend)
                      .values(),
                  expected);
      }
    }
    for (const Ratio& ratio : {Ratio{2, 3}, Ratio{4, 3}, Ratio{8, 5}, Ratio{1, 2}, Ratio{4, 7}}) {
      EXPECT_EQ(frac_bilinear_upsampling(x, {ratio, {2, 1}}, backend).values(),
                closed_form(x, ratio, {2, 1}).values());
    }
  });
}

TEST(BilinearUpsampling, OfAnyRatioIsTheClosedForm) {
  on_every_backend([](const BackendPtr& backend) {
    for (const Shape& shape : {Shape{1, 2, 1, 1}, Shape{2, 1, 3, 4}, Shape{1, 1, 7, 2}}) {
      const Tensor x = scrambled(shape);
      for (std::int64_t p = 1; p <= 7; ++p) {
        for (std::int64_t q = 1; q <= 5; ++q) {
          const Tensor y = frac_bilinear_upsampling(x, {{p, q}, {q, p}}, backend);
          const Tensor expected = closed_form(x, {p, q}, {q, p});
          ASSERT_EQ(y.shape(), expected.shape());
          EXPECT_THAT(y.values(), Pointwise(DoubleNear(1e-13), expected.values())) << p << "/" << q;
        }
      }
    }
  });
}

TEST(BilinearUpsampling, AFractionIsReducedFirst) {
  const Tensor x = scrambled({1, 2, 3, 4});
  EXPECT_EQ(frac_bilinear_upsampling(x, {6, 4}).values(),
            frac_bilinear_upsampling(x, {3, 2}).values());
  EXPECT_EQ(frac_bilinear_upsampling(x, {4, 2}).values(),
            bilinear_upsampling(x, {.ratio = 2}).values());
}

TEST(BilinearUpsampling, LargeImagesGoInPortions) {
  const Tensor x = scrambled({1, 3, 2, 1 << 17});  // becomes 2^20 elements an image, a portion
  const Tensor y = bilinear_upsampling(x, {.ratio = 2});
  EXPECT_EQ(y.values(), closed_form(x, {2, 1}, {2, 1}).values());
  const Tensor dx = bilinear_upsampling_grad_wrt_inputs(y, x.shape(), {.ratio = 2});
  EXPECT_EQ(inner(dx, x), inner(y, y));
}

TEST(BilinearUpsampling, HasTheTypeOfTheInput) {
  EXPECT_EQ(bilinear_upsampling(counting({1, 1, 2, 2}, 1, DataType::F16), {.ratio = 2}).type(),
            DataType::F16);
  EXPECT_EQ(frac_bilinear_upsampling(counting({1, 1, 2, 2}, 1, DataType::F32), {3, 2}).type(),
            DataType::F32);
}

TEST(BilinearUpsampling, ANotANumberReachesOnlyWhereItHasWeight) {
  Tensor x = counting({1, 1, 1, 5}, 1, DataType::F32);
  x.set({0, 0, 0, 2}, NAN);
  const Tensor y = frac_bilinear_upsampling(x, {{1, 1}, {3, 2}});
  for (std::int64_t v = 0; v < 8; ++v) {
    const Position at = position(v, 3, 2);
    const bool reached = at.from == 2 || (at.from == 1 && at.fraction > 0);
    EXPECT_EQ(std::isnan(y.at({0, 0, 0, v})), reached) << v;
  }
}

TEST(BilinearUpsampling, AnyStridesGiveTheSame) {
  const Tensor x = scrambled({2, 3, 4, 5});
  EXPECT_EQ(bilinear_upsampling(Scattered(x), {.ratio = 3}).values(),
            bilinear_upsampling(x, {.ratio = 3}).values());
  const Tensor dy = scrambled({2, 3, 8, 10});
  EXPECT_EQ(bilinear_upsampling_grad_wrt_inputs(Scattered(dy), x.shape(), {.ratio = 2}).values(),
            bilinear_upsampling_grad_wrt_inputs(dy, x.shape(), {.ratio = 2}).values());
}

TEST(BilinearUpsampling, NoImagesGiveNoImages) {
  EXPECT_EQ(bilinear_upsampling(counting({0, 3, 2, 2}), {.ratio = 2}).shape(), (Shape{0, 3, 4, 4}));
}

TEST(BilinearUpsampling, ExactlyOneRatioIsGiven) {
  const auto call = [](const BilinearUpsamplingOptions& options) {
    return [options] { bilinear_upsampling(counting({1, 2, 3, 4}), options); };
  };
  expect_refusal(ErrorKind::Ratio, "ratio and frac_ratio", call({}));
  expect_refusal(ErrorKind::Ratio, "ratio and frac_ratio",
                 call({.ratio = 2, .frac_ratio = {3, 2}}));
  expect_refusal(ErrorKind::Ratio, "ratio", call({.ratio = 0}));
  expect_refusal(ErrorKind::Ratio, "ratio", call({.ratio = -1}));
  expect_refusal(ErrorKind::Unsupported, "use_1D_kernel", call({.frac_ratio = {3, 2}}));
  expect_refusal(ErrorKind::Overflow, "ratio", call({.ratio = INT64_MAX / 2}));
}

TEST(FracBilinearUpsampling, BothNumbersAreAtLeastOne) {
  for (const FracRatio& ratio : {FracRatio(0, 1), FracRatio(3, 0), FracRatio(-3, 2),
                                 FracRatio(3, -2), FracRatio({3, 2}, {3, 0})}) {
    expect_refusal(ErrorKind::Ratio, "frac_ratio", [&] {
      frac_bilinear_upsampling(counting({1, 2, 3, 4}), ratio);
    });
  }
}

TEST(BilinearUpsampling, HintsAndShapesAreChecked) {
  const auto call = [](const Shape& shape, const BilinearUpsamplingOptions& options) {
    return [=] { bilinear_upsampling(counting(shape), options); };
  };
  EXPECT_NO_THROW(call({1, 2, 3, 4}, {.ratio = 2, .batch_size = 1, .num_input_channels = 2})());
  expect_refusal(ErrorKind::Batch, "batch_size", call({1, 2, 3, 4}, {.ratio = 2, .batch_size = 2}));
  expect_refusal(ErrorKind::Channels, "num_input_channels",
                 call({1, 2, 3, 4}, {.ratio = 2, .num_input_channels = 3}));
  expect_refusal(ErrorKind::Rank, "input", call({2, 3, 4}, {.ratio = 2}));
  expect_refusal(ErrorKind::InputShape, "input extent[3]", call({1, 2, 3, 0}, {.ratio = 2}));
}

TEST(BilinearUpsampling, GradientsRefuseAnOutputGradientOfAnotherShape) {
  const auto call = [](const Shape& dy, const ShapeHint& x) {
    return [=] { bilinear_upsampling_grad_wrt_inputs(counting(dy), x, {.ratio = 2}); };
  };
  EXPECT_NO_THROW(call({1, 2, 6, 8}, {std::nullopt, std::nullopt, 3, 4})());
  expect_refusal(ErrorKind::OutputShape, "output_grad's shape", call({1, 2, 6, 8}, {1, 2, 3, 5}));
  expect_refusal(ErrorKind::Channels, "output_grad's shape", call({1, 2, 6, 8}, {1, 3, 3, 4}));
  expect_refusal(ErrorKind::Batch, "output_grad's shape", call({1, 2, 6, 8}, {2, 2, 3, 4}));
  expect_refusal(ErrorKind::InputShape, "input_shape[2]",
                 call({1, 2, 6, 8}, {1, 2, std::nullopt, 4}));
  expect_refusal(ErrorKind::Rank, "input_shape", call({1, 2, 6, 8}, {1, 2, 3}));
  expect_refusal(ErrorKind::Rank, "output_grad", call({2, 6, 8}, {1, 2, 3, 4}));
}

TEST(BilinearUpsampling, RefusesElementsThatCannotBeReached) {
  const Tensor x = counting({1, 1, 2, 2});
  const auto refused = [&](const TensorView& view, ErrorKind kind, const std::string& what) {
    expect_refusal(kind, "input's " + what, [&] { bilinear_upsampling(view, {.ratio = 2}); });
    expect_refusal(kind, "output_grad's " + what, [&] {
      bilinear_upsampling_grad_wrt_inputs(view, {1, 1, 1, 1}, {.ratio = 2});
    });
  };
  TensorView view = x;
  view.data = nullptr;
  refused(view, ErrorKind::Memory, "data");
  view = x;
  view.strides = {2, 1};
  refused(view, ErrorKind::Rank, "strides");
  view = x;
  view.memory = MemoryKind::Cuda;
  refused(view, ErrorKind::Memory, "memory");
}

}  // namespace
}  // namespace convcheck
