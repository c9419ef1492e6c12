#include "tools/selection.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <regex>
#include <sstream>

#include "checker/benchdnn.h"
#include "checker/corpus.h"
#include "checker/device/device.h"
#include "checker/device/loops.h"
#include "checker/grids.h"
#include "checker/load_plugin.h"
#include "checker/random_case.h"
#include "checker/reduced_layers.h"
#include "checker/rules/all_rules.h"
#include "checker/schedule.h"
#include "fast/dispatch.h"
#include "fast/evaluate.h"
#include "tools/plugin_trial.h"
#include "tools/usage_error.h"

namespace convcheck {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kLayerBatchCap = 2;
constexpr const char* kLayersFile = "network_layers.cases";

void cap_batch(std::vector<Case>& cases, std::int64_t cap) {
  for (Case& c : cases) {
    if (!c.x.empty()) c.x[0] = std::min(c.x[0], cap);
    if (!c.y.empty()) c.y[0] = std::min(c.y[0], cap);
  }
}

std::vector<Case> in_three_directions(const std::vector<Case>& layers) {
  std::vector<Case> cases;
  cases.reserve(layers.size() * 3);
  for (const Case& layer : layers) {
    for (const Part part : {Part::Forward, Part::GradInputs, Part::GradWeights}) {
      cases.push_back(layer);
      cases.back().part = part;
    }
  }
  return cases;
}

std::vector<Case> layers_for_suite(std::vector<Case> layers, const Selection& selection) {
  cap_batch(layers, selection.batch_cap.value_or(kLayerBatchCap));
  return in_three_directions(layers);
}

// Of the shipped corpora.
std::optional<fs::path> corpus_folder() {
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  for (const fs::path& folder : {program / CONVCHECK_INSTALLED_CORPUS,
                                 fs::path(CONVCHECK_CORPUS_DIR), program / "../fixtures/corpus",
                                 program / "../../fixtures/corpus"}) {  // of build-gpu/gpu_check
    if (fs::exists(folder / kLayersFile, ignored)) return folder.lexically_normal();
  }
  return std::nullopt;
}

// Single convolutions were checked when their line was read.
void check_composed(const Case& c) {
  if (!is_one_problem(c)) check_case(c);
}

// Our own lines say what they mean; a table of layers is expanded like the shipped one.
std::vector<Case> cases_of_file(const std::string& path, const Selection& selection,
                                std::vector<std::string>& notes) {
  std::vector<Case> cases = cases_in(path, notes);
  if (cases.empty()) {
    throw UsageError(path + ": expected at least one case" +
                     (notes.empty() ? "" : "; " + notes.back()));
  }
  if (fs::path(path).extension() == ".csv") return layers_for_suite(std::move(cases), selection);
  if (selection.batch_cap) cap_batch(cases, *selection.batch_cap);
  return cases;
}

SelectedCases built_in(const Selection& selection) {
  SelectedCases all;
  for (Grid& grid : all_grids()) {
    all.illegal += grid.illegal;
    std::move(grid.cases.begin(), grid.cases.end(), std::back_inserter(all.cases));
  }
  if (selection.batch_cap) cap_batch(all.cases, *selection.batch_cap);
  const std::vector<Case> full_size = network_layers();
  for (const auto& layers :
       {in_three_directions(reduced_layers(full_size)), layers_for_suite(full_size, selection)}) {
    all.cases.insert(all.cases.end(), layers.begin(), layers.end());
  }
  for (const Case& c : selection.also) {
    if (std::find(all.cases.begin(), all.cases.end(), c) == all.cases.end()) all.cases.push_back(c);
  }
  return all;
}

std::regex compiled(const std::string& pattern) {
  try {
    return std::regex(pattern, std::regex::ECMAScript | std::regex::optimize);
  } catch (const std::regex_error& error) {
    throw UsageError("--match = " + pattern + ": expected a regular expression (" + error.what() +
                     ")");
  }
}

void keep_matching(std::vector<Case>& cases, const std::vector<std::string>& patterns) {
  std::vector<std::regex> expressions;
  std::transform(patterns.begin(), patterns.end(), std::back_inserter(expressions), compiled);
  std::erase_if(cases, [&](const Case& c) {
    const std::string line = to_string(c);
    return std::none_of(expressions.begin(), expressions.end(),
                        [&](const std::regex& one) { return std::regex_search(line, one); });
  });
  if (cases.empty())
    throw UsageError("--match = " + patterns.front() + ": expected to match at least one case");
}

// A report knows backends by their names.
void check_new_name(const Backend& plugin, const std::vector<BackendPtr>& others) {
  const std::string name = plugin.name(), path = plugin_path(plugin);
  for (const BackendEntry& entry : backends()) {
    if (entry.name == name) {
      throw UsageError("plugin " + path + ": name = " + name +
                       ": expected another name than that of a backend of convcheck");
    }
  }
  for (const BackendPtr& other : others) {
    if (other->name() == name) {
      throw UsageError("plugin " + path + ": name = " + name +
                       ": expected another name than that of plugin " + plugin_path(*other));
    }
  }
}

}  // namespace

