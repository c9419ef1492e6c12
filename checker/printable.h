// Text of somebody else's, made fit for a terminal and for reports.
#pragma once

#include <string>
#include <string_view>

namespace convcheck {

// The text in valid UTF-8 that has, of control characters, only line ends and tabs: every byte of
// what else there is becomes '?'. Of a text longer than `most` bytes the beginning, and "...".
std::string printable(std::string_view text, std::size_t most = std::string_view::npos);

}  // namespace convcheck
