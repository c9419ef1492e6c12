#include <gtest/gtest.h>
#include <pthread.h>

#include <system_error>
#include <thread>

#include "checker/suite.h"
#include "tests/unit/planted_backend.h"

namespace convcheck {
namespace {

// While it lives, no thread can be started: the memory for its stack cannot be had.
class NoThreads {
 public:
  NoThreads() {
    pthread_getattr_default_np(&usual_);
    pthread_attr_t huge;
    pthread_attr_init(&huge);
    pthread_attr_setstacksize(&huge, std::size_t{1} << 47);
    pthread_setattr_default_np(&huge);
    pthread_attr_destroy(&huge);
  }
  ~NoThreads() {
    pthread_setattr_default_np(&usual_);
    pthread_attr_destroy(&usual_);
  }

 private:
  pthread_attr_t usual_;
};

TEST(Suite, GoesOnWhereNoThreadCanBeStarted) {
  SuiteOptions options;
  options.jobs = 8;
  const NoThreads none;
  EXPECT_THROW(std::thread([] {}).join(), std::system_error);
  const std::vector<Case> cases{conv_case({2, 3, 6}, {4, 3, 3}, 1)};
  const SuiteResult result = run_suite(cases, {right_backend()}, options);
  EXPECT_GT(total(result.counts).passed, 0);
  EXPECT_TRUE(total(result.counts).balanced());
}

}  // namespace
}  // namespace convcheck
