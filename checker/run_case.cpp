#include "checker/run_case.h"

#include <chrono>
#include <new>
#include <stdexcept>
#include <utility>

#include "checker/layout.h"

namespace convcheck {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Verdict thrown(const char* what) { return Verdict::failed(std::string("the call threw: ") + what); }

// A transposed convolution's input is its problem's y.
CallTypes stored_types(const Case& c) {
  CallTypes types{c.x_type, c.w_type, c.y_type};
  if (c.function == Function::ConvTranspose) std::swap(types.x, types.y);
  return types;
}

Expectation expect(const ConvProblem& problem, const Operands& operands, const Data& data,
                   const Sample& chosen) {
  Expectation expectation{{}, chosen.all};
  expectation.elements.reserve(chosen.elements.size() + 1);
  for (const Index& at : chosen.elements) {
    expectation.elements.push_back({at, result_at(problem, operands, at)});
  }
  if (!chosen.all && data.reached) {
    expectation.elements.push_back({*data.reached, result_at(problem, operands, *data.reached)});
  }
  return expectation;
}

}  // namespace

PreparedCase::PreparedCase(const Case& c, const CallTypes& types, const SampleLimits& limits)
    : case_(c),
      problem_(conv_problem(c)),
      types_(types),
      data_(make_data(problem_, types_, parse_fill(c.fill), c.seed)),
      limits_(limits),
      coverage_(plan_coverage(problem_, types_, data_, limits)) {
  parse_layout(c.layout);
}

const Operands& PreparedCase::operands() {
  if (operands_) return *operands_;
  const Layout layout = parse_layout(case_.layout);
  Operands made;
  made.x = allocate(x_, OperandName::X, problem_, types_.x, layout);
  made.w = allocate(w_, OperandName::W, problem_, types_.w, layout);
  made.y = allocate(y_, OperandName::Y, problem_, types_.y, layout);
  write_inputs(data_, problem_.direction, made);
  operands_ = made;
  return *operands_;
}

const Expectation& PreparedCase::expectation() {
  if (!expectation_) {
    const Sample chosen = sample(problem_, coverage_.sample, case_.seed);
    expectation_ = expect(problem_, operands(), data_, chosen);
  }
  return *expectation_;
}

const std::vector<Decoy>& PreparedCase::accepted_decoys() {
  if (!accepted_decoys_) {
    const Judged run = judged();
    accepted_decoys_ = convcheck::accepted_decoys(run, Judge(problem_, types_, data_));
  }
  return *accepted_decoys_;
}

Judged PreparedCase::judged() {
  const Operands& all = operands();
  const Expectation& expected = expectation();
  const bool some = !expected.all;
  if (some && coverage_.coverage == Coverage::ExactProjection && !exact_projection_) {
    exact_projection_.emplace(problem_, all, data_.largest, case_.seed);
  }
  if (some && coverage_.coverage == Coverage::RealProjection && !real_projection_) {
    real_projection_.emplace(problem_, all, types_.accumulator, case_.seed);
  }
  return {problem_,
          all,
          data_,
          types_,
          expected,
          exact_projection_ ? &*exact_projection_ : nullptr,
          real_projection_ ? &*real_projection_ : nullptr};
}

std::optional<Verdict> PreparedCase::call(const Backend& backend, const RunContext& context) {
  write_nan(operands().result(problem_.direction));
  const auto start = std::chrono::steady_clock::now();
  auto verdict = guarded_call(backend, problem_, operands(), context);
  run_seconds_ += seconds_since(start);
  // Whatever the call did to them: judging reads the inputs, and so do the next calls.
  write_inputs(data_, problem_.direction, operands());
  return verdict;
}

CallTypes call_types(const Case& c, const Backend& backend) {
  CallTypes types = stored_types(c);
  types.accumulator = DataType::F64;  // of all types the shortest
  for (const DataType type : {c.x_type, c.w_type, c.y_type}) {
    const DataType own = backend.accumulator(type);
    if (significand_bits(own) < significand_bits(types.accumulator)) types.accumulator = own;
  }
  if (c.accumulator) types.accumulator = *c.accumulator;
  const Claims claims = backend.claims();
  types.input_bits = claims.input_bits;
  types.multiplies_padding = claims.multiplies_padding;
  if (claims.algorithm == Claims::Algorithm::Transform) types.amplification = claims.amplification;
  return types;
}

CallTypes usual_types(const Case& c) {
  CallTypes types = stored_types(c);
  const bool f64 = types.x == DataType::F64 && types.w == DataType::F64 && types.y == DataType::F64;
  types.accumulator = c.accumulator.value_or(f64 ? DataType::F64 : DataType::F32);
  return types;
}

std::optional<Verdict> guarded(const std::function<void()>& call) {
  try {
    call();
  } catch (const ConvError& error) {
    if (error.kind() == ErrorKind::Unsupported) return Verdict::skipped(error.what());
    return thrown(error.what());
  } catch (const std::bad_alloc& error) {
    return Verdict::broken(std::string("out of memory during the call: ") + error.what());
  } catch (const std::exception& error) {
    return thrown(error.what());
  } catch (...) {
    return thrown("something that is no std::exception");
  }
  return std::nullopt;
}

std::optional<Verdict> guarded_call(const Backend& backend, const ConvProblem& problem,
                                    const Operands& operands, const RunContext& context) {
  check_call(problem, operands);
  std::optional<Verdict> early;
  const auto thrown_verdict = guarded([&] {
    const Support support = backend.supports(problem, operands);
    if (!support) {
      early = Verdict::skipped(support.reason);
      return;
    }
    const std::size_t bytes = backend.workspace_bytes(problem, operands, context);
    if (bytes > static_cast<std::size_t>(INT64_MAX) - 7) {
      throw std::length_error("a workspace of " + std::to_string(bytes) + " bytes is announced");
    }
    Tensor workspace;
    try {
      workspace = Tensor(Shape{static_cast<std::int64_t>((bytes + 7) / 8)}, DataType::F64);
    } catch (const ConvError& error) {
      early = Verdict::broken(std::string("no workspace: ") + error.what());
      return;
    }
    backend.run(problem, operands, {static_cast<std::byte*>(workspace.view().data), bytes},
                context);
  });
  return thrown_verdict ? thrown_verdict : early;
}

std::int64_t operand_bytes(const ConvProblem& problem, const Case& c) {
  std::int64_t all = 0;
  const auto add = [&](const Shape& shape, DataType type) {
    std::int64_t bytes = 0;
    if (__builtin_mul_overflow(element_count(shape), size_of(type), &bytes) ||
        __builtin_add_overflow(all, bytes, &all)) {
      throw ConvError(ErrorKind::Overflow, "operands", to_string(shape), "fewer than 2^63 bytes");
    }
  };
  const CallTypes types = stored_types(c);
  add(problem.x_shape(), types.x);
  add(problem.w_shape(), types.w);
  add(problem.y_shape(), types.y);
  return all;
}

}  // namespace convcheck
