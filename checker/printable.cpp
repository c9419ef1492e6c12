#include "checker/printable.h"

namespace convcheck {
namespace {

// Of a character beyond ASCII by its first byte; 0: no character begins with it.
std::size_t bytes_of(unsigned first) {
  if (first >= 0xc2 && first < 0xe0) return 2;
  if (first >= 0xe0 && first < 0xf0) return 3;
  return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

// The bytes of the first character; 0: it is none that can be shown. XML has no way to write
// U+FFFE and U+FFFF.
std::size_t first_character(std::string_view text) {
  constexpr unsigned kLeast[] = {0, 0, 0xa0, 0x800, 0x10000};  // below 0xa0 are more controls
  const auto byte = [&](std::size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0u;
  };
  unsigned code = byte(0);
  if (code < 0x80) return (code >= 0x20 && code != 0x7f) || code == '\n' || code == '\t' ? 1 : 0;
  const std::size_t size = bytes_of(code);
  if (size == 0) return 0;
  code &= 0x7fu >> size;
  for (std::size_t at = 1; at < size; ++at) {
    if ((byte(at) & 0xc0) != 0x80) return 0;
    code = code << 6 | (byte(at) & 0x3f);
  }
  const bool surrogate = code >= 0xd800 && code < 0xe000;
  const bool shown =
      code >= kLeast[size] && code < 0x110000 && !surrogate && code != 0xfffe && code != 0xffff;
  return shown ? size : 0;
}

}  // namespace

std::string printable(std::string_view text, std::size_t most) {
  std::string result;
  while (!text.empty()) {
    if (result.size() >= most) return result + "...";
    const std::size_t size = first_character(text);
    result += size == 0 ? "?" : text.substr(0, size);
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return result;
}

}  // namespace convcheck
