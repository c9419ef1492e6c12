// Batch files: words, comments and nested files.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "checker/benchdnn.h"
#include "checker/benchdnn_options.h"

namespace convcheck {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostCases = 1000000;
constexpr std::int64_t kMostFiles = 10000;
constexpr std::string_view kBatch = "--batch=";

struct Word {
  std::string text;
  std::int64_t line = 0;
};

// The words of a file. A '\' at the end of a word, or by itself, joins the word before it and the
// one behind it.
std::vector<Word> words_of(std::istream& in) {
  std::vector<Word> words;
  bool joined = false;
  std::string line;
  for (std::int64_t number = 1; std::getline(in, line); ++number) {
    std::istringstream blanks(line);
    for (std::string text; blanks >> text && text[0] != '#';) {
      const bool joins = text.back() == '\\';
      if (joins) text.pop_back();
      if (joined && !words.empty()) {
        words.back().text += text;
      } else if (!text.empty()) {
        words.push_back({text, number});
      }
      joined = joins;
    }
  }
  return words;
}

class Reader {
 public:
  void read(std::istream& in, const std::string& name, const std::string& folder) {
    if (++files_ > kMostFiles) {
      throw ConvError(ErrorKind::Syntax, name, std::to_string(files_) + " batch files",
                      "at most " + std::to_string(kMostFiles));
    }
    const std::vector<Word> words = words_of(in);
    if (in.bad()) {
      throw ConvError(ErrorKind::Syntax, "file", name, "one that can be read to its end");
    }
    for (const Word& word : words) {
      if (word.text.compare(0, kBatch.size(), kBatch) == 0) {
        include(word, name, folder);
      } else {
        take_at(word, name);
      }
    }
  }

  void read_file(const std::string& path) {
    std::ifstream in(path);
    if (!in || (in.peek(), in.bad())) {  // a folder opens, but nothing can be read from it
      throw ConvError(ErrorKind::Syntax, "file", path, "a file that can be read");
    }
    in.clear();
    std::error_code none;
    open_.push_back(fs::canonical(path, none));
    read(in, path, fs::path(path).parent_path().string());
    open_.pop_back();
  }

  BenchdnnCases take() { return std::move(result_); }

 private:
  // A word may be as long as a file.
  [[noreturn]] static void refuse_at(const Word& word, const std::string& name,
                                     const std::string& what, const std::string& value,
                                     const std::string& expected) {
    constexpr std::size_t kShown = 200;
    throw ConvError(ErrorKind::Syntax,
                    name + ":" + std::to_string(word.line) + ": " + what.substr(0, kShown),
                    value.size() > kShown ? value.substr(0, kShown) + "..." : value, expected);
  }

  void include(const Word& word, const std::string& name, const std::string& folder) {
    const fs::path path = fs::path(folder) / word.text.substr(kBatch.size());
    std::error_code none;
    const fs::path target = fs::canonical(path, none);
    if (!fs::is_regular_file(target, none)) {
      refuse_at(word, name, "--batch", path.string(), "a file that can be read");
    }
    if (std::find(open_.begin(), open_.end(), target) != open_.end()) {
      refuse_at(word, name, "--batch", path.string(), "a file that does not include itself");
    }
    read_file(path.string());
  }

  void take_at(const Word& word, const std::string& name) {
    try {
      take(word.text);
    } catch (const ConvError& error) {
      refuse_at(word, name, error.argument(), error.value(), error.expected());
    }
    if (result_.cases.size() > kMostCases) {
      refuse_at(word, name, "cases", std::to_string(result_.cases.size()),
                "at most " + std::to_string(kMostCases));
    }
  }

  void take(const std::string& text) {
    if (text.empty() || text[0] != '-') return add_cases(settings_, text, result_);
    if (settings_.take(text)) return;
    const std::size_t equals = text.find('=');
    const bool verbosity = text.compare(0, 2, "-v") == 0;
    if (equals == std::string::npos && !verbosity) {
      throw ConvError(ErrorKind::Syntax, "option", "'" + text + "'",
                      "--conv, --deconv, --reset or --name=value");
    }
    ++result_.not_modelled[verbosity ? "-v" : text.substr(0, equals)];
  }

  benchdnn::Settings settings_;
  BenchdnnCases result_;
  std::vector<fs::path> open_;
  std::int64_t files_ = 0;
};

}  // namespace

BenchdnnCases read_benchdnn(const std::string& path) {
  Reader reader;
  reader.read_file(path);
  return reader.take();
}

BenchdnnCases read_benchdnn(std::istream& in, const std::string& name, const std::string& folder) {
  Reader reader;
  reader.read(in, name, folder);
  return reader.take();
}

std::vector<std::string> notes_of(const BenchdnnCases& read) {
  std::vector<std::string> notes;
  for (const auto& [option, count] : read.not_modelled) {
    notes.push_back("not modelled: " + option + ": " + std::to_string(count));
  }
  for (const auto& [reason, count] : read.left_out) {
    notes.push_back("left out: " + reason + ": " + std::to_string(count));
  }
  return notes;
}

bool is_benchdnn(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t");
  if (first == std::string_view::npos) return false;
  line.remove_prefix(first);
  if (line.substr(0, 2) == "--") return true;
  for (const std::string_view key : {"g", "mb", "ic", "id", "ih", "iw", "oc"}) {
    if (line.substr(0, key.size()) != key || line.size() == key.size()) continue;
    const char next = line[key.size()];
    if ('0' <= next && next <= '9') return true;
  }
  return false;
}

}  // namespace convcheck
