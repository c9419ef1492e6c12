#include "tools/fixtures_tables.h"

#include <set>

#include "checker/random_bits.h"
#include "tools/fixtures_golden.h"

namespace convcheck {
namespace {

// Draws arguments; each draw is a function of the seed and of how many there were before.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : seed_(seed) {}

  std::int64_t number(std::int64_t least, std::int64_t most) {
    const std::uint64_t bits = bits_of(seed_, count_++);
    return least + static_cast<std::int64_t>(bits % static_cast<std::uint64_t>(most - least + 1));
  }
  bool once_in(std::int64_t times) { return number(1, times) == 1; }
  Json one_of(std::initializer_list<Json> levels) {
    return levels.begin()[number(0, static_cast<std::int64_t>(levels.size()) - 1)];
  }
  Json extent(std::int64_t least, std::int64_t most) {
    return once_in(12) ? Json() : Json(number(least, most));
  }
  template <class Entry>
  Json list(std::size_t count, const Entry& entry) {
    Json all = Json::array();
    for (std::size_t i = 0; i < count; ++i) all.push_back(entry());
    return all;
  }
  Json numbers(std::size_t count, std::int64_t least, std::int64_t most) {
    return list(count, [&] { return Json(number(least, most)); });
  }

 private:
  std::uint64_t seed_;
  std::int64_t count_ = 0;
};

Json axis_border(Draw& draw) {
  switch (draw.number(0, 8)) {
    case 0:
      return "half";
    case 1:
      return "full";
    case 2:
      return "valid";
    case 3:
      return -1;
    case 4:
    case 5:
      return draw.numbers(2, 0, 4);
    default:
      return draw.number(0, 4);
  }
}

Json border(Draw& draw, std::size_t rank) {
  switch (draw.number(0, 7)) {
    case 0:
      return "half";
    case 1:
      return "full";
    case 2:
      return "valid";
    case 3:
      return draw.number(-1, 3);
    default:
      return draw.list(rank, [&]() -> Json {
        return draw.once_in(2) ? draw.numbers(2, 0, 4) : Json(draw.number(0, 3));
      });
  }
}

std::size_t rank_of(Draw& draw) { return static_cast<std::size_t>(draw.number(1, 3)); }

Json images(Draw& draw, std::size_t rank) {
  return draw.list(2 + rank, [&] { return draw.extent(1, 12); });
}

Json kernels(Draw& draw, std::size_t rank) {
  return draw.list(2 + rank, [&] { return draw.extent(1, 5); });
}

// Strides are mostly 1: with others the helpers of gradients know nothing.
Json strides(Draw& draw, std::size_t rank) {
  return draw.list(rank, [&] { return Json(draw.once_in(3) ? draw.number(2, 3) : 1); });
}

void add_window(Draw& draw, std::size_t rank, Json& args) {
  args["border_mode"] = border(draw, rank);
  args["subsample"] = strides(draw, rank);
  args["filter_dilation"] = draw.numbers(rank, 1, 3);
}

Json one_axis(Draw& draw, const char* first, const char* second) {
  return {{first, draw.extent(1, 12)},
          {second, draw.extent(1, 7)},
          {"border_mode", axis_border(draw)},
          {"subsample", draw.once_in(2) ? 1 : draw.number(2, 3)},
          {"dilation", draw.number(1, 3)}};
}

Json output_shape(Draw& draw) {
  const std::size_t rank = rank_of(draw);
  Json args{{"image_shape", images(draw, rank)}, {"kernel_shape", kernels(draw, rank)}};
  add_window(draw, rank, args);
  return args;
}

Json gradweights_shape(Draw& draw) {
  const std::size_t rank = rank_of(draw);
  Json args{{"image_shape", images(draw, rank)}, {"top_shape", images(draw, rank)}};
  add_window(draw, rank, args);
  args["num_groups"] = 1;
  args["unshared"] = false;
  return args;
}

Json gradinputs_shape(Draw& draw) {
  const std::size_t rank = rank_of(draw);
  Json args{{"kernel_shape", kernels(draw, rank)}, {"top_shape", images(draw, rank)}};
  add_window(draw, rank, args);
  args["num_groups"] = draw.number(1, 3);
  return args;
}

Json check_gradinputs(Draw& draw) {
  Json args = output_shape(draw);
  args["output_shape"] = images(draw, args["subsample"].size());
  return args;
}

Json assert_shape(Draw& draw) {
  return {{"shape", draw.numbers(2 + rank_of(draw), draw.once_in(3) ? -1 : 0, 9)}};
}

Json pads(Draw& draw) {
  const std::size_t rank = rank_of(draw);
  return {{"mode", draw.once_in(8) ? draw.one_of({"same", "", Json::array({1, 1, 1, 1})})
                                   : border(draw, rank)},
          {"convdim", rank},
          {"kshp", draw.numbers(rank, 1, 7)}};
}

Json flops_args(Draw& draw) {
  const std::int64_t groups = draw.number(1, 3), n = draw.number(1, 3);
  const std::int64_t c = groups * draw.number(1, 3), k = groups * draw.number(1, 3);
  const std::int64_t group_channels = draw.once_in(6) ? c + 1 : c / groups;
  return {{"op", draw.one_of({"AbstractConv2d", "AbstractConv2d_gradWeights",
                              "AbstractConv2d_gradInputs"})},
          {"inputs", {n, c, draw.number(6, 12), draw.number(6, 12)}},
          {"filters", {k, group_channels, draw.number(1, 4), draw.number(1, 4)}},
          {"outputs", {n, k, draw.number(1, 9), draw.number(1, 9)}},
          {"num_groups", groups},
          {"convdim", 2},
          {"unshared", false}};
}

Json flops_legacy_args(Draw& draw) {
  const std::int64_t n = draw.number(1, 3), c = draw.number(1, 3), k = draw.number(1, 3);
  return {{"images", {n, c, draw.number(5, 12), draw.number(5, 12)}},
          {"kerns", {k, c, draw.number(1, 4), draw.number(1, 4)}},
          {"outputs", {n, k, draw.number(1, 9), draw.number(1, 9)}},
          {"output_mode", draw.one_of({"valid", "full"})},
          {"subsample", draw.numbers(2, 1, 3)}};
}

Json op_init(Draw& draw) {
  const std::size_t rank = static_cast<std::size_t>(draw.number(2, 3));
  Json args{{"convdim", draw.once_in(10) ? Json(4) : Json(rank)}};
  add_window(draw, rank, args);
  args["num_groups"] = draw.number(draw.once_in(4) ? -1 : 1, 4);
  args["unshared"] = draw.once_in(3);
  return args;
}

Json shape_1axis(Draw& draw) { return one_axis(draw, "image_shape", "kernel_shape"); }
Json gradweights_1axis(Draw& draw) { return one_axis(draw, "image_shape", "top_shape"); }
Json gradinputs_1axis(Draw& draw) { return one_axis(draw, "kernel_shape", "top_shape"); }

struct Helper {
  const char* name;
  Json (*draw)(Draw&);
};

constexpr Helper kHelpers[] = {
    {"assert_conv_shape", assert_shape},
    {"border_mode_to_pad", pads},
    {"check_conv_gradinputs_shape", check_gradinputs},
    {"flops", flops_args},
    {"flops_legacy", flops_legacy_args},
    {"get_conv_gradinputs_shape", gradinputs_shape},
    {"get_conv_gradinputs_shape_1axis", gradinputs_1axis},
    {"get_conv_gradweights_shape", gradweights_shape},
    {"get_conv_gradweights_shape_1axis", gradweights_1axis},
    {"get_conv_output_shape", output_shape},
    {"get_conv_shape_1axis", shape_1axis},
    {"op_init", op_init},
};

}  // namespace

std::map<std::string, std::vector<GoldenRow>> helper_tables(std::size_t rows) {
  std::map<std::string, std::vector<GoldenRow>> tables;
  for (const Helper& helper : kHelpers) {
    Draw draw(bits_of(kGolden, static_cast<std::int64_t>(tables.size())));
    std::set<std::string> seen;
    std::vector<GoldenRow>& table = tables[helper.name];
    for (std::size_t tries = 0; table.size() < rows && tries < 10 * rows; ++tries) {
      const Json args = helper.draw(draw);
      if (!seen.insert(args.dump()).second) continue;
      table.push_back({args, result_of_helper(helper.name, args)});
    }
  }
  return tables;
}

}  // namespace convcheck
