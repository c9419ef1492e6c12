#include <algorithm>
#include <stdexcept>

#include "tests/mutants/planting.h"

namespace convcheck {
namespace {

bool strided(const ConvProblem& problem) {
  return std::any_of(problem.axes().begin(), problem.axes().end(),
                     [](const Window& window) { return window.stride > 1; });
}

[[noreturn]] void refuse() {
  throw ConvError(ErrorKind::Unsupported, "stride", "more than 1", "1");
}

const TensorView& result_of(const Call& call) {
  return call.operands.result(call.problem.direction);
}

Mistakes before_the_call(std::function<void(const Call&)> step) {
  return {.before = std::move(step)};
}

Mistakes supporting(std::function<Support(const ConvProblem&, const Operands&)> supports) {
  return {.supports = std::move(supports)};
}

}  // namespace

std::vector<Mutant> contract_mutants() {
  return {
      {"Throws", "a legal problem, one with a stride, is an exception",
       before_the_call([](const Call& call) {
         if (strided(call.problem)) throw std::runtime_error("launch failed");
       }),
       "completes"},
      {"ThrowsANumber", "a legal problem, one with a stride, is an exception of no class",
       before_the_call([](const Call& call) {
         if (strided(call.problem)) throw 42;
       }),
       "completes"},
      {"ThrowsOnThreads",
       "more than one thread is an exception",
       {.before =
            [](const Call& call) {
              if (call.context.threads != 1) throw std::runtime_error("cannot start a thread");
            },
        .claims = {.deterministic = false, .deterministic_across_threads = false}},
       "completes"},
      {"RefusesTooLate", "supports() says yes, and then run() refuses",
       before_the_call([](const Call& call) {
         if (strided(call.problem)) refuse();
       }),
       "contract"},
      {"WritesAndRefuses", "run() refuses after it has written",
       before_the_call([](const Call& call) {
         if (!strided(call.problem)) return;
         store(result_of(call).type, result_of(call).data, 0);
         refuse();
       }),
       "contract"},
      {"RefusesWithoutAReason", "supports() says no and not why",
       supporting([](const ConvProblem& problem, const Operands&) {
         return strided(problem) ? Support::no("") : Support::yes();
       }),
       "contract"},
      {"ChangesItsMind", "supports() says yes, then no, then yes",
       supporting([calls = 0](const ConvProblem&, const Operands&) mutable {
         return ++calls % 2 == 1 ? Support::yes() : Support::no("busy");
       }),
       "contract"},
      {"LooksAtTheData", "supports() refuses operands that have no memory yet",
       supporting([](const ConvProblem&, const Operands& operands) {
         return operands.x.data != nullptr ? Support::yes() : Support::no("x has no memory");
       }),
       "contract"},
      {"WorkspaceGrows",
       "every answer of workspace_bytes() is larger than the one before",
       {.workspace = [bytes = std::size_t{0}](const ConvProblem&,
                                              const Operands&) mutable { return bytes += 64; }},
       "contract"},
  };
}

}  // namespace convcheck
