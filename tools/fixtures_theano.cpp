#include "tools/fixtures_theano.h"

#include "fixtures/theano_case.h"

namespace convcheck {

GoldenFile as_golden(const TheanoFile& file) {
  GoldenFile golden;
  for (const TheanoCase& from : file.cases) {
    if (has_logical_shapes(from)) continue;
    GoldenCase c{.id = from.where.substr(from.where.rfind('/') + 1)};
    c.subject = to_case(from, DataType::F64);
    c.operands = operands_of(from, DataType::F64);
    c.expected = from.expected;
    c.exact = from.exact;
    c.producer = "Theano";
    golden.cases.push_back(std::move(c));
  }
  for (const auto& [helper, rows] : file.shapes) {
    for (const TheanoRow& row : rows) {
      golden.shapes[helper].push_back({row.args, Json(row.answer.to_string())});
    }
  }
  return golden;
}

}  // namespace convcheck
