#include "checker/rules/impossible.h"

#include <string>

#include "checker/random_bits.h"
#include "checker/rules/answers.h"
#include "checker/run_case.h"

namespace convcheck {
namespace {

class Variants {
 public:
  Variants(const ConvProblem& problem, const Operands& operands)
      : problem_(problem), operands_(operands) {}

  std::vector<Impossible> all() {
    geometry();
    groups();
    shapes();
    memory();
    return std::move(found_);
  }

 private:
  void problem(const char* what, ErrorKind kind, const std::function<void(ConvProblem&)>& change) {
    Impossible& one = found_.emplace_back(Impossible{what, kind, problem_, operands_});
    change(one.problem);
  }
  void operands(const char* what, ErrorKind kind, const std::function<void(Operands&)>& change) {
    Impossible& one = found_.emplace_back(Impossible{what, kind, problem_, operands_});
    change(one.operands);
  }

  void geometry() {
    problem("a stride of 0", ErrorKind::Stride, [](auto& p) { p.windows[0].stride = 0; });
    problem("a stride of -1", ErrorKind::Stride,
            [](auto& p) { p.windows[p.rank - 1].stride = -1; });
    problem("a dilation of 0", ErrorKind::Dilation, [](auto& p) { p.windows[0].dilation = 0; });
    problem("a negative pad before", ErrorKind::BorderMode,
            [](auto& p) { p.windows[0].pad_before = -1; });
    problem("a negative pad after", ErrorKind::BorderMode,
            [](auto& p) { p.windows[p.rank - 1].pad_after = -1; });
    problem("a filter of no elements", ErrorKind::FilterShape,
            [](auto& p) { p.windows[0].filter = 0; });
    problem("a filter larger than the padded input", ErrorKind::OutputShape,
            [](auto& p) { p.windows[0].filter = p.windows[0].padded_input() + 1; });
    problem("4 spatial axes", ErrorKind::Rank, [](auto& p) { p.rank = 4; });
  }

  void groups() {
    problem("0 groups", ErrorKind::Groups, [](auto& p) { p.groups = 0; });
    if (problem_.channels == 0) return;
    problem("more groups than channels", ErrorKind::Groups,
            [](auto& p) { p.groups = p.channels + 1; });
    problem("channels that the groups do not divide", ErrorKind::Groups, [](auto& p) {
      p.channels = 2 * p.groups + 1;
      if (p.groups == 1) p.groups = 2;
    });
  }

  void shapes() {
    problem("another batch than the operands'", ErrorKind::InputShape, [](auto& p) { ++p.batch; });
    operands("w without its last axis", ErrorKind::Rank, [](auto& o) {
      Shape short_shape;
      for (std::size_t i = 0; i + 1 < o.w.rank(); ++i) short_shape.push_back(o.w.extents[i]);
      o.w.extents = short_shape;
    });
    for (TensorView Operands::*one : {&Operands::x, &Operands::w, &Operands::y}) {
      operands("an extent one too large", ErrorKind::InputShape,
               [one](auto& o) { ++(o.*one).extents[0]; });
    }
  }

  void memory() {
    operands("memory of two kinds", ErrorKind::Memory, [this](auto& o) {
      (problem_.direction == Direction::GradWeights ? o.y : o.w).memory = MemoryKind::Cuda;
    });
    for (TensorView Operands::*one : {&Operands::x, &Operands::w, &Operands::y}) {
      if ((operands_.*one).empty()) continue;
      operands("no data", ErrorKind::Memory, [one](auto& o) { (o.*one).data = nullptr; });
    }
    const TensorView& result = operands_.result(problem_.direction);
    const TensorView& input =
        problem_.direction == Direction::GradInputs ? operands_.w : operands_.x;
    if (result.empty()) return;
    if (result.size() > 1) {
      operands("a result whose elements share memory", ErrorKind::Memory, [this](auto& o) {
        TensorView& view = const_cast<TensorView&>(o.result(problem_.direction));
        view.strides = Strides(view.rank(), 0);
      });
    }
    if (input.empty()) return;
    operands("a result that lies on an input", ErrorKind::Memory, [this, &input](auto& o) {
      const_cast<TensorView&>(o.result(problem_.direction)).data = input.data;
    });
  }

  const ConvProblem& problem_;
  const Operands& operands_;
  std::vector<Impossible> found_;
};

// An exception costs more than a small convolution, and what refuses is the same for all cases.
constexpr std::size_t kStep = 4;

std::size_t first_variant(const Trial& trial, const Operands& operands) {
  const auto sizes = static_cast<std::uint64_t>(operands.x.size() + 31 * operands.w.size());
  return mixed(trial.ready.subject().seed + sizes) % kStep;
}

}  // namespace

std::vector<Impossible> impossible_variants(const ConvProblem& problem, const Operands& operands) {
  return Variants(problem, operands).all();
}

std::optional<Verdict> refused_impossible(const Trial& trial, const HostileCall& call) {
  const std::vector<Impossible> variants = impossible_variants(call.problem(), call.operands());
  for (std::size_t i = first_variant(trial, call.operands()); i < variants.size(); i += kStep) {
    const Impossible& one = variants[i];
    const std::string what = one.what;
    try {
      run(trial.backend, one.problem, one.operands, trial.context);
      return Verdict::failed(what + " is not refused");
    } catch (const ConvError& error) {
      if (error.kind() != one.kind) {
        return Verdict::failed(what + " is refused as " + to_string(error.kind()) + ", not as " +
                               to_string(one.kind) + ": " + error.what());
      }
    } catch (const std::exception& error) {
      return Verdict::failed(what + " is refused with an error of another class: " + error.what());
    }
  }
  const auto poison = static_cast<std::byte>(Hostility{}.poison);
  for (const OperandName operand : kAllOperands) {
    const auto bytes = call.bytes(operand);
    const std::size_t at = first_other(bytes, poison);
    if (at == bytes.size()) continue;
    return Verdict::failed("an impossible call changed byte " + std::to_string(at) + " of " +
                           to_string(operand));
  }
  if (const auto text = call.trespass()) return Verdict::failed("an impossible call " + *text);
  return std::nullopt;
}

}  // namespace convcheck
