// Every case has one spelling, which reads back as the case.
#include "reference/case.h"

#include "tests/property/problem_gen.h"

namespace convcheck {
namespace {

// What a line has beside the problem.
Case decorated(Case c) {
  using rc::gen::element;
  const auto type = [] {
    return *rc::gen::element(DataType::F64, DataType::F32, DataType::F16, DataType::BF16);
  };
  c.x_type = type();
  c.w_type = type();
  c.y_type = type();
  if (*rc::gen::arbitrary<bool>()) c.accumulator = type();
  c.layout = *element<std::string>("", "nhwc");
  c.fill = *element<std::string>("", "wide", "real");
  c.seed = *rc::gen::arbitrary<std::uint64_t>();
  c.name = *element<std::string>("", "net:layer_1");
  return c;
}

RC_GTEST_PROP(CaseLine, ReadsBackAsTheCase, (ConvProblem problem)) {
  problem.direction =
      *rc::gen::element(Direction::Forward, Direction::GradInputs, Direction::GradWeights);
  const Case c = decorated(make_case(problem, DataType::F32));
  const std::string line = to_string(c);
  RC_ASSERT(parse_case(line) == c);
  RC_ASSERT(to_string(parse_case(line)) == line);
  RC_ASSERT(conv_problem(parse_case(line)) == problem);
}

// The words of a line in any order mean the same.
RC_GTEST_PROP(CaseLine, OrderDoesNotMatter, (ConvProblem problem)) {
  const std::string line = to_string(decorated(make_case(problem, DataType::F32)));
  std::vector<std::string> words;
  for (std::size_t at = line.find(' ') + 1, end = 0; end != std::string::npos; at = end + 1) {
    end = line.find(' ', at);
    words.insert(words.begin() + *rc::gen::inRange<std::ptrdiff_t>(
                                     0, static_cast<std::ptrdiff_t>(words.size()) + 1),
                 line.substr(at, end - at));
  }
  std::string shuffled = line.substr(0, line.find(' '));
  for (const std::string& word : words) shuffled += " " + word;
  RC_ASSERT(to_string(parse_case(shuffled)) == line);
}

}  // namespace
}  // namespace convcheck
