#include "tools/shard_choice.h"

#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <vector>

#include "tools/usage_error.h"

namespace convcheck {
namespace {

constexpr std::size_t kMostParts = 1000000;
constexpr const char* kExpected =
    "I/N with 1 <= I <= N <= 1000000, or */N where the environment says I (see --help)";

std::optional<std::size_t> number(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

// Names of variables: the index, the number of parts, the first index and the step between two.
struct Convention {
  const char *index, *count, *first = nullptr, *step = nullptr;
};

constexpr Convention kConventions[] = {
    {"SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MIN",
     "SLURM_ARRAY_TASK_STEP"},
    {"JOB_COMPLETION_INDEX", nullptr},
    {"GTEST_SHARD_INDEX", "GTEST_TOTAL_SHARDS"},
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
    {"PMI_RANK", "PMI_SIZE"},
};

class Reader {
 public:
  Reader(const Environment& environment, std::size_t count)
      : environment_(environment), count_(count) {}

  // Nothing when the convention is not in use here, or leaves the work whole.
  std::optional<ShardChoice> read(const Convention& names) const {
    if (environment_(names.index) == nullptr) {
      require_no_count(names);
      return {};
    }
    const std::size_t count = count_of(names);
    if (count == 1) return {};
    const std::size_t first = value(names.first, 0), step = value(names.step, 1);
    const std::size_t at = value(names.index, 0);
    if (at < first || step == 0 || (at - first) % step != 0 || (at - first) / step >= count) {
      throw UsageError(std::string(names.index) + " = " + environment_(names.index) +
                       ": expected one of " + std::to_string(count) + " indices from " +
                       std::to_string(first) + " in steps of " + std::to_string(step));
    }
    return ShardChoice{{(at - first) / step + 1, count}, names.index};
  }

 private:
  std::size_t count_of(const Convention& names) const {
    if (count_ > 0) return count_;
    if (names.count == nullptr) {
      throw UsageError(
          std::string(names.index) + " = " + environment_(names.index) +
          ": expected --shard '*/N' beside it, for it does not say how many there are; "
          "or --shard 1/1 for all in this process");
    }
    if (environment_(names.count) == nullptr) {
      throw UsageError(std::string(names.index) + " = " + environment_(names.index) +
                       ": expected " + names.count + " beside it");
    }
    const std::size_t count = value(names.count, 0);
    if (count == 0 || count > kMostParts) {
      throw UsageError(std::string(names.count) + " = " + environment_(names.count) +
                       ": expected 1 to " + std::to_string(kMostParts));
    }
    return count;
  }

  // Parts without a number would each do all the work.
  void require_no_count(const Convention& names) const {
    if (value(names.count, 1) != 1) {
      throw UsageError(std::string(names.count) + " = " + environment_(names.count) +
                       ": expected " + names.index + " beside it");
    }
  }

  std::size_t value(const char* name, std::size_t otherwise) const {
    const char* text = name == nullptr ? nullptr : environment_(name);
    if (text == nullptr) return otherwise;
    const std::optional<std::size_t> read = number(text);
    if (!read) throw UsageError(std::string(name) + " = '" + text + "': expected a whole number");
    return *read;
  }

  const Environment& environment_;
  std::size_t count_;  // that the command line gives; 0: none
};

ShardChoice from_environment(const Environment& environment, std::size_t count) {
  std::vector<ShardChoice> choices;
  for (const Convention& names : kConventions) {
    if (const auto choice = Reader(environment, count).read(names)) choices.push_back(*choice);
  }
  for (const ShardChoice& other : choices) {
    if (other.shard == choices[0].shard) continue;
    throw UsageError(choices[0].from + " and " + other.from + ": expected one of them, or --shard");
  }
  if (!choices.empty()) return choices[0];
  if (count > 1) {
    throw UsageError("--shard = */" + std::to_string(count) +
                     ": expected the environment to say which (see --help)");
  }
  return {};
}

}  // namespace

ShardChoice choose_shard(const std::string& text, const Environment& environment) {
  if (text.empty()) return from_environment(environment, 0);
  const std::size_t slash = text.find('/');
  const std::string_view whole = text;
  const auto count = slash == std::string::npos ? std::nullopt : number(whole.substr(slash + 1));
  if (!count || *count == 0 || *count > kMostParts)
    throw UsageError("--shard = " + text + ": expected " + kExpected);
  if (whole.substr(0, slash) == "*") return from_environment(environment, *count);
  const auto index = number(whole.substr(0, slash));
  if (!index || *index == 0 || *index > *count)
    throw UsageError("--shard = " + text + ": expected " + kExpected);
  return {{*index, *count}, ""};
}

ShardChoice choose_shard(const std::string& text) {
  return choose_shard(text, [](const char* name) { return std::getenv(name); });
}

std::string path_of_shard(const std::string& option, const std::string& path,
                          const ShardChoice& choice) {
  constexpr std::string_view kPlace = "{shard}";
  std::string result = path;
  bool replaced = false;
  for (std::size_t at; (at = result.find(kPlace)) != std::string::npos; replaced = true) {
    result.replace(
        at, kPlace.size(),
        std::to_string(choice.shard.number) + "-of-" + std::to_string(choice.shard.count));
  }
  if (!replaced && !path.empty() && choice.shard.count > 1 && !choice.from.empty()) {
    throw UsageError(option + " = " + path + ": expected '{shard}' in it, for " + choice.from +
                     " divides the run into " + std::to_string(choice.shard.count) +
                     " processes, which would write the same file");
  }
  return result;
}

}  // namespace convcheck
