#include "checker/error_map.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "checker/suite.h"
#include "tests/unit/planted_backend.h"

namespace convcheck {
namespace {

// What the suite says of a backend that gets one column of the output wrong.
ErrorMap map_of(const Case& c, std::int64_t column, double error) {
  const auto wrong = planted([&](const ConvProblem& problem, const Operands& operands) {
    compute_right(problem, operands);
    Index at(operands.y.extents.size(), 0);
    do {
      if (at.back() == column) operands.y.set(at, operands.y.at(at) + error);
    } while (advance(at, operands.y.extents));
  });
  SuiteOptions options;
  options.findings_shrunk = 0;
  const Verdict verdict = run_one(c, wrong, options);
  return verdict.worst && verdict.worst->map ? *verdict.worst->map : ErrorMap{};
}

ErrorShare share(const std::vector<NamedErrorShare>& bars, const std::string& name) {
  const auto named = [&](const NamedErrorShare& one) { return one.name == name; };
  const auto found = std::find_if(bars.begin(), bars.end(), named);
  return found == bars.end() ? ErrorShare{-1, -1} : found->share;
}

TEST(ErrorMap, ShowsTheColumnThatIsWrong) {
  const ErrorMap map =
      map_of(parse_case("conv2d.forward f32 x=2x3x6x7 w=4x3x3x3 border=half"), 6, 2);
  ASSERT_EQ(map.rows, 6u);
  ASSERT_EQ(map.columns, 7u);
  for (std::size_t cell = 0; cell < map.cells.size(); ++cell) {
    EXPECT_EQ(map.cells[cell].judged, 8);
    EXPECT_EQ(map.cells[cell].wrong, cell % 7 == 6 ? 8 : 0);
    EXPECT_EQ(map.worst[cell], cell % 7 == 6 ? 2 : 0);
  }
  EXPECT_EQ(share(map.by_border, "last column").wrong, 48);
  EXPECT_EQ(share(map.by_border, "inside").wrong, 0);
  EXPECT_EQ(share(map.by_border, "window whole").wrong, 0);
  EXPECT_EQ(share(map.by_channel, "3").wrong, 12);
  EXPECT_EQ(share(map.by_batch, "1").judged, 168);
}

TEST(ErrorMap, ANanIsAnInfiniteError) {
  const ErrorMap map = map_of(parse_case("conv1d.forward f32 x=1x1x4 w=1x1x2"), 1,
                              std::numeric_limits<double>::quiet_NaN());
  ASSERT_EQ(map.rows, 1u);
  EXPECT_EQ(map.worst[1], std::numeric_limits<double>::infinity());
}

TEST(ErrorMap, PutsALargePlaneIntoCellsThatCoverItOnce) {
  for (const auto& [rows, columns] : {std::pair(70, 4), std::pair(4, 70)}) {
    const std::string extents = std::to_string(rows) + "x" + std::to_string(columns);
    const ErrorMap map =
        map_of(parse_case("conv2d.forward f32 x=1x1x" + extents + " w=1x1x1x1"), columns - 1, 1);
    ASSERT_EQ(map.cells.size(), 32u * 4u);
    std::int64_t judged = 0, wrong = 0;
    for (const ErrorShare& cell : map.cells) {
      judged += cell.judged;
      wrong += cell.wrong;
    }
    EXPECT_EQ(judged, rows * columns);
    EXPECT_EQ(wrong, rows);
    EXPECT_EQ(map.plane_rows, rows);
    EXPECT_EQ(map.plane_columns, columns);
  }
}

}  // namespace
}  // namespace convcheck
