#include "tools/not_built.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

#include "tools/usage_error.h"

namespace convcheck {
namespace {

TEST(AbsentCommands, SayWhyWhateverIsAsked) {
  for (const char* asked : {"fixtures", "fixtures verify some.h5", "fixtures --no-such-option"}) {
    CLI::App app;
    add_absent_command(app, "fixtures",
                       {{"tests", "GoogleTest was not found", "Debian package libgtest-dev"},
                        {"fixtures", "HDF5 was not found", "Debian package libhdf5-dev"}});
    try {
      app.parse(asked);
      ADD_FAILURE() << asked;
    } catch (const UsageError& error) {
      EXPECT_STREQ(error.what(),
                   "fixtures: not built: HDF5 was not found (Debian package libhdf5-dev)");
    }
  }
}

}  // namespace
}  // namespace convcheck
