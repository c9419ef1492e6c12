#include "tests/mutants/threaded.h"

#include <algorithm>
#include <exception>
#include <thread>
#include <utility>
#include <vector>

#include "tests/mutants/kernel.h"

namespace convcheck {
namespace {

// Coordinates begin .. end - 1 of one axis.
TensorView part_of(TensorView view, std::size_t axis, std::int64_t begin, std::int64_t end) {
  Index at(view.rank(), 0);
  at[axis] = begin;
  view.data = view.address(at);
  view.extents[axis] = end - begin;
  return view;
}

struct Part {
  ConvProblem problem;
  Operands operands;
};

Part images(const ConvProblem& problem, const Operands& operands, std::int64_t begin,
            std::int64_t end) {
  Part part{problem, operands};
  part.problem.batch = end - begin;
  part.operands.x = part_of(operands.x, 0, begin, end);
  part.operands.y = part_of(operands.y, 0, begin, end);
  return part;
}

Part filters(const ConvProblem& problem, const Operands& operands, std::int64_t begin,
             std::int64_t end) {
  Part part{problem, operands};
  part.problem.filters = end - begin;
  part.operands.w = part_of(operands.w, 0, begin, end);
  part.operands.y = part_of(operands.y, 1, begin, end);
  return part;
}

class Threaded final : public Backend {
 public:
  explicit Threaded(std::string name) : name_(std::move(name)), one_(kernel(name_)) {}

  std::string name() const override { return name_; }
  DataType accumulator(DataType type) const override { return one_->accumulator(type); }
  Claims claims() const override { return one_->claims(); }
  Support supports(const ConvProblem& problem, const Operands& operands) const override {
    return one_->supports(problem, operands);
  }
  std::size_t workspace_bytes(const ConvProblem&, const Operands&,
                              const RunContext&) const override {
    return 0;
  }
  void run(const ConvProblem& problem, const Operands& operands, std::span<std::byte>,
           const RunContext& context) const override {
    const bool by_filter = problem.direction == Direction::GradWeights;
    // Filters of a part would have to be whole groups.
    if (by_filter && problem.groups > 1) return one_->run(problem, operands, {}, context);
    const std::int64_t all = by_filter ? problem.filters : problem.batch;
    const std::int64_t threads = std::max<std::int64_t>(context.threads, 2);
    std::vector<std::exception_ptr> errors(static_cast<std::size_t>(threads));
    std::vector<std::thread> running;
    for (std::int64_t i = 0; i < threads; ++i) {
      const std::int64_t begin = all * i / threads, end = all * (i + 1) / threads;
      if (begin == end) continue;
      running.emplace_back([&, i, begin, end] {
        try {
          const Part part = (by_filter ? filters : images)(problem, operands, begin, end);
          one_->run(part.problem, part.operands, {}, context);
        } catch (...) {
          errors[static_cast<std::size_t>(i)] = std::current_exception();
        }
      });
    }
    for (std::thread& thread : running) thread.join();
    for (const std::exception_ptr& error : errors) {
      if (error) std::rethrow_exception(error);
    }
  }

 private:
  std::string name_;
  BackendPtr one_;
};

}  // namespace

BackendPtr threaded_kernel(const std::string& name) { return std::make_shared<Threaded>(name); }

}  // namespace convcheck
