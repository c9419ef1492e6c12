#include "checker/benchdnn_descriptor.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <iterator>
#include <limits>
#include <map>
#include <utility>
#include <vector>

namespace convcheck::benchdnn {
namespace {

__extension__ typedef __int128 I128;  // products of two 63-bit numbers

constexpr std::string_view kKeys[] = {"g",  "mb", "ic", "id", "ih", "iw", "oc", "od",
                                      "oh", "ow", "kd", "kh", "kw", "sd", "sh", "sw",
                                      "pd", "ph", "pw", "dd", "dh", "dw"};

[[noreturn]] void refuse(std::string key, std::string value, std::string expected) {
  throw ConvError(ErrorKind::Syntax, std::move(key), std::move(value), std::move(expected));
}

[[noreturn]] void leave_out(std::string key, std::int64_t value, std::string reason) {
  throw ConvError(ErrorKind::Unsupported, std::move(key), std::to_string(value), std::move(reason));
}

std::int64_t narrowed(const std::string& key, I128 value) {
  const I128 largest = std::numeric_limits<std::int64_t>::max();
  if (value > largest || value < -largest) refuse(key, "beyond 63 bits", "an integer below 2^63");
  return static_cast<std::int64_t>(value);
}

// The numbers of a descriptor by their keys.
class Numbers {
 public:
  // Reads all of `text` but the name, which it returns.
  std::string read(std::string_view text) {
    std::string_view rest = text;
    while (!rest.empty() && rest.front() != 'n') {
      if (rest.front() == '_') {
        rest.remove_prefix(1);
        continue;
      }
      const std::string key(key_of(rest));
      if (key.empty()) refuse("descriptor", "'" + std::string(rest) + "'", "a key, as in ic16ih13");
      rest.remove_prefix(key.size());
      const std::int64_t value = number(key, rest);
      if (!values_.emplace(key, value).second) refuse(key, std::to_string(value), "it once");
    }
    return rest.empty() ? "" : unquoted(rest.substr(1));
  }

  bool has(const std::string& key) const { return values_.count(key) > 0; }
  std::int64_t get(const std::string& key, std::int64_t missing) const {
    const auto found = values_.find(key);
    return found == values_.end() ? missing : found->second;
  }
  // Of a key that has to be there.
  std::int64_t needed(const std::string& key) const {
    if (!has(key)) refuse(key, "missing", "an integer >= 1");
    return positive(key, 0);
  }
  std::int64_t positive(const std::string& key, std::int64_t missing) const {
    const std::int64_t value = get(key, missing);
    if (value < 1) refuse(key, std::to_string(value), "an integer >= 1");
    return value;
  }

 private:
  // No key is the beginning of another.
  static std::string_view key_of(std::string_view text) {
    for (const std::string_view key : kKeys) {
      if (text.substr(0, key.size()) == key) return key;
    }
    return {};
  }

  static std::int64_t number(const std::string& key, std::string_view& rest) {
    std::int64_t value = 0;
    const auto [stop, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    const std::string_view digits = rest.substr(0, rest.find_first_not_of("0123456789"));
    if (digits.empty() || error != std::errc()) {
      refuse(key, "'" + std::string(digits.empty() ? rest.substr(0, 20) : digits) + "'",
             "an integer from 0 to 2^63 - 1");
    }
    rest.remove_prefix(digits.size());
    return value;
  }

  // Quotation marks are no part of a name, and not all letters can stand in a case line.
  static std::string unquoted(std::string_view text) {
    std::string name;
    for (const char c : text) {
      if (c == '"') continue;
      const bool fits = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                        std::string_view("_.:/+-").find(c) != std::string_view::npos;
      name += fits ? c : '_';
    }
    return name;
  }

  std::map<std::string, std::int64_t> values_;
};

// One axis, 'd', 'h' or 'w', of a convolution or, with input and output in each other's place, of a
// transposed one.
class AxisReader {
 public:
  AxisReader(const Numbers& numbers, char letter, bool transposed)
      : numbers_(numbers), letter_(letter), transposed_(transposed) {}

  bool is_given() const {
    const bool extents = get('i', 0) != 0 || get('k', 0) != 0 || get('o', 0) != 0;
    return extents || get('d', 0) != 0 || get('s', 1) != 1 || get('p', 0) > 0;
  }

  Axis read() const {
    Axis axis;
    axis.input = numbers_.needed(key('i'));
    axis.kernel = numbers_.needed(key('k'));
    axis.stride = numbers_.positive(key('s'), 1);
    axis.dilation = narrowed(key('d'), I128(get('d', 0)) + 1);
    axis.output = get('o', 0);
    const bool has_pad = numbers_.has(key('p'));
    axis.before = get('p', 0);
    if (axis.output == 0) {
      axis.output = narrowed(key('o'), missing_output(axis));
      if (axis.output < 1) refuse(key('o'), std::to_string(axis.output), "an output >= 1");
    } else if (!has_pad) {
      axis.before = narrowed(key('p'), needed_pads(axis) / 2);
    }
    axis.after = narrowed(key('p'), needed_pads(axis) - axis.before);
    return axis;
  }

