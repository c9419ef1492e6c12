// benchdnn's options: what holds for the descriptors that follow.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checker/benchdnn.h"
#include "checker/benchdnn_descriptor.h"

namespace convcheck::benchdnn {

// FWD_D, FWD_B, BWD_W ...: what is computed, and whether with a bias, which we do not have.
struct Direction {
  Part part = Part::Forward;
  bool bias = true;
  std::string name = "FWD_B";
};

// Of src, weights and dst; nothing for types that we do not have.
struct Types {
  std::optional<DataType> src = DataType::F32, weights = DataType::F32, dst = DataType::F32;
  std::string name = "f32";
};

struct Settings {
  bool transposed = false;
  std::vector<Direction> directions{{}};
  std::vector<Types> types{{}};
  std::vector<std::string> src_tags{"any"}, weights_tags{"any"}, dst_tags{"any"};
  std::vector<std::int64_t> batches{0};  // 0: the descriptor's

  // Takes an option that is modelled, "--dir=BWD_D,BWD_W"; false for any other. Throws
  // ConvError{Syntax} that names the option and its value.
  bool take(std::string_view option);
};

// The cases of a descriptor, one for each combination of the settings; those that we do not have
// are counted. Throws ConvError{Syntax} as parse_descriptor and to_case do.
void add_cases(const Settings& settings, std::string_view descriptor, BenchdnnCases& to);

}  // namespace convcheck::benchdnn
