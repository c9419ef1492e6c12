#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <iostream>
#include <stdexcept>

#include "fast/flags.h"
#include "reference/error.h"
#include "tools/commands.h"
#include "tools/not_built.h"
#include "tools/usage_error.h"
#ifdef CONVCHECK_HAVE_CHECKER_CUDA
#include "checker/cuda/cuda_device.h"
#endif
#ifdef CONVCHECK_HAVE_FIXTURES
#include "fixtures/bundle.h"
#include "tools/fixtures_verify.h"
#endif

namespace {

constexpr int kUsage = 2, kBroken = 4;

int run(int argc, char** argv) {
  CLI::App app{
      "convcheck decides whether an implementation of convolution is right, and says where it is "
      "not."};
  app.footer(
      "Exit codes: 0 all right; 1 something failed; 2 usage or unreadable input; 3 nothing was "
      "really checked;\n"
      "4 the machine or convcheck itself failed.");
  app.set_version_flag("--version", convcheck::version_text());
  app.require_subcommand(1);
  int exit_code = 0;
  convcheck::add_suite_command(app, exit_code);
  convcheck::add_run_command(app, exit_code);
  convcheck::add_merge_command(app, exit_code);
  convcheck::add_worker_command(app, exit_code);
  convcheck::add_trial_command(app, exit_code);
  convcheck::add_list_command(app, exit_code);
  convcheck::add_convert_command(app, exit_code);
  convcheck::add_audit_command(app, exit_code);
  convcheck::add_mutants_command(app, exit_code);
  convcheck::add_replay_command(app, exit_code);
  convcheck::add_shrink_command(app, exit_code);
  convcheck::add_tune_command(app, exit_code);
#ifdef CONVCHECK_HAVE_FIXTURES
  convcheck::add_fixtures_commands(app, exit_code);
#else
  convcheck::add_absent_command(app, "fixtures", convcheck::parts_not_built());
#endif
  convcheck::add_bench_command(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  return exit_code;
}

// Whether all that was printed has arrived.
bool flushed() {
  std::cout.flush();
  return std::fflush(stdout) == 0 && std::ferror(stdout) == 0 && !std::cout.fail();
}

int complain(const std::exception& error, int code) {
  std::fprintf(stderr, "convcheck: %s\n", error.what());
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    // A file that is opened would take the place of a standard output that is closed.
    if (fcntl(STDOUT_FILENO, F_GETFD) == -1) throw std::runtime_error("standard output is closed");
#ifdef CONVCHECK_HAVE_CHECKER_CUDA
    convcheck::use_cuda_device();
#endif
#ifdef CONVCHECK_HAVE_FIXTURES
    convcheck::use_hdf5_bundles();
#endif
    convcheck::flags();  // CONVCHECK_FLAGS is read now, and not amid a run
    const int code = run(argc, argv);
    if (!flushed()) throw std::runtime_error("standard output could not be written");
    return code;
  } catch (const convcheck::ConvError& error) {
    return complain(error, kUsage);
  } catch (const convcheck::UsageError& error) {
    return complain(error, kUsage);
  } catch (const std::exception& error) {
    return complain(error, kBroken);
  }
}
