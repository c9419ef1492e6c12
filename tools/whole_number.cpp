#include "tools/whole_number.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
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

CLI::Validator seconds(double least) {
  constexpr double kMost = 1e9;
  const auto refuse = [=](const std::string& text) -> std::string {
    double value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error == std::errc() && stop == end && least <= value && value <= kMost) return "";
    char range[64];
    std::snprintf(range, sizeof range, "%g to %g", least, kMost);
    return "'" + text + "': expected seconds, " + range;
  };
  return CLI::Validator([refuse](std::string& text) { return refuse(text); }, "");
}

}  // namespace convcheck
