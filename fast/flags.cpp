#include "fast/flags.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <utility>

#include "fast/cudnn/algorithms.h"
#include "reference/error.h"

namespace convcheck {
namespace {

constexpr std::string_view kKnownFlags =
    "optimizer_excluding, optimizer_including, metaopt.optimizer_excluding, "
    "metaopt.optimizer_including, metaopt.verbose, profile, threads, dnn.enabled, "
    "dnn.conv.algo_fwd, dnn.conv.algo_bwd_data, dnn.conv.algo_bwd_filter, dnn.conv.precision, "
    "mode or DebugMode.NAME";
constexpr std::string_view kDebugMode = "DebugMode.";

using Tags = std::vector<std::string>;
using Words = std::vector<std::string_view>;

const Words& backend_tags() {
  static const Words tags{"conv_gemm", "conv_winograd", "conv_dnn", "cudnn"};
  return tags;
}
const Words& candidate_tags() {
  static const Words tags{"conv_gemm",   "conv_winograd", "conv_dnn", "cudnn",
                          "conv_onednn", "alternative",   "conv3d2d", "default"};
  return tags;
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\n") - begin + 1);
}

// The parts between separators that are not blank.
std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const auto end = std::min(text.find(separator), text.size());
    if (const std::string_view part = trimmed(text.substr(0, end)); !part.empty())
      parts.push_back(part);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

int parse_number(const char* flag, std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw ConvError(ErrorKind::Flag, flag, "'" + std::string(text) + "'", "a number, 0 or more");
  }
  return number;
}

bool parse_truth(const char* flag, std::string_view text) {
  for (const std::string_view word : {"True", "true", "1"}) {
    if (text == word) return true;
  }
  for (const std::string_view word : {"False", "false", "0"}) {
    if (text == word) return false;
  }
  throw ConvError(ErrorKind::Flag, flag, "'" + std::string(text) + "'", "True or False");
}

Tags parse_tags(std::string_view text) {
  const auto tags = split(text, ':');
  return {tags.begin(), tags.end()};
}

std::string_view environment() {
  const char* text = std::getenv("CONVCHECK_FLAGS");
  return text == nullptr ? "" : text;
}

// "a, b or c"
std::string alternatives(const Words& words) {
  std::string text(words.front());
  for (std::size_t i = 1; i < words.size(); ++i) {
    text += (i + 1 < words.size() ? ", " : " or ") + std::string(words[i]);
  }
  return text;
}

void check_tags(const char* flag, const Tags& tags, const Words& known) {
  for (const std::string& tag : tags) {
    if (std::find(known.begin(), known.end(), tag) == known.end()) {
      throw ConvError(ErrorKind::Flag, flag, "'" + tag + "'", alternatives(known));
    }
  }
}

void check_number(const char* flag, int number) {
  if (!(number >= 0)) throw ConvError(ErrorKind::Flag, flag, std::to_string(number), "0 or more");
}

void check_word(const char* flag, const std::string& word, const Words& known) {
  if (std::find(known.begin(), known.end(), word) == known.end()) {
    throw ConvError(ErrorKind::Flag, flag, "'" + word + "'", alternatives(known));
  }
}

void check(const FlagValues& values) {
  check_tags("optimizer_excluding", values.optimizer_excluding, backend_tags());
  check_tags("optimizer_including", values.optimizer_including, {"conv_meta"});
  check_tags("metaopt.optimizer_excluding", values.metaopt_excluding, candidate_tags());
  check_tags("metaopt.optimizer_including", values.metaopt_including, candidate_tags());
  check_number("metaopt.verbose", values.metaopt_verbose);
  check_number("threads", values.threads);
  check_word("dnn.enabled", values.dnn_enabled, {"auto", "True", "False", "no_check"});
  check_word("dnn.conv.algo_fwd", values.dnn_conv_algo_fwd,
             cudnn::algorithm_names(Direction::Forward));
  check_word("dnn.conv.algo_bwd_data", values.dnn_conv_algo_bwd_data,
             cudnn::algorithm_names(Direction::GradInputs));
  check_word("dnn.conv.algo_bwd_filter", values.dnn_conv_algo_bwd_filter,
             cudnn::algorithm_names(Direction::GradWeights));
  check_word("dnn.conv.precision", values.dnn_conv_precision, cudnn::precision_names());
}

// The documentation's flags that it has removed, with what takes their place.
void check_not_removed(std::string_view name) {
  for (const std::string_view removed :
       {"dnn.conv.workmem", "dnn.conv.workmem_bwd", "dnn.conv.algo_bwd"}) {
    if (name != removed) continue;
    throw ConvError(ErrorKind::Flag, "flag", "'" + std::string(name) + "'",
                    "dnn.conv.algo_fwd, dnn.conv.algo_bwd_data or dnn.conv.algo_bwd_filter, which "
                    "have replaced it");
  }
}

// Where a flag whose value is a word is kept; null for another flag.
std::string* word_flag(FlagValues& values, std::string_view name) {
  if (name == "dnn.enabled" || name == "dnn.enable") return &values.dnn_enabled;
  if (name == "dnn.conv.algo_fwd") return &values.dnn_conv_algo_fwd;
  if (name == "dnn.conv.algo_bwd_data") return &values.dnn_conv_algo_bwd_data;
  if (name == "dnn.conv.algo_bwd_filter") return &values.dnn_conv_algo_bwd_filter;
  return name == "dnn.conv.precision" ? &values.dnn_conv_precision : nullptr;
}

void set_one(FlagValues& values, std::string_view item) {
  const auto equals = item.find('=');
  if (equals == std::string_view::npos) {
    throw ConvError(ErrorKind::Syntax, "flags", "'" + std::string(item) + "'", "name=value");
  }
  const std::string_view name = trimmed(item.substr(0, equals));
  const std::string_view value = trimmed(item.substr(equals + 1));
  check_not_removed(name);
  if (std::string* const word = word_flag(values, name)) {
    *word = std::string(value);
  } else if (name == "optimizer_excluding") {
    values.optimizer_excluding = parse_tags(value);
  } else if (name == "optimizer_including") {
    values.optimizer_including = parse_tags(value);
  } else if (name == "metaopt.optimizer_excluding") {
    values.metaopt_excluding = parse_tags(value);
  } else if (name == "metaopt.optimizer_including") {
    values.metaopt_including = parse_tags(value);
  } else if (name == "metaopt.verbose") {
    values.metaopt_verbose = parse_number("metaopt.verbose", value);
  } else if (name == "profile") {
    values.profile = parse_truth("profile", value);
  } else if (name == "threads") {
    values.threads = parse_number("threads", value);
  } else if (name == "mode") {
    if (value != "Mode" && value != "DebugMode") {
      throw ConvError(ErrorKind::Flag, "mode", "'" + std::string(value) + "'", "Mode or DebugMode");
    }
    values.debug_mode = value == "DebugMode";
  } else if (name.substr(0, kDebugMode.size()) == kDebugMode) {
    set_debug_option(values.debug, name.substr(kDebugMode.size()), value);
  } else {
    throw ConvError(ErrorKind::Flag, "flag", "'" + std::string(name) + "'",
                    std::string(kKnownFlags));
  }
}

}  // namespace

FlagValues Flags::values() const {
  const std::lock_guard lock(mutex_);
  return values_;
}

int Flags::threads() const {
  const std::lock_guard lock(mutex_);
  return values_.threads;
}

bool Flags::profile() const {
  const std::lock_guard lock(mutex_);
  return values_.profile;
}

std::optional<DebugSettings> Flags::debug_settings() const {
  const std::lock_guard lock(mutex_);
  if (!values_.debug_mode || values_.debug.level == DebugLevel::Off) return std::nullopt;
  return values_.debug;
}

void Flags::assign(FlagValues values) {
  check(values);
  const std::lock_guard lock(mutex_);
  values_ = std::move(values);
}

void Flags::set(std::string_view text) {
  const std::lock_guard lock(mutex_);
  FlagValues values = values_;
  for (const std::string_view item : split(text, ',')) set_one(values, item);
  check(values);
  values_ = std::move(values);
}

Flags& flags() {
  static Flags values(environment());
  return values;
}

}  // namespace convcheck
