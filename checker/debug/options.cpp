// Settings by their names, and names of everything.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "checker/debug_mode.h"

namespace convcheck {
namespace {

constexpr std::string_view kNames =
    "level, budget, check_isfinite, check_preallocated_output, check_strides, patience, samples, "
    "action, bundles, bundle_bytes, bundle_limit, report, threads or seed";

[[noreturn]] void refuse(std::string_view name, std::string_view value, std::string_view expected) {
  throw ConvError(ErrorKind::Flag, "DebugMode." + std::string(name), "'" + std::string(value) + "'",
                  std::string(expected));
}

std::vector<std::string> parts(std::string_view text) {
  std::vector<std::string> all;
  while (!text.empty()) {
    const auto end = std::min(text.find(':'), text.size());
    if (end > 0) all.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return all;
}

template <class Number>
Number number(std::string_view name, std::string_view value, Number least, Number most) {
  Number parsed{};
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), parsed);
  const bool whole = error == std::errc() && end == value.data() + value.size();
  if (!whole || !(parsed >= least && parsed <= most)) {
    refuse(name, value, "a number, " + std::to_string(least) + " or more");
  }
  return parsed;
}

std::int64_t count(std::string_view name, std::string_view value, std::int64_t least) {
  return number<std::int64_t>(name, value, least, std::numeric_limits<std::int64_t>::max());
}

int small_count(std::string_view name, std::string_view value, int least) {
  return number<int>(name, value, least, std::numeric_limits<int>::max());
}

bool truth(std::string_view name, std::string_view value) {
  if (value == "1" || value == "true" || value == "True") return true;
  if (value == "0" || value == "false" || value == "False") return false;
  refuse(name, value, "True or False");
}

// One of the enumerators, by its to_string.
template <class Enum>
Enum word(std::string_view name, std::string_view value, std::initializer_list<Enum> all) {
  std::string known;
  for (const Enum one : all) {
    if (value == to_string(one)) return one;
    known += (known.empty() ? "" : ", ") + std::string(to_string(one));
  }
  refuse(name, value, "one of " + known);
}

DebugBudget budget(std::string_view value) {
  constexpr std::string_view kExpected = "1%, every=N, first=K or seconds=S, joined by ':'";
  DebugBudget all;
  for (const std::string& part : parts(value)) {
    const std::string_view text = part;
    const auto equals = text.find('=');
    const std::string_view key = text.substr(0, std::min(equals, text.size()));
    const std::string_view rest = equals == std::string_view::npos ? "" : text.substr(equals + 1);
    if (text.back() == '%') {
      all.share = number<double>("budget", text.substr(0, text.size() - 1), 0, 1e8) / 100;
    } else if (key == "every") {
      all.every = count("budget", rest, 1);
    } else if (key == "first") {
      all.first = count("budget", rest, 1);
    } else if (key == "seconds") {
      all.seconds = number<double>("budget", rest, 0, 1e9);
    } else {
      refuse("budget", value, kExpected);
    }
  }
  return all;
}

std::vector<std::string> outputs(std::string_view value) {
  std::vector<std::string> modes = parts(value);
  for (const std::string& mode : modes) {
    constexpr const char* kKnown[] = {"initial",      "previous", "c_contiguous",
                                      "f_contiguous", "strided",  "ALL"};
    if (std::find(std::begin(kKnown), std::end(kKnown), mode) == std::end(kKnown)) {
      refuse("check_preallocated_output", value,
             "initial, previous, c_contiguous, f_contiguous, strided or ALL, joined by ':'");
    }
  }
  return modes;
}

}  // namespace

const char* to_string(DebugLevel level) {
  constexpr const char* kWords[] = {"off", "sampled", "projection", "full", "paranoid"};
  return kWords[static_cast<std::size_t>(level)];
}

const char* to_string(Violation violation) {
  constexpr const char* kWords[] = {"BadKernelOutput", "BadInputMutation", "BadAlias",
                                    "InvalidValue",    "UnstableResult",   "GuardOverrun",
                                    "ShapeMismatch",   "ContractViolation"};
  return kWords[static_cast<std::size_t>(violation)];
}

const char* to_string(DebugAction action) {
  constexpr const char* kWords[] = {"throw", "log", "callback", "abort"};
  return kWords[static_cast<std::size_t>(action)];
}

void set_debug_option(DebugSettings& settings, std::string_view name, std::string_view value) {
  if (name == "level") {
    settings.level = word(name, value,
                          {DebugLevel::Off, DebugLevel::Sampled, DebugLevel::Projection,
                           DebugLevel::Full, DebugLevel::Paranoid});
  } else if (name == "budget") {
    settings.budget = budget(value);
  } else if (name == "check_isfinite" || name == "check_finite") {
    settings.check_isfinite = truth(name, value);
  } else if (name == "check_preallocated_output") {
    settings.check_preallocated_output = outputs(value);
  } else if (name == "check_strides") {
    settings.check_strides = number<int>(name, value, 0, 2);
  } else if (name == "patience") {
    settings.patience = small_count(name, value, 1);
  } else if (name == "samples") {
    settings.samples = count(name, value, 1);
  } else if (name == "action") {
    settings.action = word(name, value, {DebugAction::Throw, DebugAction::Log, DebugAction::Abort});
  } else if (name == "bundles") {
    settings.bundles = value;
  } else if (name == "bundle_bytes") {
    settings.bundle_bytes = count(name, value, 0);
  } else if (name == "bundle_limit") {
    settings.bundle_limit = small_count(name, value, 0);
  } else if (name == "report") {
    settings.report = truth(name, value);
  } else if (name == "threads") {
    settings.threads = small_count(name, value, 0);
  } else if (name == "seed") {
    settings.seed = number<std::uint64_t>(name, value, 0, ~std::uint64_t{0});
  } else {
    refuse(name, value, kNames);
  }
}

}  // namespace convcheck
