#include "tools/fixtures_corpora.h"

#include "checker/random_bits.h"
#include "fast/evaluate.h"
#include "tools/fixtures_factors.h"

namespace convcheck {
namespace {

// Builds the case of one row: what the factors leave open follows from the row's number.
class RowCase {
 public:
  RowCase(const FunctionModel& model, const std::vector<std::size_t>& row, std::uint64_t number)
      : model_(model), row_(row), key_(mixed(number + 1)) {
    case_.function = model.function;
    const bool bilinear = model.function == Function::BilinearUpsampling ||
                          model.function == Function::FracBilinearUpsampling;
    case_.rank = model.rank;
    case_.seed = number % 97 + 1;
    case_.subsample = case_.dilation = Dims(model.rank, 1);
    set_types();
    if (is("fill", "wide") || is("fill", "real")) case_.fill = value("fill");
    set_part();
    if (model.function == Function::BilinearKernel1D ||
        model.function == Function::BilinearKernel2D) {
      case_.normalize = is("kernel", "normalized");
      set_ratio();
    } else if (bilinear) {
      case_.use_1D_kernel = !is("kernel", "2D");
      if (model.function == Function::FracBilinearUpsampling) case_.use_1D_kernel = true;
      case_.x = {batch(), number_between(1, 2), number_between(3, 6), number_between(3, 6)};
      set_ratio();
    } else {
      set_windows();
      set_shapes();
    }
  }

  const Case& get() const { return case_; }

 private:
  std::string value(const std::string& factor) const {
    for (std::size_t i = 0; i < model_.factors.size(); ++i) {
      if (model_.factors[i].name == factor) return model_.factors[i].values[row_[i]];
    }
    return "";
  }
  bool is(const std::string& factor, const std::string& wanted) const {
    return value(factor) == wanted;
  }
  std::int64_t number_between(std::int64_t least, std::int64_t most) {
    const std::uint64_t bits = bits_of(key_, drawn_++);
    return least + static_cast<std::int64_t>(bits % static_cast<std::uint64_t>(most - least + 1));
  }
  std::int64_t batch() { return is("batch", "several") ? number_between(2, 3) : 1; }

  void set_types() {
    if (!is("type", "mixed")) {
      case_.x_type = case_.w_type = case_.y_type = parse_data_type(value("type"));
      return;
    }
    constexpr DataType kPairs[][2] = {{DataType::BF16, DataType::F32},
                                      {DataType::F16, DataType::F32},
                                      {DataType::F32, DataType::F64}};
    const auto& types = kPairs[number_between(0, 2)];
    case_.x_type = case_.w_type = types[0];
    case_.y_type = types[1];
  }

  void set_part() {
    const std::string part = value("part");
    case_.part = part == "grad_inputs"      ? Part::GradInputs
                 : part == "grad_weights"   ? Part::GradWeights
                 : part == "grad_depthwise" ? Part::GradDepthwise
                 : part == "grad_pointwise" ? Part::GradPointwise
                                            : Part::Forward;
  }

  void set_ratio() {
    const std::string ratio = value("ratio");
    const auto one = [&](std::int64_t p, std::int64_t q) { case_.ratio = {{p, q}}; };
    const bool kernel = model_.function == Function::BilinearKernel2D;
    if (ratio == "1") one(1, 1);
    if (ratio == "even") one(2 * number_between(1, 2), 1);
    if (ratio == "odd") one(2 * number_between(1, 2) + 1, 1);
    if (ratio == "fraction") one(number_between(0, 1) == 0 ? 3 : 5, 2);
    if (ratio == "shrinking") one(number_between(0, 1) == 0 ? 2 : 1, 3);
    if (ratio == "unequal" && !kernel) case_.ratio = {{3, 2}, {number_between(1, 4), 1}};
    if (ratio == "unequal" && kernel) case_.ratio = {{2, 1}, {number_between(3, 4), 1}};
    // A kernel of two axes has two ratios; of an upsampling one says the same for both.
    if (kernel && case_.ratio.size() == 1) case_.ratio.push_back(case_.ratio[0]);
  }

  std::int64_t filter_extent(std::size_t axis) {
    if (is("filter", "1")) return 1;
    if (is("filter", "odd")) return 3;
    if (is("filter", "even")) return 2;
    constexpr std::int64_t kDifferent[] = {2, 3, 1};
    return kDifferent[axis];
  }

