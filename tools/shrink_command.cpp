#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "checker/explain.h"
#include "checker/suite.h"
#include "fast/dispatch.h"
#include "tools/bundle_run.h"
#include "tools/commands.h"
#include "tools/usage_error.h"
#ifdef CONVCHECK_HAVE_HDF5_BUNDLES
#include "fixtures/bundle.h"
#endif

namespace convcheck {
namespace {

struct Options {
  std::string path, backend, out;
};

// On data of ours the backend fails, too: then the case line alone is the witness.
bool shrink_line(const Bundle& bundle, const BackendPtr& backend) {
  Case c = bundle_case(bundle);
  for (const char* fill : {"", "wide", "real"}) {
    c.fill = fill;
    const Verdict verdict = run_one(c, backend);
    if (verdict.outcome != Outcome::Failed) continue;
    fmt::print("{}", explain(shrunk({c, backend->name(), "value", verdict}, backend)));
    return true;
  }
  return false;
}

// The part of the bundle's call that decides its worst element, with the result of the backend
// where there is one.
Bundle cut(const Bundle& bundle, const DebugViolation& found) {
  const CutCall kept =
      cut_around(conv_problem(bundle_case(bundle)), bundle.operands(), found.verdict.worst->at);
  Bundle smaller = bundle;
  smaller.texts["cut_from"] = bundle.text("case");
  Case c = make_case(kept.problem, kept.operands.x.type);
  c.w_type = kept.operands.w.type;
  c.y_type = kept.operands.y.type;
  c.fill = "real";
  smaller.texts["case"] = to_string(c);
  smaller.x = Tensor::copy_of(kept.operands.x);
  smaller.w = Tensor::copy_of(kept.operands.w);
  smaller.y = Tensor::copy_of(kept.operands.y);
  return smaller;
}

std::string smaller_name(const std::string& path) {
  const std::filesystem::path from(path);
  return (from.parent_path() / (from.stem().string() + "-small" + from.extension().string()))
      .string();
}

void write(const std::string& path, const Bundle& bundle) {
#ifdef CONVCHECK_HAVE_HDF5_BUNDLES
  if (std::filesystem::path(path).extension() == ".h5") return write_hdf5_bundle(path, bundle);
#endif
  write_plain_bundle(path, bundle);
}

int shrink_bundle(const Options& options) {
  Bundle bundle;
  BackendPtr backend;
  std::optional<DebugViolation> found;
  try {
    bundle = open_bundle(options.path);
    backend = bundle_backend(bundle, options.backend);
    if (backend != nullptr && shrink_line(bundle, backend)) return 1;
    if (backend != nullptr) found = judge_again(bundle, backend, 1);
    if (!found) {
      backend = nullptr;
      found = judge_stored(bundle);
    }
  } catch (const BundleError& error) {
    throw UsageError(error.what());
  }
  if (!found || !found->verdict.worst) {
    fmt::print("nothing in this bundle is wrong{}\n",
               options.backend.empty() ? "" : ", nor with " + options.backend);
    return 0;
  }
  Bundle smaller = cut(bundle, *found);
  const auto still = backend != nullptr ? judge_again(smaller, backend, 1) : judge_stored(smaller);
  if (!still) {
    fmt::print("{}the part around the worst element alone is right: the bundle stays as it is\n",
               found->text);
    return 1;
  }
  smaller.texts["report"] = still->text;
  const std::string out = options.out.empty() ? smaller_name(options.path) : options.out;
  write(out, smaller);
  fmt::print("{}  bundle   {}\n", still->text, out);
  return 1;
}

}  // namespace

void add_shrink_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "shrink", "Make the violation in a bundle small: a case line, or a smaller bundle");
  const auto options = std::make_shared<Options>();
  command->add_option("bundle", options->path, "The file")->required();
  command->add_option("--backend", options->backend, "Default: the bundle's own");
  command->add_option("--out", options->out, "The smaller bundle; default: NAME-small beside it");
  command->callback([options, &exit_code] { exit_code = shrink_bundle(*options); });
}

}  // namespace convcheck
