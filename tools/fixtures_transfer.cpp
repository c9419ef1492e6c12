#include "tools/fixtures_transfer.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <filesystem>

#include "fixtures/bundle.h"
#include "fixtures/npy.h"
#include "fixtures/whole_file.h"
#include "tools/fixtures_reference.h"

namespace convcheck {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLineName = "case.txt";

bool is_there(const std::string& path) {
  std::error_code none;
  return fs::exists(path, none);
}

DataType type_of(const Case& c, const std::string& name) {
  return name == "x" ? c.x_type : name == "dy" ? c.y_type : c.w_type;
}

bool same_bytes(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && a.type() == b.type() &&
         (a.size() == 0 ||
          std::memcmp(a.view().data, b.view().data,
                      static_cast<std::size_t>(a.size()) * size_of(a.type())) == 0);
}

// The fixture that the line makes, if it has these operands.
bool is_made_by_line(const Case& line, const std::map<std::string, Tensor>& operands) {
  if (line.fill == kImported) return false;
  try {
    const FixtureData data = fixture_data(line);
    if (data.operands.size() != operands.size()) return false;
    for (const auto& [name, tensor] : data.operands) {
      const auto found = operands.find(name);
      if (found == operands.end() || !same_bytes(tensor, found->second)) return false;
    }
    return true;
  } catch (const ConvError&) {  // a fill that is not known here
    return false;
  }
}

Case read_line(const std::string& path) {
  const std::string text = read_whole(path);
  std::size_t at = 0;
  while (at < text.size() && (text[at] == '#' || text[at] == '\n')) {
    at = std::min(text.find('\n', at), text.size() - 1) + 1;
  }
  try {
    return parse_case(std::string_view(text).substr(at, text.find('\n', at) - at));
  } catch (const ConvError& error) {
    throw FileError(path + ": " + error.what());
  }
}

std::string line_text(const GoldenCase& c) {
  std::string text = "# producer of expected.npy: " + c.producer + "\n";
  for (const auto& [name, tensor] : c.operands) {
    if (tensor.type() != DataType::BF16) continue;
    text += "# " + name + ".npy: bf16, its 16 bits as uint16, since NumPy has no such type\n";
  }
  return text + to_string(c.subject) + "\n";
}

void require_agreement(const GoldenCase& ours, const Tensor& theirs, const std::string& path) {
  if (!(theirs.shape() == ours.expected.shape())) {
    throw FileError(path + ": is " + to_string(theirs.shape()) + ", the result is " +
                    to_string(ours.expected.shape()));
  }
  if (theirs.size() == 0) return;
  Index at(theirs.shape().size(), 0);
  do {
    const double a = theirs.at(at), b = ours.expected.at(at);
    const double allowed = ours.exact ? 0 : ours.bound.at(at);
    if (a == b || (std::isnan(a) && std::isnan(b)) || std::abs(a - b) <= allowed) continue;
    throw FileError(fmt::format("{}: at [{}] is {}, the reference says {}, allowed difference {}",
                                path, to_string(at), a, b, allowed));
  } while (advance(at, theirs.shape()));
}

}  // namespace

void export_case(const GoldenCase& c, const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw FileError(folder + ": " + error.message());
  const auto write = [&](const std::string& name, const Tensor& tensor) {
    write_whole((fs::path(folder) / (name + ".npy")).string(), to_npy(tensor));
  };
  for (const auto& [name, tensor] : c.operands) write(name, tensor);
  write("expected", c.expected);
  if (!c.exact && c.bound.shape() == c.expected.shape()) write("bound", c.bound);
  write_whole((fs::path(folder) / kLineName).string(), line_text(c));
}

GoldenCase imported_case(Case line, std::map<std::string, Tensor> operands,
                         const std::string& where) {
  try {
    require_storable(line);
    if (is_made_by_line(line, operands)) return golden_case(line);
    line.fill = kImported;
    require_operands(line, operands, where);
    const bool exact = is_one_convolution(line) && all_integers(operands) &&
                       answer_of_reference(line, operands).sums_fit;
    return golden_case(line, std::move(operands), exact);
  } catch (const ConvError& error) {
    throw FileError(where + ": " + error.what());
  }
}

GoldenCase import_case(const std::string& folder) {
  const auto file = [&](const std::string& name) { return (fs::path(folder) / name).string(); };
  const Case line = read_line(file(kLineName));
  std::map<std::string, Tensor> operands;
  for (const char* name : {"x", "w", "dw", "pw", "dy"}) {
    const std::string path = file(name + std::string(".npy"));
    if (is_there(path)) {
      operands[name] = from_npy(read_whole(path), type_of(line, name), path);
    }
  }
  GoldenCase c = imported_case(line, std::move(operands), folder);
  const std::string expected = file("expected.npy");
  if (is_there(expected)) {
    require_agreement(c, from_npy(read_whole(expected), DataType::F64, expected), expected);
  }
  return c;
}

GoldenCase import_bundle(const std::string& path) {
  try {
    const Bundle bundle = read_bundle(path);
    if (!bundle.has_operands) throw FileError(path + ": has no operands");
    const Case line = bundle_case(bundle);
    const bool transposed = line.function == Function::ConvTranspose;
    const std::map<std::string, Tensor> by_name{
        {transposed ? "dy" : "x", bundle.x}, {"w", bundle.w}, {transposed ? "x" : "dy", bundle.y}};
    std::map<std::string, Tensor> operands;
    for (const auto& entry : operand_shapes(line)) {
      if (entry.first != "result") operands[entry.first] = by_name.at(entry.first);
    }
    return imported_case(line, std::move(operands), path);
  } catch (const BundleError& error) {
    throw FileError(error.what());
  } catch (const std::logic_error& error) {  // ConvError, and operands of another function
    throw FileError(path + ": " + error.what());
  }
}

}  // namespace convcheck
