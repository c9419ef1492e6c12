#include "fast/flags.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <utility>

#include "reference/error.h"

namespace convcheck {
namespace {

constexpr std::string_view kKnownFlags = "optimizer_excluding, threads, mode or DebugMode.NAME";
constexpr std::string_view kDebugMode = "DebugMode.";
constexpr std::string_view kKnownTags = "conv_gemm, conv_winograd, conv_dnn or cudnn";

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

int parse_threads(std::string_view text) {
  int threads = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), threads);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw ConvError(ErrorKind::Flag, "threads", "'" + std::string(text) + "'",
                    "a number, 0 or more");
  }
  return threads;
}

std::string_view environment() {
  const char* text = std::getenv("CONVCHECK_FLAGS");
  return text == nullptr ? "" : text;
}

void check(const FlagValues& values) {
  for (const std::string& tag : values.optimizer_excluding) {
    if (tag != "conv_gemm" && tag != "conv_winograd" && tag != "conv_dnn" && tag != "cudnn") {
      throw ConvError(ErrorKind::Flag, "optimizer_excluding", "'" + tag + "'",
                      std::string(kKnownTags));
    }
  }
  if (!(values.threads >= 0)) {
    throw ConvError(ErrorKind::Flag, "threads", std::to_string(values.threads), "0 or more");
  }
}

void set_one(FlagValues& values, std::string_view item) {
  const auto equals = item.find('=');
  if (equals == std::string_view::npos) {
    throw ConvError(ErrorKind::Syntax, "flags", "'" + std::string(item) + "'", "name=value");
  }
  const std::string_view name = trimmed(item.substr(0, equals));
  const std::string_view value = trimmed(item.substr(equals + 1));
  if (name == "optimizer_excluding") {
    const auto tags = split(value, ':');
    values.optimizer_excluding.assign(tags.begin(), tags.end());
  } else if (name == "threads") {
    values.threads = parse_threads(value);
  } else if (name == "mode") {
    if (value != "Mode" && value != "DebugMode") {
      throw ConvError(ErrorKind::Flag, "mode", "'" + std::string(value) + "'",
                      "Mode or DebugMode");
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
