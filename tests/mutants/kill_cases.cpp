#include "tests/mutants/kill_matrix.h"

namespace convcheck {
namespace {

// Every line with each of the directions.
void add_in_all_directions(const std::string& rest, std::vector<std::string>& lines) {
  const std::string function = rest.substr(0, rest.find(' '));
  const std::string fields = rest.substr(rest.find(' '));
  for (const Direction direction : kAllDirections) {
    lines.push_back(function + "." + to_string(direction) + fields);
  }
}

}  // namespace

std::vector<std::string> kill_cases() {
  const char* const in_all_directions[] = {
      "conv2d f32 x=2x2x5x4 w=2x2x3x2 border=(1,0),(0,2) subsample=2x1",
      "conv2d f32 x=1x1x6x4 w=2x1x3x2 border=half dilation=2x1",
      "conv2d f32 x=2x4x3x4 w=6x2x2x2 subsample=1x2 groups=2 noflip",
      "conv2d f32 x=1x2x4x4 w=2x2x3x3 border=1",
      "conv2d f32 x=2x3x4x3 w=2x3x2x2 layout=nhwc",
      "conv1d f32 x=3x1x10 w=2x1x3 border=(2,1) subsample=3",
      "conv1d f64 x=2x3x5 w=2x3x3",
  };
  std::vector<std::string> lines;
  for (const char* line : in_all_directions) add_in_all_directions(line, lines);
  for (const char* line : {
           "conv2d.forward f32 x=1x1x3x3 w=1x1x2x2 border=3",
           "conv2d.forward f32 x=1x17x2x2 w=9x17x1x2",
           "conv2d.grad_inputs f32 x=1x12x1x2 w=9x12x1x1",
           "conv2d.grad_weights f32 x=2x17x1x2 w=2x17x1x1",
           "conv2d.forward f32 x=1x2x4x3 w=2x3x2x2x2x2 unshared",
           "conv2d.grad_weights f32 x=2x1x3x3 w=2x2x2x1x2x2 unshared",
           "conv3d.forward f32 x=1x2x3x4x3 w=1x2x2x2x2 border=1,0,1 subsample=1x2x1",
           "conv3d.grad_inputs f32 x=1x1x3x3x4 w=2x1x2x1x2 subsample=2x1x1",
           "conv2d.forward f32 x=2x5x8x8 w=1x5x1x1",
           "conv2d.forward f32 x=1x1x7x8 w=1x1x2x2 subsample=3x2 dilation=1x2",
           "conv2d.forward f16 x=1x3x4x3 w=2x3x2x2",
           "conv2d.grad_weights bf16 x=2x2x3x3 w=2x2x2x2",
       }) {
    lines.push_back(line);
  }
  for (std::size_t i = 0; i < lines.size(); ++i) lines[i] += " seed=" + std::to_string(i);
  return lines;
}

}  // namespace convcheck
