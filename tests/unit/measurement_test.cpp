#include "fast/measurement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
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
  std::function<void()> call(char name, std::vector<double> takes) {
    return [this, name, takes, number = std::size_t{0}]() mutable {
      order += name;
      now += takes[std::min(number++, takes.size() - 1)];
    };
  }

 private:
  std::vector<double> recorded_;
};

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

// Nothing but one call stands between two moments, and nobody waits before all are in the stream.
TEST(SecondsInTurn, NobodyWaitsBetweenCalls) {
  Stream stream;
  seconds_in_turn(stream, {stream.call('a', {1})}, 4);
  EXPECT_EQ(stream.order, "|a|.|a|a|a|a|.");
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

TEST(Median, IsTheMiddleOne) {
  EXPECT_EQ(median({3, 1, 100}), 3);
  EXPECT_EQ(median({5}), 5);
  EXPECT_EQ(median({1, 2}), 2);
  EXPECT_EQ(median({}), 0);
}

}  // namespace
}  // namespace convcheck