  void set_windows() {
    for (std::size_t axis = 0; axis < case_.rank; ++axis) {
      const auto place = static_cast<std::int64_t>(axis);
      filter_.push_back(filter_extent(axis));
      if (is("dilation", "equal")) case_.dilation[axis] = 2;
      if (is("dilation", "unequal")) case_.dilation[axis] = place % 2 == 0 ? 2 : 1;
      dilated_.push_back((filter_[axis] - 1) * case_.dilation[axis] + 1);
      if (is("stride", "equal")) case_.subsample[axis] = 2;
      if (is("stride", "unequal")) case_.subsample[axis] = 1 + (place + 1) % 2;
      if (is("stride", "beyond")) case_.subsample[axis] = dilated_[axis] + 1;
    }
    case_.flip = !is("flip", "no");
    case_.unshared = is("unshared", "yes");
    set_border();
    for (std::size_t axis = 0; axis < case_.rank; ++axis) {
      input_.push_back(dilated_[axis] + case_.subsample[axis] + number_between(0, 2));
      Pads pads;
      if (case_.function == Function::CausalConv1d) {
        pads.before = dilated_[axis] - 1;
      } else {
        pads = to_pads(case_.border.axis(axis, case_.rank), dilated_[axis]);
      }
      const Window window{input_[axis],         filter_[axis], case_.subsample[axis],
                          case_.dilation[axis], pads.before,   pads.after};
      output_.push_back(window.output());
    }
  }

  void set_border() {
    const std::string border = value("border");
    if (border == "half") case_.border = half;
    if (border == "full") case_.border = full;
    if (border == "integer") case_.border = number_between(1, 2);
    if (border == "words") case_.border = BorderMode{half, valid, valid};
    if (border == "tuple") case_.border = per_axis(false);
    if (border == "asymmetric") case_.border = per_axis(true);
    case_.border = case_.border.canonical();
  }

  BorderMode per_axis(bool asymmetric) {
    std::vector<AxisBorder> axes;
    for (std::size_t axis = 0; axis < case_.rank; ++axis) {
      const auto place = static_cast<std::int64_t>(axis);
      // Which axis has the pair, and which side is larger, differs from case to case.
      const bool pair = asymmetric && (axis == 0 || number_between(0, 1) == 0);
      const std::int64_t side = number_between(0, 1);
      axes.push_back(pair ? AxisBorder(side + 1, 2 - side) : AxisBorder((place + 1) % 3));
    }
    return BorderMode(axes);
  }

  void set_shapes() {
    const std::int64_t groups = is("groups", "several") ? 2 : is("groups", "depthwise") ? 3 : 1;
    const std::int64_t in_group = is("groups", "several")     ? number_between(2, 3)
                                  : is("groups", "depthwise") ? 1
                                                              : number_between(1, 3);
    const std::int64_t channels = groups * in_group, filters = groups * number_between(1, 3);
    const std::int64_t n = batch();
    const auto with = [](Shape shape, const Dims& extents) {
      for (const std::int64_t extent : extents) shape.push_back(extent);
      return shape;
    };
    case_.groups = groups;
    const Shape x = with({n, channels}, input_), y = with({n, filters}, output_);
    const Shape regions = case_.unshared ? with({filters}, output_) : Shape{filters};
    Shape w = regions;
    w.push_back(in_group);
    w = with(w, filter_);
    switch (case_.function) {
      case Function::ConvTranspose:
        case_.x = y, case_.w = w, case_.y = x;
        return;
      case Function::SeparableConv:
        case_.x = x;
        case_.dw = with({channels * number_between(1, 2), 1}, filter_);
        case_.pw = with({filters, case_.dw[0]}, Dims(case_.rank, 1));
        return;
      case Function::Conv3d2d:
        case_.x = {n, input_[0], channels, input_[1], input_[2]};
        case_.w = {filters, filter_[0], channels, filter_[1], filter_[2]};
        return;
      default:
        case_.x = x, case_.w = w;
    }
  }

