#include "checker/corpus.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>

#include "checker/benchdnn.h"
#include "checker/fill.h"
#include "checker/layout.h"

namespace convcheck {
namespace {

constexpr std::string_view kColumns =
    "net,layer,ndim,batch,groups,in_channels,out_channels,input,kernel,output,stride,dilation,"
    "pad_before,pad_after";

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> pieces;
  std::size_t from = 0;
  for (;;) {
    const std::size_t end = text.find(separator, from);
    pieces.push_back(text.substr(from, end - from));
    if (end == std::string::npos) return pieces;
    from = end + 1;
  }
}

// One row of the table by the names of its columns.
class Row {
 public:
  explicit Row(const std::string& line) {
    const std::vector<std::string> names = split(std::string(kColumns), ',');
    const std::vector<std::string> values = split(line, ',');
    if (values.size() != names.size()) {
      throw ConvError(ErrorKind::Syntax, "row", "'" + line + "'",
                      std::to_string(names.size()) + " columns");
    }
    for (std::size_t i = 0; i < names.size(); ++i) values_[names[i]] = values[i];
    rank_ = static_cast<std::size_t>(integer("ndim"));
  }

  Case to_case() const {
    Case c;
    c.rank = rank_;
    c.groups = integer("groups");
    if (c.groups < 1) refuse("groups", "an integer >= 1");
    const std::int64_t channels = integer("in_channels");
    if (channels % c.groups != 0) refuse("in_channels", "a multiple of the groups");
    c.x = {integer("batch"), channels};
    c.w = {integer("out_channels"), channels / c.groups};
    for (const std::int64_t extent : extents("input")) c.x.push_back(extent);
    for (const std::int64_t extent : extents("kernel")) c.w.push_back(extent);
    c.subsample = extents("stride");
    c.dilation = extents("dilation");
    std::vector<AxisBorder> borders;
    const Dims before = extents("pad_before"), after = extents("pad_after");
    for (std::size_t axis = 0; axis < rank_; ++axis)
      borders.emplace_back(before[axis], after[axis]);
    c.border = BorderMode(std::move(borders)).canonical();
    c.flip = false;
    c.name = values_.at("net") + ":" + values_.at("layer");
    const Shape output = conv_problem(c).output_extents();
    if (!(output == extents("output"))) refuse("output", to_string(output));
    return parse_case(to_string(c));  // the name is spelled with the letters that a line has
  }

 private:
  [[noreturn]] void refuse(const std::string& column, const std::string& expected) const {
    throw ConvError(ErrorKind::Syntax, column, "'" + values_.at(column) + "'", expected);
  }

  std::int64_t number(const std::string& column, const std::string& text) const {
    std::int64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != end || text[0] == '-') refuse(column, "an integer >= 0");
    return value;
  }

  std::int64_t integer(const std::string& column) const {
    return number(column, values_.at(column));
  }

  Dims extents(const std::string& column) const {
    const std::vector<std::string> pieces = split(values_.at(column), 'x');
    if (pieces.size() != rank_ || rank_ > 3) refuse(column, "ndim extents, as in 224x224");
    Dims all;
    for (const std::string& piece : pieces) all.push_back(number(column, piece));
    return all;
  }

  std::map<std::string, std::string> values_;
  std::size_t rank_ = 0;
};

template <class Read>
std::vector<Case> read_lines(std::istream& in, const std::string& name, const CaseCheck& check,
                             const Read& read) {
  std::vector<Case> cases;
  std::string line;
  for (std::int64_t number = 1; std::getline(in, line); ++number) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    try {
      const std::optional<Case> c = read(line, number);
      if (!c) continue;
      if (check) check(*c);
      cases.push_back(*c);
    } catch (const ConvError& error) {
      throw ConvError(ErrorKind::Syntax,
                      name + ":" + std::to_string(number) + ": " + error.argument(), error.value(),
                      error.expected());
    }
  }
  if (in.bad()) throw ConvError(ErrorKind::Syntax, "file", name, "one that can be read to its end");
  return cases;
}

std::string text_of(const std::string& path) {
  std::ifstream in(path);
  // A folder opens, but nothing can be read from it.
  if (!in || (in.peek(), in.bad())) {
    throw ConvError(ErrorKind::Syntax, "file", path, "a file that can be read");
  }
  in.clear();
  std::ostringstream text;
  text << in.rdbuf();
  if (in.bad()) throw ConvError(ErrorKind::Syntax, "file", path, "one that can be read to its end");
  // No message could show it.
  if (text.str().find('\0') != std::string::npos)
    throw ConvError(ErrorKind::Syntax, "file", path, "text, which has no byte 0");
  return text.str();
}

// That says something.
std::string_view first_line(std::string_view text) {
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    const std::string_view line = text.substr(from, end - from);
    const std::size_t first = line.find_first_not_of(" \t\r");
    if (first != std::string_view::npos && line[first] != '#') return line;
    from = end + 1;
  }
  return {};
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

Case read_case(std::string_view line) {
  Case c = parse_case(line);
  parse_fill(c.fill);
  parse_layout(c.layout);
  return c;
}

std::vector<Case> read_case_lines(std::istream& in, const std::string& name,
                                  const CaseCheck& check) {
  return read_lines(in, name, check, [](const std::string& line, std::int64_t) {
    const std::size_t first = line.find_first_not_of(" \t");
    const bool is_case = first != std::string::npos && line[first] != '#';
    return is_case ? std::optional(read_case(line)) : std::nullopt;
  });
}

std::vector<Case> read_network_layers(std::istream& in, const std::string& name) {
  return read_lines(in, name, {}, [](const std::string& line, std::int64_t number) {
    if (number == 1 && line != kColumns) {
      throw ConvError(ErrorKind::Syntax, "header", "'" + line + "'", std::string(kColumns));
    }
    const bool is_case = number > 1 && !line.empty();
    return is_case ? std::optional(Row(line).to_case()) : std::nullopt;
  });
}

std::vector<Case> read_cases(const std::string& path, const CaseCheck& check,
                             std::vector<std::string>* notes) {
  std::istringstream in(text_of(path));  // once: it may be a pipe
  if (ends_with(path, ".csv")) return read_network_layers(in, path);
  if (!is_benchdnn(first_line(in.str()))) return read_case_lines(in, path, check);
  BenchdnnCases read = read_benchdnn(in, path, std::filesystem::path(path).parent_path().string());
  if (notes != nullptr) {
    for (const std::string& note : notes_of(read)) notes->push_back(path + ": " + note);
  }
  return std::move(read.cases);
}

}  // namespace convcheck
