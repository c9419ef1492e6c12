// Reading a case line. Every refusal names the field, its text and what was expected.
#include <algorithm>
#include <charconv>
#include <set>

#include "reference/case.h"
#include "reference/case_words.h"

namespace convcheck {
namespace {

// Of name, layout and fill. All other words are bounded by what they can say, so that every case
// that was read has a spelling within kLongestLine.
constexpr std::size_t kLongestWord = 512;

constexpr std::string_view kCommonFields = "types acc layout fill seed name";

[[noreturn]] void refuse(std::string_view field, std::string_view text,
                         const std::string& expected) {
  throw ConvError(ErrorKind::Syntax, std::string(field), "'" + std::string(text) + "'", expected);
}

// The pieces of `text` between separators; one more than there are separators.
std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  for (;;) {
    const std::size_t end = text.find(separator);
    pieces.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return pieces;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  constexpr std::string_view kBlank = " \t\r\n";
  for (std::size_t at = line.find_first_not_of(kBlank); at != std::string_view::npos;) {
    const std::size_t end = std::min(line.find_first_of(kBlank, at), line.size());
    words.push_back(line.substr(at, end - at));
    at = line.find_first_not_of(kBlank, end);
  }
  return words;
}

template <class Integer>
Integer integer(std::string_view field, std::string_view text, Integer least,
                const char* expected) {
  Integer value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || value < least) refuse(field, text, expected);
  return value;
}

Dims dims(std::string_view field, std::string_view text, std::int64_t least,
          const std::string& expected) {
  Dims entries;
  for (const std::string_view piece : split(text, 'x')) {
    std::int64_t value = 0;
    const char* end = piece.data() + piece.size();
    const auto [stop, error] = std::from_chars(piece.data(), end, value);
    if (error != std::errc() || stop != end || value < least || piece[0] == '-' ||
        entries.size() == Dims::kMaxRank) {
      refuse(field, text, expected);
    }
    entries.push_back(value);
  }
  return entries;
}

class Parser {
 public:
  explicit Parser(std::string_view line) : words_(words_of(line)) {}

  Case parse() {
    read_function();
    for (std::size_t i = 1; i < words_.size(); ++i) read_word(words_[i]);
    require_all();
    check_shapes();
    const bool one_problem = case_.function == Function::Conv ||
                             case_.function == Function::ConvTranspose ||
                             case_.function == Function::CausalConv1d;
    if (one_problem) conv_problem(case_);
    if (is_shape_helper(case_.function)) conv_problem(helper_convolution(case_));
    return case_;
  }

 private:
  void read_function() {
    const std::string_view word = words_.empty() ? std::string_view() : words_[0];
    const std::size_t dot = std::min(word.find('.'), word.size());
    for (const FunctionWord& one : kFunctionWords) {
      if (one.word != word.substr(0, dot)) continue;
      function_ = &one;
      case_.function = one.function;
      case_.rank = one.rank;
      case_.subsample = case_.dilation = Dims(one.rank, 1);
    }
    if (function_ == nullptr) refuse("function", word, "function.part, as in conv2d.forward");
    const std::string_view part = word.substr(std::min(dot + 1, word.size()));
    for (const PartWord& one : kPartWords) {
      if (one.word == part && has_word(function_->parts, part)) {
        case_.part = one.part;
        return;
      }
    }
    refuse("part", part, "one of " + std::string(function_->parts));
  }

  void read_word(std::string_view word) {
    const std::size_t equals = word.find('=');
    if (equals != std::string_view::npos) {
      const std::string_view name = word.substr(0, equals), value = word.substr(equals + 1);
      claim(name, word);
      if (!read_operand(name, value) && !read_parameter(name, value)) read_common(name, value);
    } else if (!read_switch(word)) {
      read_type(word);
    }
  }

  // The function has the field, and the line has it once.
  void claim(std::string_view name, std::string_view word) {
    if (!has_word(function_->fields, name) && !has_word(kCommonFields, name)) {
      refuse("field", word,
             "a field of " + std::string(function_->word) + ": " + own_fields() + " " +
                 std::string(kCommonFields));
    }
    if (!seen_.insert(name).second) refuse(name, word, "once");
  }

  std::string own_fields() const {
    std::string fields(function_->fields);
    fields.erase(std::remove(fields.begin(), fields.end(), '|'), fields.end());
    return fields;
  }

  bool read_switch(std::string_view word) {
    bool* const on = word == "noflip"         ? &case_.flip
                     : word == "unshared"     ? &case_.unshared
                     : word == "2D_kernel"    ? &case_.use_1D_kernel
                     : word == "unnormalized" ? &case_.normalize
                                              : nullptr;
    if (on == nullptr) return false;
    claim(word, word);
    *on = on == &case_.unshared;
    return true;
  }

  void read_type(std::string_view word) {
    for (const DataType type : kAllDataTypes) {
      if (word != to_string(type)) continue;
      claim("types", word);
      case_.x_type = case_.w_type = case_.y_type = type;
      return;
    }
    refuse("word", word, "a field name=value, f64, f32, f16, bf16, or a switch: noflip unshared");
  }

