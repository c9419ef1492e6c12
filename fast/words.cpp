#include "fast/words.h"

#include <algorithm>
#include <cctype>

namespace convcheck {

std::string reworded(std::string_view text, Words words) {
  const auto is_letter = [](char c) {
    return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0;
  };
  std::string result;
  while (!text.empty()) {
    const auto end = std::find_if_not(text.begin(), text.end(), is_letter);
    const std::string_view word = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    const auto known = std::find_if(words.begin(), words.end(),
                                    [&](const Word& pair) { return pair.inner == word; });
    result += known == words.end() ? word : known->outer;
    text.remove_prefix(word.size());
    if (known != words.end() && text.starts_with("' ") && !known->outer.ends_with('s')) {
      result += "'s";
      text.remove_prefix(1);
    }
    const auto next = std::find_if(text.begin(), text.end(), is_letter);
    const auto gap = static_cast<std::size_t>(next - text.begin());
    result += text.substr(0, gap);
    text.remove_prefix(gap);
  }
  return result;
}

}  // namespace convcheck
