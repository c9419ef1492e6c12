#include <algorithm>
#include <optional>

#include "checker/benchdnn.h"
#include "checker/benchdnn_tags.h"
#include "checker/layout.h"

namespace convcheck {
namespace {

using benchdnn::Kind;

BenchdnnLine no_line(std::string reason) { return {"", std::move(reason)}; }

bool is_transposed(const Case& c) { return c.function == Function::ConvTranspose; }

// Whether benchdnn has the problem, or why not.
std::string reason_against(const Case& c, const ConvProblem& problem) {
  if (problem.unshared) return "unshared filters, which oneDNN does not have";
  for (const Window& window : problem.axes()) {
    if (problem.flip && window.filter > 1) return "filters are flipped, oneDNN cross-correlates";
    if (window.input == 0) return "an extent of zero";
  }
  if (problem.batch == 0 || problem.channels == 0 || problem.filters == 0)
    return "an extent of zero";
  if (c.accumulator && *c.accumulator != DataType::F32) {
    return std::string("sums in ") + to_string(*c.accumulator) + ", oneDNN's are in f32";
  }
  return "";
}

// "" for f32 of all operands, benchdnn's default; nothing for types that it does not have.
std::optional<std::string> cfg_of(const Case& c) {
  const std::string types =
      std::string(to_string(c.x_type)) + to_string(c.w_type) + to_string(c.y_type);
  if (types == "f32f32f32") return "";
  if (types == "f16f16f16") return " --cfg=f16";
  for (const char* const known : {"bf16bf16bf16", "bf16bf16f32", "bf16f32bf16", "f32bf16bf16"}) {
    if (types == known) return " --cfg=" + types;
  }
  return std::nullopt;
}

// Filters of a grouped deconvolution of three axes, channels last: benchdnn takes only the tags
// that oneDNN has a name for, and it has none for this one.
constexpr std::string_view kNamelessTag = "acdefb";

// " --stag=acdb --wtag=acdb --dtag=acdb", or nothing where a word of the layout has no tag.
std::optional<std::string> tags_of(const Case& c, const ConvProblem& problem) {
  const Layout layout = parse_layout(c.layout);
  for (const OperandName name : {OperandName::X, OperandName::W, OperandName::Y}) {
    OperandLayout plain;
    plain.order = layout.of(name).order;
    if (!(layout.of(name) == plain)) return std::nullopt;
    if (plain.order == OperandLayout::Order::Permuted) return std::nullopt;
  }
  const benchdnn::Operand data{Kind::Activations, problem.rank, false};
  const benchdnn::Operand filters{is_transposed(c) ? Kind::TransposedFilters : Kind::Filters,
                                  problem.rank, problem.groups > 1};
  const std::string filters_tag = tag_of(layout.w.order, filters);
  if (filters_tag == kNamelessTag) return std::nullopt;
  const OperandLayout& src = is_transposed(c) ? layout.y : layout.x;
  const OperandLayout& dst = is_transposed(c) ? layout.x : layout.y;
  return " --stag=" + tag_of(src.order, data) + " --wtag=" + filters_tag +
         " --dtag=" + tag_of(dst.order, data);
}

const char* direction_of(Part part) {
  return part == Part::Forward ? "FWD_D" : part == Part::GradInputs ? "BWD_D" : "BWD_W";
}

// "ih8iw9"
template <class Number>
std::string spatial(const ConvProblem& problem, char kind, const Number& number) {
  std::string text;
  for (std::size_t axis = 0; axis < problem.rank; ++axis) {
    text += kind;
    text += "dhw"[3 - problem.rank + axis];
    text += std::to_string(number(problem.windows[axis]));
  }
  return text;
}

// The pad behind is left to benchdnn: what the windows need.
std::string descriptor_of(const Case& c, const ConvProblem& problem) {
  const bool swapped = is_transposed(c);
  const auto input = [](const Window& window) { return window.input; };
  const auto output = [](const Window& window) { return window.output(); };
  std::string text = problem.groups > 1 ? "g" + std::to_string(problem.groups) : "";
  text += "mb" + std::to_string(problem.batch);
  text += "ic" + std::to_string(swapped ? problem.filters : problem.channels);
  text += swapped ? spatial(problem, 'i', output) : spatial(problem, 'i', input);
  text += "oc" + std::to_string(swapped ? problem.channels : problem.filters);
  text += swapped ? spatial(problem, 'o', input) : spatial(problem, 'o', output);
  text += spatial(problem, 'k', [](const Window& window) { return window.filter; });
  text += spatial(problem, 's', [](const Window& window) { return window.stride; });
  text += spatial(problem, 'p', [](const Window& window) { return window.pad_before; });
  text += spatial(problem, 'd', [](const Window& window) { return window.dilation - 1; });
  return text + (c.name.empty() ? "" : "n\"" + c.name + "\"");
}

}  // namespace

BenchdnnLine to_benchdnn(const Case& c) {
  if (c.function != Function::Conv && !is_transposed(c)) return no_line("not one convolution");
  const ConvProblem problem = conv_problem(c);
  if (std::string reason = reason_against(c, problem); !reason.empty()) return no_line(reason);
  const auto cfg = cfg_of(c), tags = tags_of(c, problem);
  if (!cfg) return no_line("types that benchdnn does not have together");
  if (!tags) return no_line("layout=" + c.layout + ", for which there is no tag");
  return {(is_transposed(c) ? "--deconv --dir=" : "--conv --dir=") +
              std::string(direction_of(c.part)) + *cfg + *tags + " " + descriptor_of(c, problem),
          ""};
}

}  // namespace convcheck
