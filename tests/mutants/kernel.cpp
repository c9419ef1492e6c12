#include "tests/mutants/kernel.h"

#include <utility>

namespace convcheck {
namespace {

using Axes = std::array<std::int64_t, 3>;

// Steps through a box of three extents; false after the last position.
bool next(Axes& at, const Axes& extents) {
  for (std::size_t axis = 3; axis-- > 0;) {
    if (++at[axis] < extents[axis]) return true;
    at[axis] = 0;
  }
  return false;
}

struct Element {
  const TensorView& view;
  const Index& at;

  bool inside() const {
    for (std::size_t axis = 0; axis < at.size(); ++axis) {
      if (at[axis] < 0 || at[axis] >= view.extents[axis]) return false;
    }
    return true;
  }
  std::size_t number() const {
    std::int64_t all = 0;
    for (std::size_t axis = 0; axis < at.size(); ++axis) all = all * view.extents[axis] + at[axis];
    return static_cast<std::size_t>(all);
  }
};

class Scatter {
 public:
  Scatter(const Call& call, const Mistakes& mistakes)
      : call_(call), problem_(call.problem), operands_(call.operands), mistakes_(mistakes) {
    if (mistakes_.problem) mistakes_.problem(problem_);
    if (mistakes_.views) mistakes_.views(problem_, operands_);
    for (std::size_t axis = 0; axis < problem_.rank; ++axis) {
      outputs_[axis] = problem_.windows[axis].output();
      filters_[axis] = problem_.windows[axis].filter;
    }
    const TensorView& result = operands_.result(problem_.direction);
    sums_.assign(static_cast<std::size_t>(result.size()), 0);
    if (mistakes_.sums) products_.resize(sums_.size());
  }

  void run() {
    if (problem_.group_channels() == 0 || problem_.filters == 0 || problem_.batch == 0) {
      return write();
    }
    for (std::int64_t n = 0; n < problem_.batch; ++n) {
      for (std::int64_t k = 0; k < problem_.filters; ++k) {
        for (std::int64_t c = 0; c < problem_.group_channels(); ++c) plane(n, k, c);
      }
    }
    write();
  }

 private:
  void plane(std::int64_t n, std::int64_t k, std::int64_t c) {
    for (const std::int64_t outputs : outputs_) {
      if (outputs < 1) return;
    }
    Product first{};
    first.n = n;
    first.k = k;
    first.c = c;
    first.channel = k / problem_.group_filters() * problem_.group_channels() + c;
    Axes o{};
    do {
      Axes f{};
      do one(first, o, f);
      while (next(f, filters_));
    } while (next(o, outputs_));
  }

  // `at` is the first product of the plane.
  void one(Product at, const Axes& o, const Axes& f) {
    at.o = at.region = o;
    at.f = f;
    for (std::size_t axis = 0; axis < problem_.rank; ++axis) {
      const Window& window = problem_.windows[axis];
      at.i[axis] = o[axis] * window.stride + f[axis] * window.dilation - window.pad_before;
      at.padding |= at.i[axis] < 0 || at.i[axis] >= window.input;
      if (problem_.flip) at.f[axis] = window.filter - 1 - f[axis];
    }
    if (mistakes_.moves) mistakes_.moves(problem_, at);
    if (mistakes_.drops && mistakes_.drops(problem_, at)) return;
    if (at.padding && !mistakes_.pads) return;
    add(at);
  }

  void add(const Product& at) {
    Index x{at.n, at.channel}, w{at.k}, y{at.n, at.k};
    for (std::size_t axis = 0; axis < problem_.rank; ++axis) {
      x.push_back(at.i[axis]);
      y.push_back(at.o[axis]);
      if (problem_.unshared) w.push_back(at.region[axis]);
    }
    w.push_back(at.c);
    for (std::size_t axis = 0; axis < problem_.rank; ++axis) w.push_back(at.f[axis]);
    switch (problem_.direction) {
      case Direction::Forward:
        return multiply(at, {operands_.x, x}, {operands_.w, w}, {operands_.y, y});
      case Direction::GradInputs:
        return multiply(at, {operands_.y, y}, {operands_.w, w}, {operands_.x, x});
      case Direction::GradWeights:
        return multiply(at, {operands_.x, x}, {operands_.y, y}, {operands_.w, w});
    }
  }

  // Of the three elements only x can be padding: `a`, or the result, which is then not inside.
  void multiply(const Product& at, const Element& a, const Element& b, const Element& result) {
    if (!result.inside() || !b.inside()) return;
    const double second = read(b);
    if (at.padding) {
      return accumulate(result.number(), mistakes_.pads(problem_, operands_.x, at, second), 1);
    }
    if (a.inside()) accumulate(result.number(), read(a), second);
  }

  void accumulate(std::size_t number, double a, double b) {
    if (mistakes_.sums) return products_[number].push_back(a * b);
    double& sum = sums_[number];
    sum = mistakes_.adds ? mistakes_.adds(sum, a, b) : sum + a * b;
  }

  double read(const Element& element) const {
    const double value = element.view.at(element.at);
    return mistakes_.reads ? mistakes_.reads(value) : value;
  }

  void write() {
    const TensorView& result = operands_.result(problem_.direction);
    if (result.empty()) return;
    Index at(result.rank(), 0);
    std::size_t number = 0;
    do {
      const double sum = mistakes_.sums ? mistakes_.sums(call_, products_[number]) : sums_[number];
      ++number;
      if (mistakes_.skips && mistakes_.skips(problem_, at)) continue;
      result.set(at, mistakes_.writes ? mistakes_.writes({call_, at, sum, result.at(at)}) : sum);
    } while (advance(at, result.extents));
  }

  const Call& call_;
  ConvProblem problem_;
  Operands operands_;
  const Mistakes& mistakes_;
  Axes outputs_{1, 1, 1}, filters_{1, 1, 1};
  std::vector<double> sums_;
  std::vector<std::vector<double>> products_;  // only for `sums`
};

class Kernel final : public Backend {
 public:
  Kernel(std::string name, Mistakes mistakes)
      : name_(std::move(name)), mistakes_(std::move(mistakes)) {}

  std::string name() const override { return name_; }
  DataType accumulator(DataType type) const override {
    return type == DataType::F64 ? DataType::F64 : mistakes_.f32_accumulator;
  }
  Claims claims() const override { return mistakes_.claims; }
  Support supports(const ConvProblem& problem, const Operands& operands) const override {
    if (operands.x.memory != MemoryKind::Host) {
      return Support::no("cuda memory, needs host memory");
    }
    return mistakes_.supports ? mistakes_.supports(problem, operands) : Support::yes();
  }
  std::size_t workspace_bytes(const ConvProblem& problem, const Operands& operands,
                              const RunContext&) const override {
    return mistakes_.workspace ? mistakes_.workspace(problem, operands) : 0;
  }
  void run(const ConvProblem& problem, const Operands& operands, std::span<std::byte> workspace,
           const RunContext& context) const override {
    const Call call{problem, operands, workspace, context};
    if (mistakes_.before) mistakes_.before(call);
    Scatter(call, mistakes_).run();
    if (mistakes_.after) mistakes_.after(call);
  }

 private:
  std::string name_;
  Mistakes mistakes_;
};

}  // namespace

BackendPtr kernel(const std::string& name, const Mistakes& mistakes) {
  return std::make_shared<Kernel>(name, mistakes);
}

}  // namespace convcheck
