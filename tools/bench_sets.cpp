#include "tools/bench_sets.h"

#include <algorithm>

#include "tools/selection.h"
#include "tools/usage_error.h"

namespace convcheck {
namespace {

constexpr const char* kImagenet[] = {
    "conv2d.forward f32 x=1x64x224x224 w=64x64x3x3 border=1 noflip name=vgg_64-64_224",
    "conv2d.forward f32 x=8x3x224x224 w=64x3x7x7 border=3 subsample=2 noflip name=stem_7x7_s2",
    "conv2d.forward f32 x=8x64x56x56 w=64x64x3x3 border=1 noflip name=64-64_56",
    "conv2d.forward f32 x=8x128x28x28 w=128x128x3x3 border=1 noflip name=128-128_28",
    "conv2d.forward f32 x=8x256x14x14 w=256x256x3x3 border=1 noflip name=256-256_14",
    "conv2d.forward f32 x=8x512x7x7 w=512x512x3x3 border=1 noflip name=512-512_7",
    "conv2d.forward f32 x=8x256x56x56 w=64x256x1x1 noflip name=256-64_56_1x1",
    "conv2d.forward f32 x=8x1024x14x14 w=256x1024x1x1 noflip name=1024-256_14_1x1",
    "conv2d.forward f32 x=8x256x28x28 w=256x256x3x3 border=2 dilation=2 noflip name=256_28_d2",
    "conv2d.forward f32 x=8x256x28x28 w=256x8x3x3 border=1 groups=32 noflip name=resnext_28_g32",
    "conv2d.forward f32 x=8x256x28x28 w=256x1x3x3 border=1 groups=256 noflip name=depthwise_28",
    "conv2d.forward f32 x=64x1x28x28 w=6x1x5x5 noflip name=1-6_28_5x5",
};

constexpr const char* kVolume[] = {
    "conv3d.forward f32 x=1x3x16x112x112 w=64x3x3x3x3 border=1 noflip name=c3d_1",
    "conv3d.forward f32 x=1x64x16x56x56 w=128x64x3x3x3 border=1 noflip name=c3d_2",
    "conv3d.forward f32 x=1x256x8x28x28 w=256x256x3x3x3 border=1 noflip name=c3d_3",
    "conv3d.forward f32 x=1x512x2x7x7 w=512x512x3x3x3 border=1 noflip name=c3d_5",
    "conv3d.forward f32 x=2x1x40x40x40 w=16x1x5x5x5 border=2 noflip name=voxels_1-16",
    "conv3d.forward f32 x=1x64x8x28x28 w=64x64x3x1x1 border=1,0,0 noflip name=r2plus1d_time",
};

constexpr const char* kUnshared[] = {
    "conv2d.forward f32 x=8x16x24x24 w=16x22x22x16x3x3 unshared noflip name=16-16_24",
    "conv2d.forward f32 x=1x32x16x16 w=32x14x14x32x3x3 unshared noflip name=32-32_16",
    "conv2d.forward f32 x=32x3x32x32 w=32x28x28x3x5x5 unshared noflip name=3-32_32_5x5",
    "conv1d.forward f32 x=8x64x128 w=64x126x64x3 unshared noflip name=64-64_128",
};

constexpr const char* kSequence[] = {
    "conv1d.forward f32 x=4x128x2048 w=128x128x2 border=(1,0) noflip name=wavenet_d1",
    "conv1d.forward f32 x=4x128x2048 w=128x128x2 border=(16,0) dilation=16 noflip name=wavenet_d16",
    "conv1d.forward f32 x=4x128x2048 w=128x128x2 border=(512,0) dilation=512 noflip "
    "name=wavenet_d512",
    "conv1d.forward f32 x=8x64x4096 w=64x64x3 border=(2,0) noflip name=tcn_64",
    "conv1d.forward f32 x=8x1x16000 w=64x1x16 subsample=8 noflip name=waveform_16_s8",
    "conv1d.forward f32 x=8x256x512 w=256x1x4 border=(3,0) groups=256 noflip name=depthwise_4",
};

template <std::size_t kCount>
std::vector<Case> parsed(const char* const (&lines)[kCount]) {
  std::vector<Case> cases;
  for (const char* line : lines) cases.push_back(parse_case(line));
  return cases;
}

std::vector<Case> in_type(std::vector<Case> cases, DataType type) {
  for (Case& c : cases) c.x_type = c.w_type = c.y_type = type;
  return cases;
}

std::vector<Case> some_layers(std::int64_t sample, std::int64_t batch_cap) {
  const std::vector<Case> all = network_layers();
  const auto count = static_cast<std::int64_t>(all.size());
  const std::int64_t wanted = sample > 0 ? std::min(sample, count) : count;
  std::vector<Case> some;
  for (std::int64_t i = 0; i < wanted; ++i) {
    some.push_back(all[static_cast<std::size_t>(i * count / wanted)]);
    some.back().x[0] = std::min(some.back().x[0], batch_cap);
  }
  return some;
}

}  // namespace

const std::vector<BenchSet>& bench_sets() {
  static const std::vector<BenchSet> sets{{"imagenet", "twelve layers of networks for images"},
                                          {"layers", "the shipped layers of networks"},
                                          {"volume", "3-D"},
                                          {"f64", "imagenet in f64"},
                                          {"f16", "imagenet in f16, for devices"},
                                          {"unshared", "own filters for every position"},
                                          {"sequence", "1-D, padded on the left"}};
  return sets;
}

std::vector<Case> bench_cases(const std::string& set, std::int64_t sample, std::int64_t batch_cap) {
  if (set == "imagenet") return parsed(kImagenet);
  if (set == "layers") return some_layers(sample, batch_cap);
  if (set == "volume") return parsed(kVolume);
  if (set == "f64") return in_type(parsed(kImagenet), DataType::F64);
  if (set == "f16") return in_type(parsed(kImagenet), DataType::F16);
  if (set == "unshared") return parsed(kUnshared);
  if (set == "sequence") return parsed(kSequence);
  std::string names;
  for (const BenchSet& one : bench_sets())
    names += (names.empty() ? "" : ", ") + std::string(one.name);
  throw UsageError("set: '" + set + "' is none of " + names);
}

}  // namespace convcheck
