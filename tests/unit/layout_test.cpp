#include "checker/layout.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "reference/case.h"
#include "tests/unit/planted_backend.h"

namespace convcheck {
namespace {

using Order = OperandLayout::Order;
using Spread = OperandLayout::Spread;

const ConvProblem kProblem = conv_problem(conv_case({2, 3, 5, 4}, {4, 3, 3, 2}));

std::vector<OperandLayout> many_layouts() {
  std::vector<OperandLayout> all;
  for (const Order order : {Order::RowMajor, Order::ChannelsLast, Order::Permuted}) {
    for (const Spread spread : {Spread::Dense, Spread::Subview, Spread::Gaps}) {
      for (const bool reversed : {false, true}) {
        for (const bool loose : {false, true}) {
          for (const int offset : {0, 1, 12, 63})
            all.push_back({order, spread, reversed, loose, offset});
        }
      }
    }
  }
  return all;
}

TEST(Layout, PrintAndParseAreInverses) {
  const auto layouts = many_layouts();
  for (std::size_t i = 0; i < layouts.size(); ++i) {
    for (std::size_t step : {0, 1, 7}) {
      const Layout layout{layouts[i], layouts[(i + step) % layouts.size()],
                          layouts[(i + 2 * step) % layouts.size()]};
      EXPECT_EQ(parse_layout(to_string(layout)), layout) << to_string(layout);
    }
  }
}

TEST(Layout, HasOneCanonicalSpelling) {
  EXPECT_EQ(to_string(Layout{}), "");
  EXPECT_EQ(to_string(parse_layout("nhwc")), "nhwc");
  EXPECT_EQ(to_string(parse_layout("offset-4,w-reversed,gaps,nhwc")),
            "nhwc,gaps,w-reversed,offset-4");
  EXPECT_EQ(to_string(parse_layout("y-nhwc,x-nhwc,w-nhwc")), "nhwc");
}

TEST(Layout, RefusesWhatIsNoWord) {
  for (const char* text :
       {"chwn", "nhwc,", ",nhwc", "nhwc,nhwc", "nhwc,permuted", "x-nhwc,nhwc", "gaps,subview",
        "offset-0", "offset-64", "offset-", "offset-04", "offset-x", "z-nhwc", "x-", "x", "Nhwc"}) {
    EXPECT_THROW(parse_layout(text), ConvError) << text;
  }
}

TEST(Layout, ACaseLineCarriesEveryLayout) {
  for (const OperandLayout& one : many_layouts()) {
    Case c = conv_case({2, 3, 5, 4}, {4, 3, 3, 2});
    c.layout = to_string(Layout{one, {}, one});
    EXPECT_EQ(parse_case(to_string(c)), c);
  }
}

TEST(Layout, ElementsLieApartAndFillTheSpan) {
  for (const OperandLayout& one : many_layouts()) {
    for (const OperandName operand : {OperandName::X, OperandName::W, OperandName::Y}) {
      Tensor owner;
      const TensorView view = allocate(owner, operand, kProblem, DataType::F32, Layout::all(one));
      const Placement placement = place(operand, kProblem, DataType::F32, one);
      std::set<std::int64_t> offsets;
      Index at(view.rank(), 0);
      do offsets.insert(view.offset(at));
      while (advance(at, view.extents));
      EXPECT_EQ(static_cast<std::int64_t>(offsets.size()), view.size());
      EXPECT_EQ(*offsets.begin(), -placement.before);
      EXPECT_EQ(*offsets.rbegin(), placement.span - placement.before - 1);
      const auto* lowest = static_cast<const std::byte*>(view.data) - 4 * placement.before;
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(lowest) % 64,
                static_cast<unsigned>(one.offset / 4 * 4));
      EXPECT_GE(lowest, static_cast<const std::byte*>(owner.view().data));
      EXPECT_LE(lowest + 4 * placement.span,
                static_cast<const std::byte*>(owner.view().data) + 4 * owner.size());
    }
  }
}

TEST(Layout, EveryLayoutMakesACallThatFits) {
  for (const OperandLayout& one : many_layouts()) {
    const Layout layout = Layout::all(one);
    Tensor x, w, y;
    EXPECT_NO_THROW(
        check_call(kProblem, {allocate(x, OperandName::X, kProblem, DataType::F32, layout),
                              allocate(w, OperandName::W, kProblem, DataType::F32, layout),
                              allocate(y, OperandName::Y, kProblem, DataType::F32, layout)}))
        << to_string(layout);
  }
}

TEST(Layout, ChannelsLastHasChannelsFastest) {
  const auto strides = [](OperandName operand, const ConvProblem& problem) {
    return place(operand, problem, DataType::F32, {.order = Order::ChannelsLast}).strides;
  };
  EXPECT_EQ(strides(OperandName::X, kProblem), (Strides{60, 1, 12, 3}));
  EXPECT_EQ(strides(OperandName::W, kProblem), (Strides{18, 1, 6, 3}));
  ConvProblem unshared = kProblem;
  unshared.unshared = true;  // w is 4x3x3x3x3x2
  EXPECT_EQ(strides(OperandName::W, unshared), (Strides{162, 54, 18, 1, 6, 3}));
}

TEST(Layout, WordsMeanWhatTheySay) {
  const auto strides = [](const OperandLayout& one) {
    return place(OperandName::X, kProblem, DataType::F32, one).strides;
  };
  EXPECT_EQ(strides({}), (Strides{60, 20, 4, 1}));
  EXPECT_EQ(strides({.order = Order::Permuted}), (Strides{1, 2, 6, 30}));
  EXPECT_EQ(strides({.spread = Spread::Subview}), (Strides{210, 42, 6, 1}));
  EXPECT_EQ(strides({.spread = Spread::Gaps}), (Strides{420, 84, 12, 2}));
  EXPECT_EQ(strides({.reversed = true}), (Strides{-60, -20, -4, -1}));
  const ConvProblem thin = conv_problem(conv_case({1, 1, 5}, {1, 1, 2}));
  const Placement loose = place(OperandName::X, thin, DataType::F32, {.loose = true});
  EXPECT_EQ(loose.strides, (Strides{7919, 7920, 1}));
  EXPECT_EQ(loose.span, 5);
}

TEST(Layout, EmptyOperandsHaveNoSpan) {
  const ConvProblem empty = conv_problem(conv_case({0, 1, 5}, {1, 1, 2}));
  for (const OperandLayout& one : many_layouts()) {
    EXPECT_EQ(place(OperandName::X, empty, DataType::F64, one).span, 0);
  }
}

}  // namespace
}  // namespace convcheck