std::vector<Case> cases_in(const std::string& path, std::vector<std::string>& notes) {
  try {
    return read_cases(path, check_composed, &notes);
  } catch (const ConvError& error) {
    throw UsageError(error.what());
  }
}

SelectedCases select_cases(const Selection& selection) {
  for (const std::string& pattern : selection.match)
    compiled(pattern);  // before minutes of reading
  SelectedCases selected;
  if (selection.random) {
    selected.cases = random_cases(*selection.random, selection.seed.value_or(1));
  } else if (selection.case_files.empty()) {
    selected = built_in(selection);
  }
  for (const std::string& path : selection.case_files) {
    const std::vector<Case> cases = cases_of_file(path, selection, selected.notes);
    selected.cases.insert(selected.cases.end(), cases.begin(), cases.end());
  }
  if (selection.seed && !selection.random) {
    for (Case& c : selected.cases) c.seed = *selection.seed;
  }
  if (!selection.match.empty()) keep_matching(selected.cases, selection.match);
  return selected;
}

void add_backend_options(CLI::App& command, BackendSelection& selection) {
  command.add_option("--backend", selection.names,
                     "Only this backend; may be repeated (see `convcheck list`)");
  command.add_option("--plugin", selection.plugins,
                     "A kernel of your own, in a shared object that exports convcheck_plugin; may "
                     "be repeated. Without --backend nothing else is judged");
}

std::vector<BackendPtr> select_plugins(const BackendSelection& selection) {
  const std::vector<std::string>& paths = selection.plugins;
  std::vector<BackendPtr> plugins;
  for (auto path = paths.begin(); path != paths.end(); ++path) {
    if (std::find(paths.begin(), path, *path) != path) continue;
    if (!selection.plugins_are_tried) try_plugin(*path);
    const BackendPtr plugin = load_plugin(*path);
    check_new_name(*plugin, plugins);
    plugins.push_back(plugin);
  }
  return plugins;
}

std::vector<BackendPtr> select_backends(const BackendSelection& selection) {
  std::vector<BackendPtr> selected;
  for (const std::string& name : selection.names) {
    const BackendPtr backend =
        name == device_loops_backend()->name() ? device_loops_backend() : backend_named(name);
    if (std::find(selected.begin(), selected.end(), backend) == selected.end())
      selected.push_back(backend);
  }
  const std::vector<BackendPtr> plugins = select_plugins(selection);
  selected.insert(selected.end(), plugins.begin(), plugins.end());
  if (!selected.empty()) return selected;
  for (const BackendEntry& entry : backends()) {
    if (entry.backend == nullptr || entry.name == "reference") continue;
    // Those for device memory only where there is a device; asked for by name they are skipped.
    if (entry.memory == MemoryKind::Cuda && device_in_use() == nullptr) continue;
    selected.push_back(entry.backend);
  }
  return selected;
}

std::vector<Rule> select_rules(const std::vector<std::string>& names) {
  std::vector<Rule> rules;
  for (const std::string& name : names) rules.push_back(rule_named(name));
  return names.empty() ? all_rules() : rules;
}

Case selected_case(const std::string& line) {
  if (is_benchdnn(line)) {
    std::istringstream in(line);
    const BenchdnnCases read = read_benchdnn(in, "case", ".");
    const std::vector<std::string> notes = notes_of(read);
    if (read.cases.size() == 1) return read.cases[0];
    throw UsageError("case = " + line + ": expected one case, not " +
                     std::to_string(read.cases.size()) +
                     (notes.empty() ? "" : "; " + notes.back()));
  }
  Case c = read_case(line);
  check_composed(c);
  return c;
}

std::string network_layers_path() {
  if (const auto folder = corpus_folder()) return (*folder / kLayersFile).string();
  throw UsageError(
      std::string(CONVCHECK_CORPUS_DIR) + "/" + kLayersFile +
      ": expected the corpus of network layers there, or in " CONVCHECK_INSTALLED_CORPUS
      " or ../fixtures/corpus from the program's folder");
}

std::optional<std::string> known_failures_path() {
  const auto folder = corpus_folder();
  return folder ? std::optional((*folder / "known_failures.txt").string()) : std::nullopt;
}

std::vector<Case> network_layers() {
  std::vector<std::string> no_notes;
  return cases_in(network_layers_path(), no_notes);
}

}  // namespace convcheck
