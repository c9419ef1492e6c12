#include "tools/whole_number.h"

#include <charconv>
#include <string>

namespace convcheck {

CLI::Validator whole_number(std::uint64_t least, std::uint64_t most) {
  const std::string range =
      "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
  const auto refuse = [=](const std::string& text) -> std::string {
    std::uint64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    const bool fits = error == std::errc() && stop == end && least <= value && value <= most;
    return fits ? "" : "'" + text + "': expected " + range;
  };
  return CLI::Validator([refuse](std::string& text) { return refuse(text); }, "");
}

}  // namespace convcheck
