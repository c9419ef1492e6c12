#include "checker/benchdnn_tags.h"

#include <algorithm>
#include <array>

namespace convcheck::benchdnn {
namespace {

using Order = OperandLayout::Order;

constexpr std::string_view kLetters = "abcdef";

// "cde": of a tag's letters those of the spatial axes.
std::string spatial(const Operand& operand) {
  return std::string(kLetters.substr(operand.groups ? 3 : 2, operand.rank));
}

// Letters of our own two leading axes, of which the first may be two: "a", "bc" for grouped
// filters (filters of group a, then channel b of it).
std::array<std::string, 2> leading(const Operand& operand) {
  const std::string out = operand.groups ? "b" : "a", in = operand.groups ? "c" : "b";
  const std::string group = operand.groups ? "a" : "";
  if (operand.kind == Kind::TransposedFilters) return {group + in, out};
  return {group + out, in};
}

// The letters that the names of axes stand for: "nchw" is "abcd", "gohwi" is "abdec".
std::string names_of(const Operand& operand) {
  const std::string axes = std::string("dhw").substr(3 - operand.rank);
  if (operand.kind == Kind::Activations) return "nc" + axes;
  return (operand.groups ? "goi" : "oi") + axes;
}

std::string spelled_out(std::string_view tag, const Operand& operand) {
  const std::string names = names_of(operand);
  const std::size_t count = names.size();
  std::string letters;
  for (const char letter : tag) {
    const std::size_t named = names.find(letter);
    if (letter == 'x') {
      letters += kLetters.substr(2, count - 2);
    } else if (named != std::string::npos && tag.find('b') == std::string_view::npos) {
      letters += kLetters[named];
    } else {
      letters += letter;
    }
  }
  return letters;
}

}  // namespace

std::string tag_of(Order order, const Operand& operand) {
  const auto [first, second] = leading(operand);
  switch (order) {
    case Order::RowMajor:
      return first + second + spatial(operand);
    case Order::ChannelsLast:
      return first + spatial(operand) + second;
    case Order::Permuted:
      break;
  }
  std::string inner = spatial(operand);
  std::reverse(inner.begin(), inner.end());
  return inner + second + first;
}

std::optional<Order> order_of(std::string_view tag, const Operand& operand) {
  if (tag == "any" || tag == "undef") return Order::RowMajor;
  const std::string letters = spelled_out(tag, operand);
  for (const Order order : {Order::RowMajor, Order::ChannelsLast, Order::Permuted}) {
    if (letters == tag_of(order, operand)) return order;
  }
  return std::nullopt;
}

}  // namespace convcheck::benchdnn
