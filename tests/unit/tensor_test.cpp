#include "reference/tensor.h"

#include <limits>

#include "tests/unit/worked.h"

// AddressSanitizer refuses impossible allocations by itself unless it is told to return null as the
// standard says.
extern "C" const char* __asan_default_options() { return "allocator_may_return_null=1"; }

namespace convcheck {
namespace {

TEST(Tensor, IsZeroRowMajorAndAligned) {
  const Tensor tensor(Shape{2, 3, 4}, DataType::F16);
  EXPECT_EQ(tensor.values(), Values(24, 0.0));
  EXPECT_EQ(tensor.view().strides, (Strides{12, 4, 1}));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.view().data) % 64, 0u);
  EXPECT_TRUE(tensor.view().contiguous());
}

TEST(Tensor, RoundsItsValuesToItsType) {
  EXPECT_EQ(Tensor({2}, {1 + 0x1p-12, 65520}, DataType::F16).values(),
            (Values{1, std::numeric_limits<double>::infinity()}));
}

TEST(Tensor, CopiesAreApart) {
  Tensor a = counting({2, 2});
  Tensor b = a, c;
  c = a;
  a.set({0, 0}, 7);
  EXPECT_EQ(b.values(), (Values{1, 2, 3, 4}));
  EXPECT_EQ(c.values(), (Values{1, 2, 3, 4}));
  Tensor& itself = c;
  c = itself;
  EXPECT_EQ(c.values(), (Values{1, 2, 3, 4}));
}

TEST(Tensor, AMovedTensorKeepsItsAddress) {
  Tensor a = counting({2, 2});
  const void* address = a.view().data;
  const Tensor b = std::move(a);
  EXPECT_EQ(b.view().data, address);
  EXPECT_EQ(b.values(), (Values{1, 2, 3, 4}));
}

TEST(Tensor, AMovedFromTensorIsLikeANewOne) {
  Tensor a = counting({2, 2});
  const Tensor b = std::move(a);
  EXPECT_TRUE(a.values().empty());  // NOLINT: what is asked
  const Tensor c = a;               // NOLINT
  EXPECT_EQ(c.view().data, nullptr);
  EXPECT_EQ(c.shape(), Shape{});
}

TEST(Tensor, MayHaveNoElements) {
  const Tensor empty(Shape{2, 0, 3});
  EXPECT_EQ(empty.size(), 0);
  EXPECT_TRUE(empty.values().empty());
  EXPECT_EQ(Tensor(empty).shape(), empty.shape());
  EXPECT_TRUE(Tensor::copy_of(permuted(empty, {2, 1, 0})).values().empty());
}

TEST(Tensor, RefusesImpossibleShapes) {
  expect_refused([] { Tensor(Shape{2, -1}); }, ErrorKind::InputShape, "shape", "2x-1");
  expect_refused([] { Tensor(Shape{INT64_MAX, 2}); }, ErrorKind::Overflow, "shape");
  expect_refused([] { Tensor(Shape{INT64_MAX / 4}, DataType::F64); }, ErrorKind::Overflow, "shape");
  expect_refused([] { Tensor(Shape{std::int64_t{1} << 58}); }, ErrorKind::Memory, "shape");
  expect_refused([] { Tensor({2, 2}, {1, 2, 3}); }, ErrorKind::InputShape, "values", "3");
}

TEST(Tensor, GivesItsElementsOnlyAsTheirOwnType) {
  Tensor tensor(Shape{1}, DataType::BF16);
  EXPECT_NO_THROW(tensor.data<std::uint16_t>());
  expect_refused([&] { tensor.data<float>(); }, ErrorKind::DataType, "element type", "float");
  expect_refused([&] { tensor.data<double>(); }, ErrorKind::DataType, "element type", "double");
}

TEST(Views, PermutedAndReversedShareTheElements) {
  const Tensor tensor = counting({2, 3});
  const TensorView transposed = permuted(tensor, {1, 0});
  EXPECT_EQ(transposed.extents, (Shape{3, 2}));
  EXPECT_EQ(Tensor::copy_of(transposed).values(), (Values{1, 4, 2, 5, 3, 6}));
  const TensorView backwards = reversed(tensor, 1);
  EXPECT_EQ(Tensor::copy_of(backwards).values(), (Values{3, 2, 1, 6, 5, 4}));
  EXPECT_EQ(Tensor::copy_of(reversed(backwards, 1)).values(), tensor.values());
  backwards.set({0, 0}, 30);
  EXPECT_EQ(tensor.at({0, 2}), 30);
}