 private:
  std::string key(char kind) const { return {kind, letter_}; }
  std::int64_t get(char kind, std::int64_t missing) const {
    return numbers_.get(key(kind), missing);
  }

  static I128 dilated(const Axis& axis) { return I128(axis.kernel - 1) * axis.dilation + 1; }

  I128 missing_output(const Axis& axis) const {
    const I128 pads = I128(2) * axis.before;
    if (transposed_) return I128(axis.input - 1) * axis.stride + dilated(axis) - pads;
    return (axis.input - dilated(axis) + pads) / axis.stride + 1;
  }

  // On both sides together, so that the windows end where the padded input does.
  I128 needed_pads(const Axis& axis) const {
    const std::int64_t windows = transposed_ ? axis.input : axis.output;
    const std::int64_t read = transposed_ ? axis.output : axis.input;
    return I128(windows - 1) * axis.stride + dilated(axis) - read;
  }

  const Numbers& numbers_;
  char letter_;
  bool transposed_;
};

std::vector<Axis> read_axes(const Numbers& numbers, bool transposed) {
  std::vector<Axis> axes;
  std::string given;
  for (const char letter : {'d', 'h', 'w'}) {
    const AxisReader reader(numbers, letter, transposed);
    if (!reader.is_given()) continue;
    axes.push_back(reader.read());
    given += letter;
  }
  if (given.empty()) refuse("iw", "missing", "an axis at least");
  if (given == "dh" || given == "dw") {
    refuse(given == "dh" ? "iw" : "ih", "missing", "all three axes, or d alone");
  }
  if (given == "d") axes.resize(3, axes[0]);
  if (given == "h") axes.resize(2, axes[0]);
  return axes;
}

void check_divides(const char* key, std::int64_t channels, std::int64_t groups) {
  if (channels % groups == 0) return;
  refuse(key, std::to_string(channels), "a multiple of g = " + std::to_string(groups));
}

// The zeros behind the input; windows may leave less than a stride of it unused.
std::int64_t pad_after(const Axis& axis) {
  if (axis.before < 0) {
    leave_out("pad", axis.before, "a pad in front below zero, which cuts off input");
  }
  if (axis.after <= -axis.stride) {
    leave_out("pad", axis.after, "fewer windows than fit, which leaves input unused");
  }
  return std::max<std::int64_t>(axis.after, 0);
}

}  // namespace

Descriptor parse_descriptor(std::string_view text, bool transposed) {
  Numbers numbers;
  Descriptor result;
  result.name = numbers.read(text);
  result.has_groups = numbers.has("g");
  result.groups = numbers.positive("g", 1);
  result.batch = numbers.positive("mb", 2);
  result.in_channels = numbers.needed("ic");
  result.out_channels = numbers.needed("oc");
  check_divides("ic", result.in_channels, result.groups);
  check_divides("oc", result.out_channels, result.groups);
  const std::vector<Axis> axes = read_axes(numbers, transposed);
  result.rank = axes.size();
  std::copy(axes.begin(), axes.end(), result.axes.begin());
  return result;
}

Case to_case(const Descriptor& descriptor, bool transposed) {
  Case c;
  c.function = transposed ? Function::ConvTranspose : Function::Conv;
  c.rank = descriptor.rank;
  c.groups = descriptor.groups;
  c.flip = false;
  c.name = descriptor.name;
  c.x = {descriptor.batch, descriptor.in_channels};
  if (transposed) {
    if (c.rank == 1) leave_out("rank", 1, "a deconvolution of one axis");
    c.y = {descriptor.batch, descriptor.out_channels};
    c.w = {descriptor.in_channels, descriptor.out_channels / c.groups};
  } else {
    c.w = {descriptor.out_channels, descriptor.in_channels / c.groups};
  }
  std::vector<AxisBorder> borders;
  for (std::size_t i = 0; i < c.rank; ++i) {
    const Axis& axis = descriptor.axes[i];
    c.x.push_back(axis.input);
    c.w.push_back(axis.kernel);
    if (transposed) c.y.push_back(axis.output);
    c.subsample.push_back(axis.stride);
    c.dilation.push_back(axis.dilation);
    borders.emplace_back(axis.before, pad_after(axis));
  }
  c.border = BorderMode(std::move(borders)).canonical();
  return parse_case(to_string(c));  // as its line is read
}

}  // namespace convcheck::benchdnn
