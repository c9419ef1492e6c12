#include "reference/border_mode.h"

#include <algorithm>
#include <charconv>

namespace convcheck {
namespace {

std::string to_string(const AxisBorder& border) {
  switch (border.kind) {
    case AxisBorder::Kind::Valid: return "valid";
    case AxisBorder::Kind::Half: return "half";
    case AxisBorder::Kind::Full: return "full";
    case AxisBorder::Kind::Pad: break;
  }
  if (border.before == border.after) return std::to_string(border.before);
  return "(" + std::to_string(border.before) + "," + std::to_string(border.after) + ")";
}

// Reads one border mode from left to right; every refusal quotes the whole text.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  BorderMode mode() {
    if (rest() == "valid") return convcheck::valid;
    if (rest() == "half") return convcheck::half;
    if (rest() == "full") return convcheck::full;
    std::vector<AxisBorder> entries{entry()};
    const bool single = at_ == text_.size() && text_[0] != '(';
    while (at_ < text_.size()) {
      take(',');
      entries.push_back(entry());
    }
    return single ? BorderMode(entries[0].before) : BorderMode(std::move(entries));
  }

 private:
  std::string_view rest() const { return text_.substr(at_); }

  AxisBorder entry() {
    for (const auto kind : {convcheck::valid, convcheck::half, convcheck::full}) {
      const std::string word = to_string(AxisBorder(kind));
      if (rest().substr(0, word.size()) == word) {
        at_ += word.size();
        return kind;
      }
    }
    if (rest().empty() || rest()[0] != '(') return AxisBorder(integer());
    take('(');
    const std::int64_t before = integer();
    take(',');
    const std::int64_t after = integer();
    take(')');
    return AxisBorder(before, after);
  }

  std::int64_t integer() {
    std::int64_t value = 0;
    const char* end = text_.data() + text_.size();
    const auto [stop, error] = std::from_chars(text_.data() + at_, end, value);
    if (error != std::errc() || text_[at_] == '-') refuse();
    at_ = static_cast<std::size_t>(stop - text_.data());
    return value;
  }

  void take(char expected) {
    if (rest().empty() || rest()[0] != expected) refuse();
    ++at_;
  }

  [[noreturn]] void refuse() const {
    throw ConvError(ErrorKind::BorderMode, "border_mode", "'" + std::string(text_) + "'",
                    "valid, half, full, p, or one p or (p,q) an axis, with p and q >= 0");
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Pads to_pads(const AxisBorder& border, std::int64_t dilated_filter) {
  switch (border.kind) {
    case AxisBorder::Kind::Valid: return {0, 0};
    case AxisBorder::Kind::Half: return {dilated_filter / 2, dilated_filter / 2};
    case AxisBorder::Kind::Full: return {dilated_filter - 1, dilated_filter - 1};
    case AxisBorder::Kind::Pad: break;
  }
  if (border.before < 0 || border.after < 0) {
    throw ConvError(ErrorKind::BorderMode, "border_mode", to_string(border), "pads >= 0");
  }
  return {border.before, border.after};
}

AxisBorder BorderMode::axis(std::size_t axis, std::size_t rank) const {
  if (!every_axis_ && entries_.size() != rank) {
    throw ConvError(ErrorKind::BorderMode, "border_mode", convcheck::to_string(*this),
                    "valid, half, full, an integer or a tuple of " + std::to_string(rank));
  }
  const AxisBorder border = entries_[every_axis_ ? 0 : axis];
  to_pads(border, 1);
  return border;
}

std::vector<Pads> BorderMode::pads(const Dims& dilated_filter) const {
  std::vector<Pads> all;
  for (std::size_t i = 0; i < dilated_filter.size(); ++i) {
    const AxisBorder border = axis(i, dilated_filter.size());
    if (!every_axis_ && border.kind != AxisBorder::Kind::Pad) {
      throw ConvError(ErrorKind::BorderMode, "border_mode", convcheck::to_string(*this),
                      "a tuple of integers and pairs, without words");
    }
    if (!(dilated_filter[i] >= 1)) {
      throw ConvError(ErrorKind::FilterShape, "dilated filter extent[" + std::to_string(i) + "]",
                      std::to_string(dilated_filter[i]), ">= 1");
    }
    all.push_back(to_pads(border, dilated_filter[i]));
  }
  return all;
}

BorderMode BorderMode::canonical() const {
  const AxisBorder first = entries_.empty() ? AxisBorder() : entries_[0];
  const bool equal = !entries_.empty() && first.kind == AxisBorder::Kind::Pad &&
                     first.before == first.after &&
                     std::count(entries_.begin(), entries_.end(), first) ==
                         static_cast<std::ptrdiff_t>(entries_.size());
  if (!equal) return *this;
  return first.before == 0 ? BorderMode() : BorderMode(first.before);
}

std::string to_string(const BorderMode& mode) {
  std::string text;
  for (const AxisBorder& entry : mode.entries()) {
    if (!text.empty()) text += ',';
    text += to_string(entry);
  }
  // A tuple of one integer, which only 1-D takes, is told from an integer for every axis by its parentheses.
  const bool one = !mode.every_axis() && mode.entries().size() == 1;
  return one && text[0] != '(' ? "(" + text + "," + text + ")" : text;
}

BorderMode parse_border_mode(std::string_view text) { return Reader(text).mode(); }

}  // namespace convcheck
