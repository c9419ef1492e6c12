#include "tools/text_colour.h"

#include <fmt/color.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace convcheck {
namespace {

bool set(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

std::string styled(const std::string& text, fmt::terminal_color colour) {
  return colours_shown() ? fmt::format(fmt::emphasis::bold | fmt::fg(colour), "{}", text) : text;
}

}  // namespace

bool colours_shown() {
  static const bool shown = isatty(STDOUT_FILENO) == 1 && !set("NO_COLOR") && set("TERM") &&
                            std::string_view(std::getenv("TERM")) != "dumb";
  return shown;
}

std::string in_red(const std::string& text) { return styled(text, fmt::terminal_color::red); }
std::string in_green(const std::string& text) { return styled(text, fmt::terminal_color::green); }

}  // namespace convcheck
