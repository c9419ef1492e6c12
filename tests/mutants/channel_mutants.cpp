#include "tests/mutants/planting.h"

namespace convcheck {
namespace {

void groups_interleaved(const ConvProblem& problem, Product& at) {
  at.channel = at.k % problem.groups * problem.group_channels() + at.c;
}

void channels_interleaved(const ConvProblem& problem, Product& at) {
  at.channel = at.c * problem.groups + at.channel / problem.group_channels();
}

void group_sizes_exchanged(const ConvProblem& problem, Product& at) {
  at.channel = at.k / problem.group_filters() * problem.group_filters() + at.c;
}

// The last channels, where their number is no multiple of the tile's.
Mistakes without_the_last_tile_of(std::int64_t tile) {
  return dropped([tile](const ConvProblem& problem, const Product& at) {
    return at.c >= problem.group_channels() / tile * tile && problem.group_channels() > tile;
  });
}

bool in_the_filter_tail(const ConvProblem& problem, const Product& at) {
  return problem.filters > 8 && at.k >= problem.filters / 8 * 8;
}

// A number of channels that is no multiple of 8 is rounded up: the image has channels too many.
void channel_pitch_of_8(const ConvProblem& problem, Product& at) {
  if (problem.channels <= 8) return;
  const std::int64_t pitch = (problem.channels + 7) / 8 * 8;
  const std::int64_t number = at.n * pitch + at.channel;
  at.n = number / problem.channels;
  at.channel = number % problem.channels;
}

// Element numbers of x in a type that ends at 512.
void short_index(const ConvProblem& problem, Product& at) {
  const Shape shape = problem.x_shape();
  if (at.padding) return;
  Index x{at.n, at.channel};
  for (std::size_t axis = 0; axis < problem.rank; ++axis) x.push_back(at.i[axis]);
  std::int64_t number = 0;
  for (std::size_t axis = 0; axis < x.size(); ++axis) number = number * shape[axis] + x[axis];
  if (number < 512) return;
  number -= 512;
  for (std::size_t axis = x.size(); axis-- > 2; number /= shape[axis]) {
    at.i[axis - 2] = number % shape[axis];
  }
  at.channel = number % shape[1];
  at.n = number / shape[1];
}

bool behind_the_launch_limit(const ConvProblem& problem, const Index& at) {
  return problem.direction != Direction::GradWeights && at[0] >= 65535;
}

void reversed_regions(const ConvProblem& problem, Product& at) {
  for (std::size_t axis = 0; axis < problem.rank; ++axis) {
    at.region[axis] = problem.windows[axis].output() - 1 - at.region[axis];
  }
}

std::vector<Mutant> batch_mutants() {
  return {
      {"ImageZeroEverywhere", "every image of the batch is the first",
       moved([](const ConvProblem&, Product& at) { at.n = 0; })},
      {"ImageZeroSpecial", "the first image sets the sums up and is not added",
       dropped([](const ConvProblem& problem, const Product& at) {
         return problem.batch > 1 && at.n == 0;
       })},
      {"LaunchLimit",
       "images from 65535 on are not computed",
       {.skips = behind_the_launch_limit},
       "value",
       {},
       {"conv1d.forward f32 x=65537x1x1 w=1x1x1"}},
      {"ShortIndex", "the number of an input element overflows (at 512)", moved(short_index)},
      {"RegionsIgnored", "unshared filters of the first region everywhere",
       moved([](const ConvProblem&, Product& at) { at.region = {}; })},
      {"RegionsReversed", "unshared filters are flipped on the axes of their regions, too",
       moved(reversed_regions)},
  };
}

}  // namespace

std::vector<Mutant> channel_mutants() {
  std::vector<Mutant> all{
      {"GroupsInterleaved", "filter k belongs to group k mod groups", moved(groups_interleaved)},
      {"ChannelsInterleaved", "group g reads channels g, g + groups, ...",
       moved(channels_interleaved)},
      {"GroupsIgnored", "right for one group: every filter reads the first group's channels",
       moved([](const ConvProblem&, Product& at) { at.channel = at.c; })},
      {"GroupSizesExchanged", "a group has as many channels as it has filters",
       moved(group_sizes_exchanged)},
      {"LastGroupLeftOut", "the last of several groups is not summed",
       dropped([](const ConvProblem& problem, const Product& at) {
         return problem.groups > 1 && at.k / problem.group_filters() == problem.groups - 1;
       })},
      {"LastChannelLeftOut", "the sum over channels is one too short",
       dropped([](const ConvProblem& problem, const Product& at) {
         return problem.group_channels() > 1 && at.c == problem.group_channels() - 1;
       })},
      {"TileOf4Channels", "channels behind the last whole tile of 4 are left out",
       without_the_last_tile_of(4)},
      {"TileOf8Channels", "channels behind the last whole tile of 8 are left out",
       without_the_last_tile_of(8)},
      {"TileOf16Channels", "channels behind the last whole tile of 16 are left out",
       without_the_last_tile_of(16)},
      {"TileOf8Filters", "filters behind the last whole tile of 8 are not summed",
       dropped(in_the_filter_tail)},
      {"ChannelsNoMultipleOf8", "the distance of images is that of channels rounded up to 8",
       moved(channel_pitch_of_8)},
  };
  const std::vector<Mutant> more = batch_mutants();
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace convcheck
