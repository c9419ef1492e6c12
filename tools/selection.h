// Which cases and backends a command works on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "checker/judged.h"
#include "reference/backend.h"
#include "reference/case.h"

namespace CLI {
class App;
}

namespace convcheck {

struct Selection {
  std::vector<std::string> case_files;  // empty: the grids and the network layers
  std::vector<std::string> match;       // regular expressions; a case's line must match one of them
  std::vector<Case> also;               // beside the grids and the layers
  std::optional<std::int64_t> random;   // instead of grids and layers so many random cases
  std::optional<std::uint64_t> seed;  // instead of the cases' own; of random cases that of drawing
  std::optional<std::int64_t> batch_cap;  // of layers 2 by default, of other cases none
};

struct SelectedCases {
  std::vector<Case> cases;
  std::int64_t illegal = 0;        // combinations of the grids that are no problem
  std::vector<std::string> notes;  // what of benchdnn's files is not in the cases
};

// Throws UsageError for a file that cannot be read, a bad line (named with its number), a bad
// regular expression, and when nothing is left.
SelectedCases select_cases(const Selection& selection);

// The cases of a file that read_cases reads, as they stand in it; `notes` gets what is not in them.
// Throws UsageError as select_cases() does.
std::vector<Case> cases_in(const std::string& path, std::vector<std::string>& notes);

// The case of one line, which may also be benchdnn's if it is one case: else UsageError. Throws
// ConvError as read_case() and, for functions that are more than one
// convolution, check_case() do.
Case selected_case(const std::string& line);

struct BackendSelection {
  std::vector<std::string> names;    // of built backends
  std::vector<std::string> plugins;  // paths of shared objects (checker/plugin.h)
  bool plugins_are_tried = false;    // by the process that has started this one

  // Whether somebody has asked for just these.
  bool named() const { return !names.empty() || !plugins.empty(); }
};

// The options --backend and --plugin of a command.
void add_backend_options(CLI::App& command, BackendSelection& selection);

// The named backends and the plugins; without any of them every built backend but the slow
// reference. Each is there once. Throws ConvError{Unsupported} for an unknown name and for a plugin
// that cannot be loaded, UsageError for a plugin that has the name of a backend of this program or
// of another plugin, or that does not come back from a trial (plugin_trial.h).
std::vector<BackendPtr> select_backends(const BackendSelection& selection);

// The plugins alone, as select_backends has them.
std::vector<BackendPtr> select_plugins(const BackendSelection& selection);

// The named rules; without names all of them. Throws ConvError{Unsupported} for an unknown name.
std::vector<Rule> select_rules(const std::vector<std::string>& names);

// The lines of the shipped corpus of network layers, in forward direction. Throws UsageError where
// it is not found.
std::vector<Case> network_layers();
std::string network_layers_path();

// The shipped list of known failures, which lies beside the layers; nothing where they are not
// found.
std::optional<std::string> known_failures_path();

}  // namespace convcheck
