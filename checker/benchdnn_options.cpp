#include "checker/benchdnn_options.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <iterator>
#include <set>

#include "checker/benchdnn_tags.h"
#include "checker/layout.h"

namespace convcheck::benchdnn {
namespace {

constexpr std::size_t kMostCombinations = 100000;  // of the settings, for one descriptor

// Those of other libraries' and of later releases, which a batch file may well name.
constexpr std::string_view kForeignTypes[] = {"s32",     "s8",      "u8",      "s4",
                                              "u4",      "f8_e5m2", "f8_e4m3", "e8m0",
                                              "f4_e2m1", "f4_e3m0", "undef",   "boolean"};

const Direction kDirections[] = {
    {Part::Forward, true, "FWD_B"},      {Part::Forward, false, "FWD_D"},
    {Part::Forward, false, "FWD_I"},     {Part::GradInputs, false, "BWD_D"},
    {Part::GradWeights, false, "BWD_W"}, {Part::GradWeights, true, "BWD_WB"}};

[[noreturn]] void refuse(std::string_view option, std::string_view value,
                         const std::string& expected) {
  throw ConvError(ErrorKind::Syntax, std::string(option), "'" + std::string(value) + "'", expected);
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> pieces;
  for (;;) {
    const std::size_t end = text.find(separator);
    pieces.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return pieces;
    text.remove_prefix(end + 1);
  }
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

Direction direction_of(std::string_view option, const std::string& value) {
  for (const Direction& one : kDirections) {
    if (upper(value) == one.name) return one;
  }
  refuse(option, value, "FWD_B, FWD_D, FWD_I, BWD_D, BWD_W or BWD_WB");
}

// Nothing for a type that is benchdnn's but not ours.
std::optional<DataType> type_of(std::string_view option, const std::string& value) {
  for (const DataType type : kAllDataTypes) {
    if (value == to_string(type)) return type;
  }
  if (std::find(std::begin(kForeignTypes), std::end(kForeignTypes), value) !=
      std::end(kForeignTypes)) {
    return std::nullopt;
  }
  refuse(option, value, "a type, as in f32 or bf16:bf16:f32");
}

Types types_of(std::string_view option, const std::vector<std::string>& names,
               const std::string& value) {
  if (names.size() != 1 && names.size() != 3) refuse(option, value, "one type or three");
  return {type_of(option, names.front()), type_of(option, names[names.size() / 2]),
          type_of(option, names.back()), value};
}

Types types_of_dt(std::string_view option, const std::string& value) {
  return types_of(option, split(value, ':'), value);
}

// "bf16bf16f32", "f32_wino": the older spelling. The algorithm is not modelled.
Types types_of_cfg(std::string_view option, const std::string& value) {
  std::string_view rest = value;
  if (rest.size() > 5 && rest.substr(rest.size() - 5) == "_wino") rest.remove_suffix(5);
  std::vector<std::string> names;
  while (!rest.empty() && names.size() <= 3) {
    const std::size_t next = rest.find_first_of("bfsu", rest[0] == 'b' ? 2 : 1);
    names.emplace_back(rest.substr(0, next));
    rest.remove_prefix(std::min(next, rest.size()));
  }
  if (names.empty()) refuse(option, value, "a configuration, as in bf16bf16f32");
  return types_of(option, names, value);
}

std::string tag_checked(std::string_view option, const std::string& value) {
  const bool word = !value.empty() && std::all_of(value.begin(), value.end(), [](unsigned char c) {
    return std::isalnum(c) != 0;
  });
  if (!word) refuse(option, value, "a tag, as in axb or nhwc");
  return value;
}

std::int64_t batch_of(std::string_view option, const std::string& value) {
  std::int64_t batch = 0;
  const char* const end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, batch);
  if (error != std::errc() || stop != end || batch < 0 || value[0] == '-') {
    refuse(option, value, "an integer from 0 to 2^63 - 1");
  }
  return batch;
}

template <class T, class Read>
std::vector<T> list_of(std::string_view option, std::string_view values, const Read& read) {
  std::vector<T> list;
  for (const std::string& value : split(values, ',')) list.push_back(read(option, value));
  return list;
}

// One combination of the settings.
struct Choice {
  const Direction& direction;
  const Types& types;
  std::string_view src_tag, weights_tag, dst_tag;
  std::int64_t batch;
};

OperandLayout::Order order_of_tag(const char* option, std::string_view tag,
                                  const Operand& operand) {
  if (const auto order = order_of(tag, operand)) return *order;
  throw ConvError(ErrorKind::Unsupported, option, std::string(tag),
                  std::string(option) + "=" + std::string(tag) + ", which is no layout of ours");
}

// A transposed convolution's input is y of its problem.
std::string layout_of(const Descriptor& descriptor, bool transposed, const Choice& choice) {
  const Operand data{Kind::Activations, descriptor.rank, false};
  const Operand filters{transposed ? Kind::TransposedFilters : Kind::Filters, descriptor.rank,
                        descriptor.has_groups};
  Layout layout;
  (transposed ? layout.y : layout.x).order = order_of_tag("--stag", choice.src_tag, data);
  layout.w.order = order_of_tag("--wtag", choice.weights_tag, filters);
  (transposed ? layout.x : layout.y).order = order_of_tag("--dtag", choice.dst_tag, data);
  return to_string(layout);
}

Case case_of(Descriptor descriptor, bool transposed, const Choice& choice) {
  const Types& types = choice.types;
  if (!types.src || !types.weights || !types.dst) {
    throw ConvError(ErrorKind::Unsupported, "types", types.name,
                    "types " + types.name + ", which are not all ours");
  }
  if (choice.batch > 0) descriptor.batch = choice.batch;
  Case c = to_case(descriptor, transposed);
  c.part = choice.direction.part;
  c.x_type = *types.src;
  c.w_type = *types.weights;
  c.y_type = *types.dst;
  c.layout = layout_of(descriptor, transposed, choice);
  return c;
}

template <class Visit>
void for_each_choice(const Settings& settings, const Visit& visit) {
  for (const Direction& direction : settings.directions)
    for (const Types& types : settings.types)
      for (const std::string& src : settings.src_tags)
        for (const std::string& weights : settings.weights_tags)
          for (const std::string& dst : settings.dst_tags)
            for (const std::int64_t batch : settings.batches)
              visit(Choice{direction, types, src, weights, dst, batch});
}

std::size_t combinations(const Settings& settings) {
  double count = 1;
  for (const std::size_t size :
       {settings.directions.size(), settings.types.size(), settings.src_tags.size(),
        settings.weights_tags.size(), settings.dst_tags.size(), settings.batches.size()}) {
    count *= static_cast<double>(size);
  }
  return static_cast<std::size_t>(std::min(count, 1e18));
}

}  // namespace

bool Settings::take(std::string_view option) {
  const std::size_t equals = option.find('=');
  const std::string_view name = option.substr(0, equals);
  if (name == "--conv" || name == "--deconv" || name == "--reset") {
    if (equals != std::string_view::npos) refuse(name, option, "no value");
    const bool deconv = name == "--reset" ? transposed : name == "--deconv";
    *this = Settings();
    transposed = deconv;
    return true;
  }
  if (equals == std::string_view::npos) return false;
  const std::string_view values = option.substr(equals + 1);
  if (name == "--dir") {
    directions = list_of<Direction>(name, values, direction_of);
  } else if (name == "--dt") {
    types = list_of<Types>(name, values, types_of_dt);
  } else if (name == "--cfg") {
    types = list_of<Types>(name, values, types_of_cfg);
  } else if (name == "--mb") {
    batches = list_of<std::int64_t>(name, values, batch_of);
  } else if (name == "--stag") {
    src_tags = list_of<std::string>(name, values, tag_checked);
  } else if (name == "--wtag") {
    weights_tags = list_of<std::string>(name, values, tag_checked);
  } else if (name == "--dtag") {
    dst_tags = list_of<std::string>(name, values, tag_checked);
  } else {
    return false;
  }
  return true;
}

void add_cases(const Settings& settings, std::string_view text, BenchdnnCases& to) {
  const Descriptor descriptor = parse_descriptor(text, settings.transposed);
  if (combinations(settings) > kMostCombinations) {
    refuse("options", std::to_string(combinations(settings)) + " combinations",
           "at most " + std::to_string(kMostCombinations));
  }
  std::set<std::string> lines;
  for_each_choice(settings, [&](const Choice& choice) {
    try {
      Case c = case_of(descriptor, settings.transposed, choice);
      if (choice.direction.bias) ++to.not_modelled["the bias of --dir=" + choice.direction.name];
      if (!lines.insert(to_string(c)).second) {
        ++to.left_out["the same case as one before it but for what is not modelled"];
        return;
      }
      to.cases.push_back(std::move(c));
    } catch (const ConvError& error) {
      if (error.kind() != ErrorKind::Unsupported) throw;
      ++to.left_out[error.expected()];
    }
  });
}

}  // namespace convcheck::benchdnn