  bool read_operand(std::string_view name, std::string_view value) {
    Shape* const shape = name == "x"    ? &case_.x
                         : name == "w"  ? &case_.w
                         : name == "dw" ? &case_.dw
                         : name == "pw" ? &case_.pw
                         : name == "y"  ? &case_.y
                                        : nullptr;
    if (shape == nullptr) return false;
    *shape = dims(name, value, 0, "extents >= 0, as in 2x3x8x9");
    return true;
  }

  bool read_parameter(std::string_view name, std::string_view value) {
    if (name == "border") {
      case_.border = parse_border_mode(value).canonical();
    } else if (name == "subsample") {
      case_.subsample = per_axis(name, value);
    } else if (name == "dilation") {
      case_.dilation = per_axis(name, value);
    } else if (name == "groups") {
      case_.groups = integer<std::int64_t>(name, value, 1, "an integer >= 1");
    } else if (name == "ratio") {
      case_.ratio = ratios(value);
    } else {
      return false;
    }
    return true;
  }

  Dims per_axis(std::string_view name, std::string_view value) const {
    const std::string expected =
        "an integer >= 1, or " + std::to_string(case_.rank) + " of them, as in 1x2";
    const Dims entries = dims(name, value, 1, expected);
    if (entries.size() == 1) return Dims(case_.rank, entries[0]);
    if (entries.size() != case_.rank) refuse(name, value, expected);
    return entries;
  }

  static std::vector<Ratio> ratios(std::string_view text) {
    constexpr const char* kExpected = "p or p/q, or two of them as in 3/2,2, with p and q >= 1";
    const auto term = [&](std::string_view piece) {
      return integer<std::int64_t>("ratio", piece, 1, kExpected);
    };
    std::vector<Ratio> all;
    for (const std::string_view one : split(text, ',')) {
      const std::vector<std::string_view> terms = split(one, '/');
      if (terms.size() > 2 || all.size() == 2) refuse("ratio", text, kExpected);
      all.push_back({term(terms[0]), terms.size() == 2 ? term(terms[1]) : 1});
    }
    return all;
  }

  void read_common(std::string_view name, std::string_view value) {
    if (name == "types") {
      const std::vector<std::string_view> types = split(value, ',');
      if (types.size() != 3) refuse(name, value, "three types, of x, w and y");
      case_.x_type = parse_data_type(types[0]);
      case_.w_type = parse_data_type(types[1]);
      case_.y_type = parse_data_type(types[2]);
    } else if (name == "acc") {
      case_.accumulator = parse_data_type(value);
    } else if (name == "seed") {
      case_.seed = integer<std::uint64_t>(name, value, 0, "an integer from 0 to 2^64 - 1");
    } else if (name == "name") {
      case_.name = text(name, value, "_.:/+-");
    } else if (name == "layout") {
      case_.layout = text(name, value, "_-,");
    } else {
      case_.fill = text(name, value, "_-");
      if (case_.fill == "narrow") case_.fill.clear();
    }
  }

  // A word of letters, digits and the given signs.
  static std::string text(std::string_view name, std::string_view value, std::string_view signs) {
    const auto allowed = [&](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
             signs.find(c) != std::string_view::npos;
    };
    if (value.size() > kLongestWord) {
      refuse(name, value.substr(0, 20), "at most " + std::to_string(kLongestWord) + " characters");
    }
    if (value.empty() || !std::all_of(value.begin(), value.end(), allowed)) {
      refuse(name, value, "letters, digits and " + std::string(signs));
    }
    return std::string(value);
  }

  void require_all() const {
    if (seen_.count("types") == 0) {
      refuse("type", "", "f64, f32, f16, bf16 or types=x,w,y");
    }
    for (const std::string_view name : words_of(function_->fields)) {
      if (name == "|") return;
      if (seen_.count(name) == 0) refuse(name, "", "it is needed by " + std::string(words_[0]));
    }
  }

  // Of single problems make_problem does the same, in more detail.
  void check_shapes() const {
    const std::size_t axes = 2 + case_.rank;
    const auto check = [&](const char* name, const Shape& shape, std::size_t expected) {
      if (shape.empty() || shape.size() == expected) return;
      refuse(name, to_string(shape), std::to_string(expected) + " extents");
    };
    check("x", case_.x, axes);
    check("w", case_.w, case_.unshared ? axes + case_.rank : axes);
    check("dw", case_.dw, axes);
    check("pw", case_.pw, axes);
    check("y", case_.y, axes);
  }

  std::vector<std::string_view> words_;
  const FunctionWord* function_ = nullptr;
  std::set<std::string_view> seen_;
  Case case_;
};

}  // namespace

Case parse_case(std::string_view line) {
  if (line.size() > kLongestLine) {
    throw ConvError(ErrorKind::Syntax, "line", std::to_string(line.size()) + " characters",
                    "at most " + std::to_string(kLongestLine));
  }
  return Parser(line).parse();
}

}  // namespace convcheck
