#include "tools/selection.h"

#include <algorithm>
#include <filesystem>
#include <regex>

#include "checker/corpus.h"
#include "checker/grids.h"
#include "checker/random_case.h"
#include "checker/reduced_layers.h"
#include "checker/rules/all_rules.h"
#include "checker/schedule.h"
#include "fast/dispatch.h"
#include "fast/evaluate.h"
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

// Single convolutions were checked when their line was read.
void check_composed(const Case& c) {
  if (!is_one_problem(c)) check_case(c);
}

std::vector<Case> read(const std::string& path) {
  try {
    return read_cases(path, check_composed);
  } catch (const ConvError& error) {
    throw UsageError(error.what());
  }
}

// Our own lines say what they mean; a table of layers is expanded like the shipped one.
std::vector<Case> cases_of_file(const std::string& path, const Selection& selection) {
  std::vector<Case> cases = read(path);
  if (cases.empty()) throw UsageError(path + ": expected at least one case");
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

}  // namespace

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
    const std::vector<Case> cases = cases_of_file(path, selection);
    selected.cases.insert(selected.cases.end(), cases.begin(), cases.end());
  }
  if (selection.seed && !selection.random) {
    for (Case& c : selected.cases) c.seed = *selection.seed;
  }
  if (!selection.match.empty()) keep_matching(selected.cases, selection.match);
  return selected;
}

std::vector<BackendPtr> select_backends(const std::vector<std::string>& names) {
  std::vector<BackendPtr> selected;
  for (const std::string& name : names) {
    const BackendPtr backend = backend_named(name);
    if (std::find(selected.begin(), selected.end(), backend) == selected.end())
      selected.push_back(backend);
  }
  if (!names.empty()) return selected;
  for (const BackendEntry& entry : backends()) {
    if (entry.backend != nullptr && entry.name != "reference") selected.push_back(entry.backend);
  }
  return selected;
}

std::vector<Rule> select_rules(const std::vector<std::string>& names) {
  std::vector<Rule> rules;
  for (const std::string& name : names) rules.push_back(rule_named(name));
  return names.empty() ? all_rules() : rules;
}

Case selected_case(const std::string& line) {
  Case c = read_case(line);
  check_composed(c);
  return c;
}

std::string network_layers_path() {
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  for (const fs::path& folder : {program / CONVCHECK_INSTALLED_CORPUS,
                                 fs::path(CONVCHECK_CORPUS_DIR), program / "../fixtures/corpus"}) {
    if (fs::exists(folder / kLayersFile, ignored))
      return (folder / kLayersFile).lexically_normal().string();
  }
  throw UsageError(
      std::string(CONVCHECK_CORPUS_DIR) + "/" + kLayersFile +
      ": expected the corpus of network layers there, or in " CONVCHECK_INSTALLED_CORPUS
      " or ../fixtures/corpus from the program's folder");
}

std::vector<Case> network_layers() { return read(network_layers_path()); }

}  // namespace convcheck
