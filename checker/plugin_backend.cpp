#include <array>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "checker/load_plugin.h"
#include "checker/plugin_call.h"
#include "checker/printable.h"

namespace convcheck {
namespace {

constexpr std::size_t kLeastSize = offsetof(ConvcheckPlugin, run) + sizeof(ConvcheckPlugin::run);
constexpr std::size_t kLongestName = 64;
constexpr std::size_t kLongestReason = 1000;

[[noreturn]] void refuse(const std::string& path, const std::string& member,
                         const std::string& value, const std::string& expected) {
  throw ConvError(ErrorKind::Unsupported, "plugin " + path + ": " + member, value, expected);
}

// The plugin as we know it; what an older one does not have is 0. The two first members are where
// every version has them.
ConvcheckPlugin completed(const std::string& path, const ConvcheckPlugin& plugin) {
  const std::size_t size = plugin.struct_size;
  const std::string sizes =
      std::to_string(kLeastSize) + " to " + std::to_string(sizeof(ConvcheckPlugin));
  if (size < kLeastSize)
    refuse(path, "struct_size", std::to_string(size), sizes + ", sizeof(ConvcheckPlugin)");
  if (plugin.abi_version != CONVCHECK_ABI_VERSION) {
    refuse(path, "abi_version", std::to_string(plugin.abi_version),
           std::to_string(CONVCHECK_ABI_VERSION) + ", the version of this convcheck's plugin.h");
  }
  if (size > sizeof(ConvcheckPlugin)) {
    refuse(path, "struct_size", std::to_string(size),
           sizes + "; a plugin for a newer plugin.h of this version needs a newer convcheck");
  }
  ConvcheckPlugin known{};
  std::memcpy(&known, &plugin, size);
  return known;
}

std::string checked_name(const std::string& path, const char* name) {
  const std::string expected =
      "1 to " + std::to_string(kLongestName) + " letters, digits and _ . : / + -";
  if (name == nullptr) refuse(path, "name", "NULL", expected);
  const std::string text(name, strnlen(name, kLongestName + 1));
  constexpr std::string_view kCharacters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:/+-";
  if (text.empty() || text.size() > kLongestName ||
      text.find_first_not_of(kCharacters) != std::string::npos) {
    refuse(path, "name", "'" + text + "'", expected);
  }
  return text;
}

// What a plugin says.
std::string words(const char* text) {
  return printable({text, strnlen(text, kLongestReason + 1)}, kLongestReason);
}

class Checked {
 public:
  Checked(const std::string& path, const ConvcheckPlugin& plugin) : path_(path), plugin_(plugin) {}

  void functions() const {
    const auto present = [&](const char* name, bool there) {
      if (!there) refuse(path_, name, "NULL", "a function");
    };
    present("refusal", plugin_.refusal != nullptr);
    present("workspace_bytes", plugin_.workspace_bytes != nullptr);
    present("run", plugin_.run != nullptr);
  }

  Claims claims() const {
    Claims claims;
    claims.deterministic = flag("deterministic", plugin_.deterministic);
    claims.deterministic_across_threads =
        flag("deterministic_across_threads", plugin_.deterministic_across_threads);
    claims.multiplies_padding = flag("multiplies_padding", plugin_.multiplies_padding);
    claims.input_bits = within("input_bits", plugin_.input_bits, significand_bits(DataType::F64));
    if (claims.deterministic_across_threads && !claims.deterministic)
      refuse(path_, "deterministic", "0", "1, since deterministic_across_threads is 1");
    if (within("algorithm", plugin_.algorithm, ConvcheckTransform) == ConvcheckTransform)
      claims.algorithm = Claims::Algorithm::Transform;
    claims.amplification = amplification();
    return claims;
  }

  // By our data type; 0 leaves the choice to us.
  std::array<DataType, 4> accumulators() const {
    return {accumulator("accumulator_f64", plugin_.accumulator_f64, DataType::F64),
            accumulator("accumulator_f32", plugin_.accumulator_f32, DataType::F32),
            accumulator("accumulator_f16", plugin_.accumulator_f16, DataType::F32),
            accumulator("accumulator_bf16", plugin_.accumulator_bf16, DataType::F32)};
  }

 private:
  int within(const char* member, std::int32_t value, int largest) const {
    if (value >= 0 && value <= largest) return value;
    refuse(path_, member, std::to_string(value), "0 to " + std::to_string(largest));
  }

  bool flag(const char* member, std::int32_t value) const { return within(member, value, 1) == 1; }

  DataType accumulator(const char* member, std::int32_t type, DataType otherwise) const {
    const int number = within(member, type, ConvcheckBF16);
    return number == 0 ? otherwise : data_type_of_plugin(number);
  }

  double amplification() const {
    const double value = plugin_.amplification;
    if (plugin_.algorithm == ConvcheckTransform) {
      if (value > 0 && std::isfinite(value)) return value;
      refuse(path_, "amplification", std::to_string(value), "a finite number above 0");
    }
    if (value == 0) return value;
    refuse(path_, "amplification", std::to_string(value), "0, the algorithm is a classical sum");
  }

  const std::string& path_;
  const ConvcheckPlugin& plugin_;
};

class PluginBackend final : public Backend {
 public:
  PluginBackend(std::string path, const ConvcheckPlugin& plugin)
      : path_(std::move(path)),
        plugin_(completed(path_, plugin)),
        name_(checked_name(path_, plugin_.name)) {
    const Checked checked(path_, plugin_);
    checked.functions();
    claims_ = checked.claims();
    accumulators_ = checked.accumulators();
  }

  const std::string& path() const { return path_; }
  std::string name() const override { return name_; }
  Claims claims() const override { return claims_; }

  DataType accumulator(DataType type) const override {
    return accumulators_[static_cast<std::size_t>(type)];
  }

  Support supports(const ConvProblem& problem, const Operands& operands) const override {
    for (const TensorView* view : {&operands.x, &operands.w, &operands.y}) {
      if (reinterpret_cast<std::uintptr_t>(view->data) % size_of(view->type) != 0)
        return Support::no("data that is not aligned to its elements");
    }
    const char* reason = plugin_.refusal(plugin_.self, PluginCall(problem, operands).get());
    return reason == nullptr ? Support::yes() : Support::no(words(reason));
  }

  std::size_t workspace_bytes(const ConvProblem& problem, const Operands& operands,
                              const RunContext& context) const override {
    return plugin_.workspace_bytes(plugin_.self, PluginCall(problem, operands, context).get());
  }

  void run(const ConvProblem& problem, const Operands& operands, std::span<std::byte> workspace,
           const RunContext& context) const override {
    const char* status =
        plugin_.run(plugin_.self, PluginCall(problem, operands, context, workspace).get());
    if (status != nullptr) throw std::runtime_error("the plugin said: " + words(status));
  }

 private:
  std::string path_;
  ConvcheckPlugin plugin_;
  std::string name_;
  Claims claims_;
  std::array<DataType, 4> accumulators_{};
};

}  // namespace

BackendPtr plugin_backend(const std::string& path, const ConvcheckPlugin& plugin) {
  return std::make_shared<PluginBackend>(path, plugin);
}

std::string plugin_path(const Backend& backend) {
  const auto* plugin = dynamic_cast<const PluginBackend*>(&backend);
  return plugin == nullptr ? "" : plugin->path();
}

}  // namespace convcheck
