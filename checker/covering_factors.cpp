// What the covering grid varies.
#include <algorithm>

#include "checker/covering_grid.h"

namespace convcheck {
namespace {

const std::vector<std::string> kCounts{"1", "few", "4n", "16n-1", "16n", "16n+1"};

Choice choice(const std::string& factor, const std::string& value) {
  const std::vector<Factor>& factors = covered_factors();
  const auto found = std::find_if(factors.begin(), factors.end(),
                                  [&](const Factor& one) { return one.name == factor; });
  const auto at = std::find(found->values.begin(), found->values.end(), value);
  return {static_cast<std::size_t>(found - factors.begin()),
          static_cast<std::size_t>(at - found->values.begin())};
}

std::vector<Exclusion> exclusions() {
  const auto apart = [](const Choice& a, const Choice& b, const char* reason) {
    return Exclusion{{a, b}, reason};
  };
  const Choice one_axis = choice("rank", "1");
  constexpr const char* kOneAxis = "one axis has nothing to differ from";
  std::vector<Exclusion> all{
      apart(one_axis, choice("stride", "unequal"), kOneAxis),
      apart(one_axis, choice("dilation", "unequal"), kOneAxis),
      apart(one_axis, choice("filter", "non-square"), kOneAxis),
      apart(one_axis, choice("border", "tuple"), kOneAxis),
      apart(choice("input", "smaller"), choice("border", "valid"),
            "without pads the filter has no place on a smaller input"),
      apart(choice("input", "smaller"), choice("filter", "1"),
            "only an empty input is smaller than one tap"),
      apart(choice("groups", "multiplier"), choice("filters", "1"),
            "one channel and one filter a group are depthwise without a multiplier"),
  };
  for (const char* kind : {"depthwise", "multiplier"}) {
    all.push_back(
        apart(choice("groups", kind), choice("channels", "1"), "one channel is one group"));
  }
  all.push_back(apart(choice("groups", "several"), choice("channels", "1"),
                      "groups of one channel are depthwise"));
  for (const std::string& count : kCounts) {
    if (count == "1") continue;
    all.push_back(apart(choice("groups", "depthwise"), choice("filters", count),
                        "depthwise groups have one filter"));
  }
  return all;
}

}  // namespace

const std::vector<Factor>& covered_factors() {
  static const std::vector<Factor> all{
      {"direction", {"forward", "grad_inputs", "grad_weights"}},
      {"rank", {"1", "2", "3"}},
      {"border", {"valid", "half", "full", "integer", "tuple", "asymmetric", "beyond"}},
      {"stride", {"1", "equal", "unequal", "beyond"}},
      {"dilation", {"1", "equal", "unequal"}},
      {"groups", {"1", "several", "depthwise", "multiplier"}},
      {"flip", {"yes", "no"}},
      {"unshared", {"no", "yes"}},
      {"filter", {"1", "odd", "even", "non-square"}},
      {"input", {"larger", "equal", "smaller"}},
      {"batch", {"1", "power of two", "one below", "one above"}},
      {"channels", kCounts},
      {"filters", kCounts},
      {"type", {"f64", "f32", "f16", "bf16"}},
      {"layout",
       {"row-major", "nhwc", "permuted", "subview", "gaps", "reversed", "loose", "offset",
        "mixed"}},
      {"fill", {"narrow", "wide", "real"}},
  };
  return all;
}

const std::vector<Exclusion>& covered_exclusions() {
  static const std::vector<Exclusion> all = exclusions();
  return all;
}

}  // namespace convcheck
