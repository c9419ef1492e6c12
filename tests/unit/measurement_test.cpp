#include "fast/measurement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace convcheck {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::SizeIs;

// A stream whose time passes as calls say, and what was put into it.
class Stream final : public Moments {
 public:
  double now = 0;
  std::string order;
  int waits = 0;

  void record() override {
    order += '|';
    recorded_.push_back(now);
  }
  std::vector<double> intervals() override {
    order += '.';
    ++waits;
    std::vector<double> seconds;
    for (std::size_t i = 1; i < recorded_.size(); ++i) {
      seconds.push_back(recorded_[i] - recorded_[i - 1]);
    }
    recorded_.clear();
    return seconds;
  }
  void pause(std::size_t calls) override { order += '~' + std::to_string(calls); }
  std::function<void()> call(char name, std::vector<double> takes) {
    return [this, name, takes, number = std::size_t{0}]() mutable {
      order += name;
      now += takes[std::min(number++, takes.size() - 1)];
    };
  }

 private:
  std::vector<double> recorded_;
};

std::vector<double> seconds_of(const std::vector<Raced>& raced) {
  std::vector<double> all;
  for (const Raced& one : raced) all.push_back(std::round(one.seconds * 1e9) * 1e-9);
  return all;
}

std::ptrdiff_t count(const Stream& stream, char name) {
  return std::count(stream.order.begin(), stream.order.end(), name);
}

TEST(SecondsInTurn, EachHasItsOwnSecondsWhateverItsTurn) {
  Stream stream;
  const auto seconds = seconds_in_turn(
      stream, {stream.call('a', {1}), stream.call('b', {2}), stream.call('c', {4})}, 5);
  EXPECT_THAT(seconds, SizeIs(3));
  EXPECT_THAT(seconds[0], ElementsAre(1, 1, 1, 1, 1));
  EXPECT_THAT(seconds[1], ElementsAre(2, 2, 2, 2, 2));
  EXPECT_THAT(seconds[2], ElementsAre(4, 4, 4, 4, 4));
}

TEST(SecondsInTurn, TheFirstCallOfEachDoesNotCount) {
  Stream stream;
  const auto seconds =
      seconds_in_turn(stream, {stream.call('a', {100, 1}), stream.call('b', {50, 1})}, 3);
  for (const std::vector<double>& one : seconds) EXPECT_THAT(one, Each(1));
}

// Nothing but one call stands between two moments, and nobody waits before all are in the stream,
// which stands still until they are.
TEST(SecondsInTurn, NobodyWaitsBetweenCalls) {
  Stream stream;
  seconds_in_turn(stream, {stream.call('a', {1})}, 4);
  EXPECT_EQ(stream.order, "|a|.~4|a|a|a|a|.");
}

TEST(SecondsInTurn, TurnsDiffer) {
  Stream stream;
  seconds_in_turn(stream, {stream.call('a', {1}), stream.call('b', {1})}, 20);
  EXPECT_NE(stream.order.find("|a|b"), std::string::npos);
  EXPECT_NE(stream.order.find("|b|a"), std::string::npos);
  EXPECT_NE(stream.order.find("|b|b"), std::string::npos);
}

TEST(SecondsInTurn, NothingToCallIsNothingMeasured) {
  Stream stream;
  EXPECT_THAT(seconds_in_turn(stream, {}, 3), SizeIs(0));
}

using Calls = std::vector<std::function<void()>>;

// Each in so many seconds, which are not so long that there is no time for more calls.
Calls calls(Stream& stream, std::vector<double> seconds) {
  Calls all;
  for (const double one : seconds) all.push_back(stream.call(char('a' + all.size()), {one}));
  return all;
}

TEST(Race, EachHasItsTypicalSeconds) {
  Stream stream;
  const std::vector<Raced> raced = race(stream, calls(stream, {0.003, 0.001, 0.002}));
  EXPECT_THAT(seconds_of(raced), ElementsAre(0.003, 0.001, 0.002));
  Stream disturbed;
  const std::vector<double> once{0.1, 0.001, 0.002, 0.9, 0.001, 0.003, 0.001, 0.002};
  EXPECT_THAT(seconds_of(race(disturbed, {disturbed.call('a', once)})), ElementsAre(0.002))
      << "which is the median";
}

TEST(Race, WhoIsHopelessIsNotCalledOftenAndWhoIsNotIs) {
  Stream stream;
  race(stream, calls(stream, {0.001, 0.0019, 0.0021}));
  EXPECT_EQ(count(stream, 'a'), 13);
  EXPECT_EQ(count(stream, 'b'), 13);
  EXPECT_EQ(count(stream, 'c'), 3);
}

TEST(Race, LongCallsAreNotManyInAll) {
  Stream stream, longer;
  race(stream, calls(stream, {0.07}));
  EXPECT_EQ(count(stream, 'a'), 3 + 7);
  race(longer, calls(longer, {0.2, 0.3}));
  EXPECT_EQ(count(longer, 'a'), 3);
}

TEST(Race, WhoThrowsOnlyLosesAndIsNotCalledAgain) {
  Stream stream;
  Calls all = calls(stream, {0.002});
  for (const int good : {0, 2, 5}) {
    all.emplace_back([&stream, good, turn = 0]() mutable {
      stream.order += char('b' + good);
      if (turn++ == good) throw std::runtime_error("no luck");
      stream.now += 0.001;
    });
  }
  const std::vector<Raced> raced = race(stream, all);
  EXPECT_THAT(seconds_of(raced), ElementsAre(0.002, 0, 0, 0));
  for (const int good : {0, 2, 5}) EXPECT_EQ(count(stream, char('b' + good)), good + 1);
  EXPECT_EQ(raced[0].failure, "");
  EXPECT_EQ(raced[3].failure, "threw: no luck");
}

TEST(Race, NobodyIsFastWhereAllThrowOrNobodyRuns) {
  Stream stream;
  EXPECT_THAT(race(stream, {}), SizeIs(0));
  EXPECT_EQ(race(stream, {[] { throw std::runtime_error(""); }})[0].failure, "threw: ");
}

TEST(Median, IsTheMiddleOne) {
  EXPECT_EQ(median({3, 1, 100}), 3);
  EXPECT_EQ(median({5}), 5);
  EXPECT_EQ(median({1, 2}), 2);
  EXPECT_EQ(median({}), 0);
}

}  // namespace
}  // namespace convcheck
