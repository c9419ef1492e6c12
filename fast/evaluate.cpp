#include "fast/evaluate.h"

#include "fast/case_options.h"
#include "fast/operand_shapes.h"
#include "fast/shape_values.h"

namespace convcheck {
namespace {

DataType type_of(const Case& c, const std::string& name) {
  if (name == "x") return c.x_type;
  return name == "w" || name == "dw" || name == "pw" ? c.w_type : c.y_type;
}

// The narrowest type that holds every value of both.
DataType common_type(DataType a, DataType b) {
  if (a == b) return a;
  if (size_of(a) == size_of(b)) return DataType::F32;  // f16 and bf16
  return size_of(a) > size_of(b) ? a : b;
}

// The same elements in memory with the channels last.
class ChannelsLast {
 public:
  ChannelsLast(const TensorView& from, std::size_t channels) {
    Dims last;
    for (std::size_t axis = 0; axis < from.rank(); ++axis) {
      if (axis != channels) last.push_back(static_cast<std::int64_t>(axis));
    }
    last.push_back(static_cast<std::int64_t>(channels));
    memory_ = Tensor::copy_of(permuted(from, last));
    Dims back(from.rank(), 0);
    for (std::size_t axis = 0; axis < from.rank(); ++axis) {
      back[static_cast<std::size_t>(last[axis])] = static_cast<std::int64_t>(axis);
    }
    view_ = permuted(memory_, back);
  }

  const TensorView& view() const { return view_; }

 private:
  Tensor memory_;
  TensorView view_;
};

// The operands of one evaluation, in the type that it computes in and in the case's layout.
class Arguments {
 public:
  Arguments(const Case& c, const NamedTensors& operands) : case_(c) {
    require_layout(c);
    const PartNames names = part_names(c);
    const std::map<std::string, Shape> shapes = argument_shapes(c);
    type_ = type_of(c, names.computed);
    for (const std::string& name : names.read) {
      const auto found = operands.find(name);
      if (found == operands.end()) {
        throw ConvError(ErrorKind::Syntax, "operand " + name, "missing", "a tensor");
      }
      const auto shape = shapes.find(name);
      if (shape != shapes.end() && !(found->second.shape() == shape->second)) {
        throw ConvError(ErrorKind::InputShape, "operand " + name, to_string(found->second.shape()),
                        to_string(shape->second));
      }
      type_ = common_type(type_, found->second.type());
    }
    for (const std::string& name : names.read) add(name, operands.at(name));
  }

  const TensorView& operator[](const std::string& name) const { return views_.at(name); }

 private:
  void add(const std::string& name, const Tensor& tensor) {
    const bool same = tensor.type() == type_;
    if (!same) memory_.emplace(name, Tensor::copy_of(tensor, type_));
    views_[name] = same ? tensor.view() : memory_.at(name).view();
    if (case_.layout.empty()) return;
    const auto placed = channels_last_.try_emplace(name, views_[name], channel_axis(name)).first;
    views_[name] = placed->second.view();
  }

  std::size_t channel_axis(const std::string& name) const {
    if (case_.function == Function::Conv3d2d) return 2;
    return name == "w" && case_.unshared ? 1 + case_.rank : 1;
  }

