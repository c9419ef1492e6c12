#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "checker/accounting.h"
#include "checker/device/device.h"
#include "checker/device/loops.h"
#include "checker/grids.h"
#include "checker/load_plugin.h"
#include "checker/reduced_layers.h"
#include "checker/rules/all_rules.h"
#include "fast/dispatch.h"
#include "tools/commands.h"
#include "tools/not_built.h"
#include "tools/selection.h"
#include "tools/usage_error.h"

namespace convcheck {
namespace {

std::string state_of(const BackendEntry& entry) {
  if (entry.backend == nullptr) return "not built: " + entry.reason;
  const std::string version = entry.backend->version();
  return "built" + (version.empty() ? "" : ", version " + version) +
         (entry.by_name_only ? ", by name only" : "") +
         (entry.memory == MemoryKind::Cuda ? ", device memory" : "");
}

void list_backends() {
  fmt::print("backends, fastest first\n");
  for (const BackendEntry& entry : backends()) {
    std::string tags;
    for (const std::string& tag : entry.tags) tags += (tags.empty() ? "" : " ") + tag;
    fmt::print("  {:<12} {}{}\n", entry.name, state_of(entry),
               tags.empty() ? "" : "  tags: " + tags);
  }
  const DevicePtr device = device_in_use();
  fmt::print("  {:<12} the definition's loops in device memory, by name only ({})\n",
             device_loops_backend()->name(), device ? device->name() : why_no_device());
}

// What a plugin claims, in words.
std::string claims_text(const Claims& claims) {
  std::string text = claims.algorithm == Claims::Algorithm::ClassicalSum
                         ? "a classical sum"
                         : fmt::format("a transform of amplification {}", claims.amplification);
  text += claims.deterministic_across_threads ? ", deterministic across threads"
          : claims.deterministic              ? ", deterministic"
                                              : ", not deterministic";
  if (claims.input_bits > 0) text += fmt::format(", inputs of {} bits", claims.input_bits);
  if (claims.multiplies_padding) text += ", multiplies padding";
  return text;
}

void list_plugins(const std::vector<BackendPtr>& plugins) {
  if (!plugins.empty()) fmt::print("plugins\n");
  for (const BackendPtr& plugin : plugins) {
    std::string sums;
    for (const DataType type : kAllDataTypes) {
      sums += fmt::format("{}{} in {}", sums.empty() ? "" : ", ", to_string(type),
                          to_string(plugin->accumulator(type)));
    }
    fmt::print("  {:<12} {}: claims {}; adds up {}\n", plugin->name(), plugin_path(*plugin),
               claims_text(plugin->claims()), sums);
  }
}

// Of the other parts; the backends have said so themselves.
void list_not_built() {
  for (const NotBuilt& one : parts_not_built()) {
    if (one.part.starts_with("backend")) continue;
    fmt::print("not built: {}: {} ({})\n", one.part, one.reason, one.source);
  }
}

void list_corpora() {
  fmt::print("corpora\n");
  try {
    const std::vector<Case> layers = network_layers();
    const auto size = [](const auto& all) {
      return with_separators(static_cast<std::int64_t>(all.size()));
    };
    fmt::print("  {:<15} {:>7} layers, each in three directions ({})\n", "network_layers",
               size(layers), network_layers_path());
    fmt::print(
        "  {:<15} {:>7} of them made small for the rules besides value, in three directions\n",
        "reduced_layers", size(reduced_layers(layers)));
  } catch (const UsageError& error) {
    fmt::print("  {:<15} unreadable: {}\n", "network_layers", error.what());
  }
}

void list_grids() {
  fmt::print("grids\n");
  for (const Grid& grid : all_grids()) {
    fmt::print("  {:<15} {:>7} cases: {}\n", grid.name,
               with_separators(static_cast<std::int64_t>(grid.cases.size())), grid.what);
  }
}

void list_rules() {
  fmt::print("rules\n");
  for (const Rule& rule : all_rules()) fmt::print("  {:<15} {}\n", rule.name, rule.claim);
}

void list_functions() {
  fmt::print(
      "functions, the first word of a case line\n"
      "  conv1d conv2d conv3d                          .forward .grad_inputs .grad_weights\n"
      "  conv2d_transpose conv3d_transpose             .forward .grad_inputs .grad_weights\n"
      "  separable_conv2d separable_conv3d             .forward .grad_inputs .grad_depthwise "
      ".grad_pointwise\n"
      "  causal_conv1d conv3d2d legacy_conv2d          .forward .grad_inputs .grad_weights\n"
      "  bilinear_upsampling frac_bilinear_upsampling  .forward .grad_inputs\n"
      "  bilinear_kernel_1D bilinear_kernel_2D         .forward\n"
      "  conv1d_output_shape, conv2d, conv3d           .forward\n"
      "  conv1d_gradinputs_shape, conv2d, conv3d       .forward\n"
      "  conv1d_gradweights_shape, conv2d, conv3d      .forward\n");
}

}  // namespace

void add_list_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "list", "Backends (built and not built), corpora, grids, rules and functions");
  const auto selection = std::make_shared<BackendSelection>();
  command->add_option("--plugin", selection->plugins,
                      "Also what this plugin claims; may be repeated");
  command->callback([selection, &exit_code] {
    const std::vector<BackendPtr> loaded = select_plugins(*selection);
    list_backends();
    list_plugins(loaded);
    list_not_built();
    list_corpora();
    list_grids();
    list_rules();
    list_functions();
    exit_code = 0;
  });
}

const char* version_text() { return "convcheck " CONVCHECK_VERSION; }

}  // namespace convcheck
