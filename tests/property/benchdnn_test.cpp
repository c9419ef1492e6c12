// What is written for benchdnn reads back as the same problem, types and layout.
#include "checker/benchdnn.h"

#include <algorithm>
#include <sstream>

#include "tests/property/problem_gen.h"

namespace convcheck {
namespace {

Case read_back(const std::string& line) {
  std::istringstream in(line);
  const BenchdnnCases read = read_benchdnn(in, "line", ".");
  RC_ASSERT(read.not_modelled.empty() && read.left_out.empty());
  RC_ASSERT(read.cases.size() == 1u);
  return read.cases[0];
}

// benchdnn has no zeros behind the input that no window reaches, and a filter of one tap is the
// same in both directions.
ConvProblem as_benchdnn_has_it(ConvProblem problem) {
  for (Window& window : problem.axes()) {
    const std::int64_t needed = (window.output() - 1) * window.stride + window.dilated_filter() -
                                window.input - window.pad_before;
    window.pad_after = std::max<std::int64_t>(needed, 0);
  }
  problem.flip = false;
  return problem;
}

bool has_inputs(const ConvProblem& problem) {
  return std::all_of(problem.axes().begin(), problem.axes().end(),
                     [](const Window& window) { return window.input > 0; });
}

void decorate(Case& c) {
  using rc::gen::element;
  c.part = *element(Part::Forward, Part::GradInputs, Part::GradWeights);
  const bool bf16 = *rc::gen::arbitrary<bool>();
  c.x_type = c.w_type = c.y_type = bf16 ? DataType::BF16 : DataType::F32;
  if (bf16) {  // or one of them longer
    DataType* const one = *element(&c.x_type, &c.w_type, &c.y_type);
    *one = *element(DataType::BF16, DataType::F32);
  }
  c.layout = *element<std::string>("", "nhwc", "x-nhwc", "w-nhwc,y-nhwc");
  c.name = *element<std::string>("", "net:layer_1/2.a+b-c");
}

void expect_round_trip(const Case& c) {
  const BenchdnnLine written = to_benchdnn(c);
  RC_LOG(to_string(c) + "\n" + written.text + written.reason);
  RC_ASSERT(written.reason.empty());
  const Case back = read_back(written.text);
  RC_ASSERT(conv_problem(back) == as_benchdnn_has_it(conv_problem(c)));
  RC_ASSERT(back.function == c.function && back.part == c.part);
  RC_ASSERT(back.x_type == c.x_type && back.w_type == c.w_type && back.y_type == c.y_type);
  RC_ASSERT(back.layout == c.layout && back.name == c.name);
  RC_ASSERT(to_benchdnn(back).text == written.text);
}

RC_GTEST_PROP(Benchdnn, AConvolutionReadsBack, (ConvProblem problem)) {
  RC_PRE(has_inputs(problem));
  problem.flip = problem.unshared = false;
  Case c = make_case(problem, DataType::F32);
  decorate(c);
  expect_round_trip(c);
}

// The transposed convolution of the problem's y.
RC_GTEST_PROP(Benchdnn, ADeconvolutionReadsBack, (ConvProblem problem)) {
  RC_PRE(problem.rank > 1 && has_inputs(problem));
  problem.flip = problem.unshared = false;
  Case c = make_case(problem, DataType::F32);
  c.function = Function::ConvTranspose;
  c.y = c.x;
  c.x = problem.y_shape();
  decorate(c);
  RC_PRE(problem.rank < 3 || problem.groups == 1 || c.layout.find("w-") == std::string::npos);
  RC_PRE(problem.rank < 3 || problem.groups == 1 || c.layout != "nhwc");
  expect_round_trip(c);
}

// No text makes the reader do anything but read or refuse it.
RC_GTEST_PROP(Benchdnn, AnyTextIsReadOrRefused, (std::vector<std::uint8_t> picks)) {
  static const std::vector<std::string> kPieces{
      "g",     "mb",      "ic",      "ih",       "iw",     "oc",
      "oh",    "kh",      "kw",      "sh",       "ph",     "dh",
      "id",    "kd",      "0",       "1",        "3",      "8",
      "16",    "-1",      "_",       "n\"a\"",   " ",      "\n",
      "#",     "\\",      "=",       ",",        "f32",    "--dir=",
      "BWD_D", "--dt=",   "--mb=",   ":",        "x",      "99999999999999999999",
      "bf16",  "--stag=", "--reset", "--deconv", "--cfg=", "9223372036854775807"};
  std::string text;
  for (const std::uint8_t pick : picks) text += kPieces[pick % kPieces.size()];
  std::istringstream in(text);
  try {
    for (const Case& c : read_benchdnn(in, "text", ".").cases) conv_problem(c);
  } catch (const ConvError& error) {
    RC_ASSERT(error.kind() == ErrorKind::Syntax);
  }
}

}  // namespace
}  // namespace convcheck
