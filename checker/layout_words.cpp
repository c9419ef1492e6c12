// The words of layout=, read and written.
#include <array>
#include <functional>
#include <string_view>

#include "checker/layout.h"

namespace convcheck {
namespace {

using Order = OperandLayout::Order;
using Spread = OperandLayout::Spread;

constexpr const char* kExpected =
    "nhwc or permuted, subview or gaps, reversed, loose, offset-1 to offset-63, each with x-, w- "
    "or "
    "y- before it or for all operands; or none for row-major";

[[noreturn]] void refuse(std::string_view word) {
  throw ConvError(ErrorKind::Syntax, "layout", "'" + std::string(word) + "'", kExpected);
}

// The part of an operand's layout that one kind of word says, as a word; "" for the default.
using Part = std::string (*)(const OperandLayout&);

constexpr std::array<Part, 5> kParts{
    [](const OperandLayout& one) -> std::string {
      return one.order == Order::ChannelsLast ? "nhwc"
             : one.order == Order::Permuted   ? "permuted"
                                              : "";
    },
    [](const OperandLayout& one) -> std::string {
      return one.spread == Spread::Subview ? "subview" : one.spread == Spread::Gaps ? "gaps" : "";
    },
    [](const OperandLayout& one) -> std::string { return one.reversed ? "reversed" : ""; },
    [](const OperandLayout& one) -> std::string { return one.loose ? "loose" : ""; },
    [](const OperandLayout& one) -> std::string {
      return one.offset > 0 ? "offset-" + std::to_string(one.offset) : "";
    },
};

int offset_of(std::string_view digits) {
  if (digits.empty() || digits.size() > 2 || digits[0] == '0') return 0;
  int number = 0;
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') return 0;
    number = number * 10 + (digit - '0');
  }
  return number < 64 ? number : 0;
}

// False for what is no word.
bool set(std::string_view word, OperandLayout& one) {
  constexpr std::string_view kOffset = "offset-";
  if (word == "nhwc" || word == "permuted") {
    one.order = word == "nhwc" ? Order::ChannelsLast : Order::Permuted;
  } else if (word == "subview" || word == "gaps") {
    one.spread = word == "gaps" ? Spread::Gaps : Spread::Subview;
  } else if (word == "reversed") {
    one.reversed = true;
  } else if (word == "loose") {
    one.loose = true;
  } else if (word.substr(0, kOffset.size()) == kOffset) {
    one.offset = offset_of(word.substr(kOffset.size()));
    return one.offset > 0;
  } else {
    return false;
  }
  return true;
}

// The kind of word by which two layouts of one word differ from the default.
std::size_t part_of(const OperandLayout& one) {
  std::size_t part = 0;
  while (kParts[part](one).empty()) ++part;
  return part;
}

void apply(std::string_view text, Layout& layout) {
  const bool scoped = text.size() > 2 && text[1] == '-' && text.find_first_of("xwy") == 0;
  const std::string_view word = scoped ? text.substr(2) : text;
  OperandLayout alone;
  if (!set(word, alone)) refuse(text);
  const std::size_t part = part_of(alone);
  for (OperandLayout* one : {&layout.x, &layout.w, &layout.y}) {
    const char name = one == &layout.x ? 'x' : one == &layout.w ? 'w' : 'y';
    if (scoped && text[0] != name) continue;
    if (!kParts[part](*one).empty()) refuse(text);
    set(word, *one);
  }
}

}  // namespace

Layout parse_layout(const std::string& text) {
  Layout layout;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    apply(rest.substr(0, comma), layout);
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
    if (rest.empty()) refuse(text);
  }
  return layout;
}

std::string to_string(const Layout& layout) {
  std::string text;
  const auto add = [&](const std::string& word) {
    if (!word.empty()) text += (text.empty() ? "" : ",") + word;
  };
  for (const Part part : kParts) {
    const std::string x = part(layout.x), w = part(layout.w), y = part(layout.y);
    if (x == w && w == y) {
      add(x);
      continue;
    }
    if (!x.empty()) add("x-" + x);
    if (!w.empty()) add("w-" + w);
    if (!y.empty()) add("y-" + y);
  }
  return text;
}

}  // namespace convcheck