TEST(Views, ReshapedTakesContiguousElementsOnly) {
  const Tensor tensor = counting({2, 3});
  EXPECT_EQ(reshaped(tensor, {3, 2}).at({2, 0}), 5);
  expect_refused([&] { reshaped(permuted(tensor, {1, 0}), {6}); }, ErrorKind::InputShape, "view");
  expect_refused([&] { reshaped(tensor, {4}); }, ErrorKind::InputShape, "extents", "4");
}

TEST(Views, RefuseAxesThatDoNotFit) {
  const Tensor tensor = counting({2, 3});
  expect_refused([&] { permuted(tensor, {0}); }, ErrorKind::Rank, "axes", "1");
  expect_refused([&] { permuted(tensor, {0, 2}); }, ErrorKind::Rank, "axes", "0x2");
  expect_refused([&] { permuted(tensor, {-1, 0}); }, ErrorKind::Rank, "axes", "-1x0");
  expect_refused([&] { permuted(tensor, {0, 0}); }, ErrorKind::Rank, "axes", "0x0");
  expect_refused([&] { reversed(tensor, 2); }, ErrorKind::Rank, "axis", "2");
}

TEST(Views, ContiguousIgnoresTheStridesOfSingleElements) {
  TensorView view = counting({2, 1, 3}).view();
  view.strides[1] = 77;
  EXPECT_TRUE(view.contiguous());
  view.strides[0] = 4;
  EXPECT_FALSE(view.contiguous());
}

TEST(Copy, ConvertsTheTypeAndWritesThroughStrides) {
  const Tensor from = f64({2, 2}, {1, 2, 3, 1e9});
  const Tensor to(Shape{2, 2}, DataType::F16);
  copy(from, permuted(to, {1, 0}));
  EXPECT_EQ(to.values(), (Values{1, 3, 2, std::numeric_limits<double>::infinity()}));
  expect_refused([&] { copy(from, Tensor(Shape{4})); }, ErrorKind::InputShape, "extents", "4");
}

TEST(Dims, HoldsEightEntriesAndRefusesTheNinth) {
  Dims dims(8, 1);
  expect_refused([&] { dims.push_back(1); }, ErrorKind::Rank, "rank");
  EXPECT_EQ(to_string(Dims{2, 3, 8}), "2x3x8");
  EXPECT_EQ(to_string(Dims{}), "scalar");
}

TEST(Dims, CountsElementsOrRefuses) {
  EXPECT_EQ(element_count({}), 1);
  EXPECT_EQ(element_count({INT64_MAX, 0, INT64_MAX}), 0);
  EXPECT_EQ(element_count({INT64_MAX}), INT64_MAX);
  expect_refused([] { element_count({INT64_MAX, 2}, "filters"); }, ErrorKind::Overflow, "filters");
}

TEST(Dims, AdvanceVisitsRowMajorAndEndsAtZeros) {
  Index index(2, 0);
  std::string visited;
  do visited += to_string(index) + " ";
  while (advance(index, {2, 2}));
  EXPECT_EQ(visited, "0x0 0x1 1x0 1x1 ");
  EXPECT_EQ(index, (Index{0, 0}));
}

TEST(Copy, RefusesElementsThatCannotBeReached) {
  const Tensor from = counting({2, 2}), to = counting({2, 2});
  TensorView null = from, device = from, strideless = from;
  null.data = nullptr;
  device.memory = MemoryKind::Cuda;
  strideless.strides = {1};
  const auto refused = [&](const TensorView& view, ErrorKind kind, const std::string& what) {
    expect_refused([&] { Tensor::copy_of(view); }, kind, "from's " + what);
    expect_refused([&] { copy(view, to); }, kind, "from's " + what);
    expect_refused([&] { copy(from, view); }, kind, "to's " + what);
  };
  refused(null, ErrorKind::Memory, "data");
  refused(device, ErrorKind::Memory, "memory");
  refused(strideless, ErrorKind::Rank, "strides");
  EXPECT_EQ(to.values(), (Values{1, 2, 3, 4}));
}

TEST(Copy, OfNoElementsNeedsNoData) {
  TensorView empty = Tensor(Shape{0, 2});
  empty.data = nullptr;
  EXPECT_EQ(Tensor::copy_of(empty).shape(), (Shape{0, 2}));
}

TEST(Dims, StridesOfAnEmptyShapeThatDoNotFitAreRefused) {
  const Shape shape{0, std::int64_t{1} << 57, std::int64_t{1} << 57};
  EXPECT_EQ(element_count(shape), 0);
  EXPECT_THROW(contiguous_strides(shape), ConvError);
  EXPECT_EQ(contiguous_strides({3, 0, 5}), (Strides{5, 5, 1}));
}

}  // namespace
}  // namespace convcheck
