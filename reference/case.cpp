#include "reference/case.h"

#include <algorithm>

#include "reference/case_words.h"

namespace convcheck {
namespace {

std::string_view part_word(Part part) {
  return std::find_if(std::begin(kPartWords), std::end(kPartWords),
                      [&](const PartWord& one) { return one.part == part; })
      ->word;
}

// The words of a line, each with a space before it.
class Line {
 public:
  explicit Line(const std::string& start) : text_(start) {}

  void word(bool present, const char* text) {
    if (present) text_ += std::string(" ") + text;
  }
  void field(bool present, const char* name, const std::string& value) {
    if (present) text_ += std::string(" ") + name + "=" + value;
  }
  void shape(const char* name, const Shape& value) {
    field(!value.empty(), name, to_string(value));
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string types_text(const Case& c) {
  if (c.x_type == c.w_type && c.x_type == c.y_type) return to_string(c.x_type);
  return std::string("types=") + to_string(c.x_type) + "," + to_string(c.w_type) + "," +
         to_string(c.y_type);
}

std::string ratio_text(const std::vector<Ratio>& ratios) {
  std::string text;
  for (const Ratio& ratio : ratios) {
    text += (text.empty() ? "" : ",") + std::to_string(ratio.numerator);
    if (ratio.denominator != 1) text += "/" + std::to_string(ratio.denominator);
  }
  return text;
}

bool has_ones(const Dims& dims) {
  return std::all_of(dims.begin(), dims.end(), [](std::int64_t entry) { return entry == 1; });
}

ConvParameters parameters_of(const Case& c) {
  return {.border_mode = c.border,
          .subsample = c.subsample,
          .filter_flip = c.flip,
          .filter_dilation = c.dilation,
          .num_groups = c.groups,
          .unshared = c.unshared};
}

Direction direction_of(const Case& c) {
  switch (c.part) {
    case Part::Forward:
      return Direction::Forward;
    case Part::GradInputs:
      return Direction::GradInputs;
    case Part::GradWeights:
      return Direction::GradWeights;
    default:
      throw ConvError(ErrorKind::Syntax, "part", std::string(part_word(c.part)),
                      "forward, grad_inputs or grad_weights");
  }
}

// The convolution whose input is the transposed one's output.
ConvProblem transposed_problem(const Case& c) {
  Direction direction = direction_of(c);
  if (direction != Direction::GradWeights) {
    direction = direction == Direction::Forward ? Direction::GradInputs : Direction::Forward;
  }
  return make_problem(direction, c.y, c.w, parameters_of(c), c.x);
}

ConvProblem causal_problem(const Case& c) {
  ConvParameters parameters = parameters_of(c);
  std::int64_t pad = 0;
  const std::int64_t dilation = c.dilation.empty() ? 1 : c.dilation[0];
  const bool fits = !c.w.empty() && !__builtin_mul_overflow(c.w.back() - 1, dilation, &pad);
  if (fits && pad >= 0) parameters.border_mode = {AxisBorder(pad, 0)};
  return make_problem(direction_of(c), c.x, c.w, parameters);
}

}  // namespace

const FunctionWord& function_word(const Case& c) {
  for (const FunctionWord& one : kFunctionWords) {
    if (one.function == c.function && one.rank == c.rank) return one;
  }
  throw ConvError(ErrorKind::Rank, "rank", std::to_string(c.rank),
                  "a number of axes that the function has");
}

std::string to_string(const Case& c) {
  Line line(std::string(function_word(c).word) + "." + std::string(part_word(c.part)) + " " +
            types_text(c));
  line.field(c.accumulator.has_value(), "acc", to_string(c.accumulator.value_or(DataType::F32)));
  line.shape("x", c.x);
  line.shape("w", c.w);
  line.shape("dw", c.dw);
  line.shape("pw", c.pw);
  line.shape("y", c.y);
  line.field(c.border != BorderMode(valid), "border", to_string(c.border));
  line.field(!has_ones(c.subsample), "subsample", to_string(c.subsample));
  line.field(!has_ones(c.dilation), "dilation", to_string(c.dilation));
  line.field(c.groups != 1, "groups", std::to_string(c.groups));
  line.word(!c.flip, "noflip");
  line.word(c.unshared, "unshared");
  line.field(!c.ratio.empty(), "ratio", ratio_text(c.ratio));
  line.word(!c.use_1D_kernel, "2D_kernel");
  line.word(!c.normalize, "unnormalized");
  line.field(!c.layout.empty(), "layout", c.layout);
  line.field(!c.fill.empty(), "fill", c.fill);
  line.field(c.seed != 1, "seed", std::to_string(c.seed));
  line.field(!c.name.empty(), "name", c.name);
  return line.take();
}

ConvProblem conv_problem(const Case& c) {
  switch (c.function) {
    case Function::Conv:
      return make_problem(direction_of(c), c.x, c.w, parameters_of(c));
    case Function::ConvTranspose:
      return transposed_problem(c);
    case Function::CausalConv1d:
      return causal_problem(c);
    default:
      throw ConvError(ErrorKind::Unsupported, "function", std::string(function_word(c).word),
                      "one that is a single convolution");
  }
}

bool is_shape_helper(Function function) {
  return function == Function::OutputShape || function == Function::GradInputsShape ||
         function == Function::GradWeightsShape;
}

Case helper_convolution(const Case& c) {
  Case convolution = c;
  convolution.function = Function::Conv;
  convolution.part = Part::Forward;
  return convolution;
}

Case make_case(const ConvProblem& problem, DataType type) {
  constexpr Part kParts[] = {Part::Forward, Part::GradInputs, Part::GradWeights};
  Case c;
  c.rank = problem.rank;
  c.part = kParts[static_cast<std::size_t>(problem.direction)];
  c.x_type = c.w_type = c.y_type = type;
  c.x = problem.x_shape();
  c.w = problem.w_shape();
  std::vector<AxisBorder> borders;
  for (const Window& window : problem.axes()) {
    borders.emplace_back(window.pad_before, window.pad_after);
    c.subsample.push_back(window.stride);
    c.dilation.push_back(window.dilation);
  }
  c.border = BorderMode(std::move(borders)).canonical();
  c.groups = problem.groups;
  c.flip = problem.flip;
  c.unshared = problem.unshared;
  return c;
}

}  // namespace convcheck
