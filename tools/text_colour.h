// Colours for people.
#pragma once

#include <string>

namespace convcheck {

// Standard output is a terminal that shows colours, and NO_COLOR is not set.
bool colours_shown();

// The texts in bold red or green where colours are shown; as they are elsewhere.
std::string in_red(const std::string& text);
std::string in_green(const std::string& text);

}  // namespace convcheck
