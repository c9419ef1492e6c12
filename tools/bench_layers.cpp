#include "tools/bench_layers.h"

namespace convcheck {
namespace {

// One extent for all spatial axes.
struct Even {
  std::size_t rank = 2;
  std::int64_t batch = 1, channels = 1, filters = 1, groups = 1;
  Window window{};
};

Layer layer(std::string name, const Even& even) {
  ConvProblem problem{.rank = even.rank,
                      .batch = even.batch,
                      .channels = even.channels,
                      .filters = even.filters,
                      .groups = even.groups,
                      .flip = false};
  for (Window& window : problem.axes()) window = even.window;
  return {std::move(name), problem};
}

Window same(std::int64_t input, std::int64_t filter, std::int64_t dilation = 1) {
  const std::int64_t pad = filter / 2 * dilation;
  return {
      .input = input, .filter = filter, .dilation = dilation, .pad_before = pad, .pad_after = pad};
}

}  // namespace

std::vector<Layer> imagenet_layers() {
  const Window stem{.input = 224, .filter = 7, .stride = 2, .pad_before = 3, .pad_after = 3};
  const auto dense = [](std::int64_t channels, std::int64_t filters, const Window& window) {
    return Even{.batch = 8, .channels = channels, .filters = filters, .window = window};
  };
  return {
      layer("vgg 64>64 224 3x3", {.channels = 64, .filters = 64, .window = same(224, 3)}),
      layer("stem 3>64 224 7x7 s2", dense(3, 64, stem)),
      layer("64>64 56 3x3", dense(64, 64, same(56, 3))),
      layer("128>128 28 3x3", dense(128, 128, same(28, 3))),
      layer("256>256 14 3x3", dense(256, 256, same(14, 3))),
      layer("512>512 7 3x3", dense(512, 512, same(7, 3))),
      layer("256>64 56 1x1", dense(256, 64, same(56, 1))),
      layer("1024>256 14 1x1", dense(1024, 256, same(14, 1))),
      layer("256>256 28 3x3 d2", dense(256, 256, same(28, 3, 2))),
      layer("256>256 28 3x3 g32",
            {.batch = 8, .channels = 256, .filters = 256, .groups = 32, .window = same(28, 3)}),
      layer("256>256 28 3x3 g256",
            {.batch = 8, .channels = 256, .filters = 256, .groups = 256, .window = same(28, 3)}),
      layer("1>6 28 5x5",
            {.batch = 64, .channels = 1, .filters = 6, .window = {.input = 28, .filter = 5}}),
  };
}

std::vector<Layer> other_ranks() {
  return {
      layer("wavenet 128>128 2048 2 d16", {.rank = 1,
                                           .batch = 4,
                                           .channels = 128,
                                           .filters = 128,
                                           .window = {.input = 2064, .filter = 2, .dilation = 16}}),
      layer("c3d 64>128 28^3 3",
            {.rank = 3, .batch = 1, .channels = 64, .filters = 128, .window = same(28, 3)}),
      layer("3-d 1>16 40^3 5",
            {.rank = 3, .batch = 2, .channels = 1, .filters = 16, .window = same(40, 5)}),
  };
}

}  // namespace convcheck