  const Case& case_;
  DataType type_ = DataType::F32;
  std::map<std::string, Tensor> memory_;
  std::map<std::string, ChannelsLast> channels_last_;
  std::map<std::string, TensorView> views_;
};

std::size_t rank_index(const Case& c, std::size_t least) {
  if (c.rank < least || c.rank > 3) {
    throw ConvError(ErrorKind::Rank, "rank", std::to_string(c.rank),
                    std::to_string(least) + " to 3");
  }
  return c.rank - least;
}

Tensor conv_family(const Case& c, const Arguments& in, const BackendPtr& backend) {
  constexpr decltype(&conv2d) kForward[] = {conv1d, conv2d, conv3d};
  constexpr decltype(&conv2d_grad_wrt_inputs) kGradInputs[] = {
      conv1d_grad_wrt_inputs, conv2d_grad_wrt_inputs, conv3d_grad_wrt_inputs};
  constexpr decltype(&conv2d_grad_wrt_weights) kGradWeights[] = {
      conv1d_grad_wrt_weights, conv2d_grad_wrt_weights, conv3d_grad_wrt_weights};
  const std::size_t i = rank_index(c, 1);
  const ConvOptions options = conv_options(c);
  switch (c.part) {
    case Part::GradInputs:
      return kGradInputs[i](in["dy"], in["w"], c.x, options, backend);
    case Part::GradWeights:
      return kGradWeights[i](in["x"], in["dy"], c.w, options, backend);
    default:
      return kForward[i](in["x"], in["w"], options, backend);
  }
}

Tensor transposes(const Case& c, const Arguments& in, const BackendPtr& backend) {
  const bool is_2d = rank_index(c, 2) == 0;
  const ConvTransposeOptions options = transpose_options(c);
  switch (c.part) {
    case Part::GradInputs:
      return (is_2d ? conv2d_transpose_grad_wrt_inputs : conv3d_transpose_grad_wrt_inputs)(
          in["dy"], in["w"], options, backend);
    case Part::GradWeights:
      return (is_2d ? conv2d_transpose_grad_wrt_weights : conv3d_transpose_grad_wrt_weights)(
          in["x"], in["dy"], c.w, options, backend);
    default:
      return (is_2d ? conv2d_transpose : conv3d_transpose)(in["x"], in["w"], c.y, options, backend);
  }
}

Tensor causal(const Case& c, const Arguments& in, const BackendPtr& backend) {
  const CausalConv1dOptions options = causal_options(c);
  switch (c.part) {
    case Part::GradInputs:
      return causal_conv1d_grad_wrt_inputs(in["dy"], in["w"], c.x, options, backend);
    case Part::GradWeights:
      return causal_conv1d_grad_wrt_weights(in["x"], in["dy"], c.w, options, backend);
    default:
      return causal_conv1d(in["x"], in["w"], options, backend);
  }
}

Tensor separable(const Case& c, const Arguments& in, const BackendPtr& backend) {
  const bool is_2d = rank_index(c, 2) == 0;
  const SeparableConvOptions options = separable_options(c);
  switch (c.part) {
    case Part::GradInputs:
      return (is_2d ? separable_conv2d_grad_wrt_inputs : separable_conv3d_grad_wrt_inputs)(
          in["dy"], in["dw"], in["pw"], options, backend);
    case Part::GradDepthwise:
      return (is_2d ? separable_conv2d_grad_wrt_depthwise : separable_conv3d_grad_wrt_depthwise)(
          in["x"], in["pw"], in["dy"], options, backend);
    case Part::GradPointwise:
      return (is_2d ? separable_conv2d_grad_wrt_pointwise : separable_conv3d_grad_wrt_pointwise)(
          in["x"], in["dw"], in["dy"], options, backend);
    default:
      return (is_2d ? separable_conv2d : separable_conv3d)(in["x"], in["dw"], in["pw"], options,
                                                           backend);
  }
}

Tensor through_conv3d2d(const Case& c, const Arguments& in, const BackendPtr& backend) {
  const conv3d2d::Options options{.border_mode = c.border};
  switch (c.part) {
    case Part::GradInputs:
      return conv3d2d::conv3d_grad_wrt_inputs(in["dy"], in["w"], c.x, options, backend);
    case Part::GradWeights:
      return conv3d2d::conv3d_grad_wrt_weights(in["x"], in["dy"], c.w, options, backend);
    default:
      return conv3d2d::conv3d(in["x"], in["w"], options, backend);
  }
}

// A case may name the deprecated function: it is checked like any other.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
Tensor legacy(const Case& c, const Arguments& in, const BackendPtr& backend) {
  const conv::Options options = legacy_options(c);
  switch (c.part) {
    case Part::GradInputs:
      return conv::conv2d_grad_wrt_inputs(in["dy"], in["w"], c.x, options, backend);
    case Part::GradWeights:
      return conv::conv2d_grad_wrt_weights(in["x"], in["dy"], c.w, options, backend);
    default:
      return conv::conv2d(in["x"], in["w"], options, backend);
  }
}
#pragma GCC diagnostic pop

Tensor bilinear(const Case& c, const Arguments& in, const BackendPtr& backend) {
  const BilinearUpsamplingOptions options = bilinear_options(c);
  if (c.part == Part::Forward) return bilinear_upsampling(in["x"], options, backend);
  return bilinear_upsampling_grad_wrt_inputs(in["dy"], c.x, options, backend);
}

Tensor value_of(const Case& c, const Arguments& in, const BackendPtr& backend) {
  const BilinearKernelOptions kernel{.normalize = c.normalize, .type = c.y_type};
  switch (c.function) {
    case Function::Conv:
      return conv_family(c, in, backend);
    case Function::ConvTranspose:
      return transposes(c, in, backend);
    case Function::SeparableConv:
      return separable(c, in, backend);
    case Function::CausalConv1d:
      return causal(c, in, backend);
    case Function::Conv3d2d:
      return through_conv3d2d(c, in, backend);
    case Function::LegacyConv2d:
      return legacy(c, in, backend);
    case Function::BilinearUpsampling:
    case Function::FracBilinearUpsampling:
      return bilinear(c, in, backend);
    case Function::BilinearKernel1D:
      return bilinear_kernel_1D(integer_ratio_at(c, 0), kernel);
    case Function::BilinearKernel2D:
      return bilinear_kernel_2D({integer_ratio_at(c, 0), integer_ratio_at(c, 1)}, kernel);
    case Function::OutputShape:
    case Function::GradInputsShape:
    case Function::GradWeightsShape:
      return shape_helper_value(c);
  }
  throw ConvError(ErrorKind::Syntax, "function", "unknown", "a documented function");
}

}  // namespace

Tensor evaluate(const Case& c, const NamedTensors& operands, const BackendPtr& backend) {
  const Arguments in(c, operands);
  Tensor result = value_of(c, in, backend);
  const DataType type = type_of(c, part_names(c).computed);
  return result.type() == type ? std::move(result) : Tensor::copy_of(result, type);
}

}  // namespace convcheck