  const FunctionModel& model_;
  const std::vector<std::size_t>& row_;
  std::uint64_t key_;
  std::int64_t drawn_ = 0;
  Case case_;
  Dims filter_, dilated_, input_, output_;
};

std::vector<Case> parsed(const std::vector<std::string>& lines) {
  std::vector<Case> cases;
  for (const std::string& line : lines) cases.push_back(parse_case(line));
  return cases;
}

// Layers of the size of real ones, some of which are projected.
const std::vector<std::string> kLayers{
    "conv2d.forward f32 x=2x32x28x28 w=32x32x3x3 border=half noflip name=layer:forward",
    "conv2d.grad_inputs f32 x=2x32x28x28 w=48x32x3x3 border=half subsample=2 noflip "
    "name=layer:grad_inputs",
    "conv2d.grad_weights f32 x=2x32x28x28 w=32x32x3x3 border=half noflip fill=wide "
    "name=layer:grad_weights",
    "conv3d.forward f32 x=1x16x8x16x16 w=16x16x3x3x3 border=half noflip name=layer:conv3d",
    "conv2d.forward f32 x=1x48x14x14 w=8x48x3x3 border=half noflip fill=real name=layer:real",
    "conv2d.forward bf16 x=1x64x7x7 w=32x64x1x1 noflip fill=real name=layer:pointwise",
    "conv2d.forward f32 x=1x24x20x20 w=24x1x5x5 border=half groups=24 noflip "
    "name=layer:depthwise",
};

std::vector<Case> reference_corpus() {
  std::vector<Case> cases;
  for (const FunctionModel& model : function_models()) {
    for (const auto& row : covering_array(model.factors, model.exclusions, 2, 1).rows) {
      cases.push_back(RowCase(model, row, cases.size()).get());
    }
  }
  for (const Case& layer : parsed(kLayers)) cases.push_back(layer);
  return cases;
}

// Small problems with pads, strides and groups; the type and the rest follow.
const std::vector<std::string> kSpecialShapes{
    "conv1d.PART TYPE x=2x4x9 w=4x2x3 border=half groups=2",
    "conv2d.PART TYPE x=2x2x5x6 w=3x2x3x2 border=1,(0,2) subsample=1x2",
    "conv2d.PART TYPE x=1x2x6x5 w=2x2x3x3 border=half noflip",
    "conv3d.PART TYPE x=1x2x4x4x4 w=2x2x2x3x3 border=full dilation=1x2x1",
    "conv2d_transpose.PART TYPE x=1x2x3x3 w=2x2x3x3 y=1x2x7x7 subsample=2",
    "causal_conv1d.PART TYPE x=2x3x8 w=2x3x3 dilation=2",
};
const std::vector<std::string> kComposedShapes{
    "separable_conv2d.PART TYPE x=2x2x5x5 dw=4x1x3x3 pw=3x4x1x1 border=half",
    "conv3d2d.PART TYPE x=1x4x2x4x4 w=2x2x2x3x2 border=half",
    "legacy_conv2d.PART TYPE x=2x2x5x5 w=3x2x2x3 border=full",
    "bilinear_upsampling.PART TYPE x=1x2x4x5 ratio=2",
};

std::string with(std::string text, const std::string& word, const std::string& by) {
  return text.replace(text.find(word), word.size(), by);
}

bool has_part(const std::string& shape, const std::string& part) {
  const bool separable = shape.compare(0, 9, "separable") == 0;
  const bool bilinear = shape.compare(0, 8, "bilinear") == 0;
  return part != "grad_weights" || (!separable && !bilinear);
}

// Every shape in every part that it has and every type.
template <class Add>
void each(const std::vector<std::string>& shapes, const Add& add) {
  for (const std::string& shape : shapes) {
    for (const char* part : {"forward", "grad_inputs", "grad_weights"}) {
      if (!has_part(shape, part)) continue;
      for (const char* type : {"f64", "f32", "f16", "bf16"}) {
        add(with(with(shape, "PART", part), "TYPE", type));
      }
    }
  }
}

std::vector<Case> special_corpus() {
  std::vector<std::string> lines;
  each(kSpecialShapes, [&](const std::string& line) {
    // NaN, infinity, minus infinity and a subnormal by seed; in either operand, or in one by turns.
    const std::string seeds = line.find(" f32 ") != line.npos ? "01234567" : "037";
    for (const char seed : seeds) lines.push_back(line + " fill=special seed=" + seed);
    for (const char* fill : {"zeros", "subnormal", "cancel"})
      lines.push_back(line + " fill=" + fill);
  });
  each(kComposedShapes, [&](const std::string& line) {
    for (const char* fill : {"zeros", "cancel"}) lines.push_back(line + " fill=" + fill);
  });
  return parsed(lines);
}

}  // namespace

std::vector<Case> corpus_named(const std::string& name) {
  if (name == "reference") return reference_corpus();
  if (name == "special") return special_corpus();
  throw ConvError(ErrorKind::Syntax, "NAME", name, "reference or special");
}

}  // namespace convcheck
