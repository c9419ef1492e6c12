// What cudnnBackendFinalize of the stand-in checks, and what it reads from descriptors.
#include <algorithm>
#include <set>

#include "tests/gpu/stand_in/cudnn_engines.h"
#include "tests/gpu/stand_in/cudnn_operation.h"

namespace convcheck::cudnn_stand_in {
namespace {

using Numbers = std::vector<std::int64_t>;

struct OperationNames {
  Wanted wanted;
  Name x, w, y, convolution, alpha, beta;
};

OperationNames names_of(Kind kind) {
  switch (kind) {
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR:
      return {Wanted::Y,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA};
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR:
      return {Wanted::X,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA};
    default:
      return {Wanted::W,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA};
  }
}

DataType data_type(cudnnDataType_t type) {
  switch (type) {
    case CUDNN_DATA_DOUBLE:
      return DataType::F64;
    case CUDNN_DATA_FLOAT:
      return DataType::F32;
    case CUDNN_DATA_HALF:
      return DataType::F16;
    case CUDNN_DATA_BFLOAT16:
      return DataType::BF16;
    default:
      throw Refusal{CUDNN_STATUS_NOT_SUPPORTED_DATA_TYPE, "data type " + std::to_string(type)};
  }
}

bool all_at_least(const Numbers& numbers, std::int64_t least) {
  return std::all_of(numbers.begin(), numbers.end(),
                     [least](std::int64_t one) { return one >= least; });
}

double scale_of(const Object& operation, Name name) {
  return operation.values.at(name).type == CUDNN_TYPE_DOUBLE ? operation.one<double>(name)
                                                             : operation.one<float>(name);
}

void check_tensor(const Object& object) {
  const TensorForm tensor = tensor_of(object);
  demand(tensor.extents.size() == tensor.strides.size(), CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH,
         "as many strides as dimensions");
  demand(tensor.extents.size() >= 3, CUDNN_STATUS_BAD_PARAM, "a tensor of at least 3 dimensions");
  demand(all_at_least(tensor.extents, 1), CUDNN_STATUS_BAD_PARAM, "dimensions are at least 1");
  demand(std::all_of(tensor.extents.begin(), tensor.extents.end(),
                     [](std::int64_t extent) { return extent <= INT32_MAX; }),
         CUDNN_STATUS_NOT_SUPPORTED_SHAPE, "dimensions have 31 bits");
  demand(all_at_least(tensor.strides, 0), CUDNN_STATUS_BAD_PARAM, "strides are at least 0");
  demand(tensor.alignment > 0 && (tensor.alignment & (tensor.alignment - 1)) == 0 &&
             tensor.alignment % static_cast<std::int64_t>(size_of(tensor.type)) == 0,
         CUDNN_STATUS_BAD_PARAM, "the alignment is a power of two, and a multiple of the type");
}

void check_convolution(const Object& object) {
  data_type(object.one<cudnnDataType_t>(CUDNN_ATTR_CONVOLUTION_COMP_TYPE));
  const int mode = object.one<int>(CUDNN_ATTR_CONVOLUTION_CONV_MODE);
  demand(mode == CUDNN_CONVOLUTION || mode == CUDNN_CROSS_CORRELATION, CUDNN_STATUS_BAD_PARAM,
         "a mode of convolution");
  const auto axes = object.one<std::int64_t>(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS);
  demand(axes >= 1 && axes <= 3, CUDNN_STATUS_NOT_SUPPORTED, "one to three spatial dimensions");
  struct List {
    Name name;
    std::int64_t least;
    const char* text;
  };
  for (const List& list : {List{CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, 0, "pads are at least 0"},
                           List{CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, 0, "pads are at least 0"},
                           List{CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, 1, "strides of at least 1"},
                           List{CUDNN_ATTR_CONVOLUTION_DILATIONS, 1, "dilations of at least 1"}}) {
    const auto values = object.all<std::int64_t>(list.name);
    demand(static_cast<std::int64_t>(values.size()) == axes, CUDNN_STATUS_BAD_PARAM,
           "as many numbers as spatial dimensions");
    demand(all_at_least(values, list.least), CUDNN_STATUS_BAD_PARAM, list.text);
  }
}

void check_windows(const Operation& op) {
  for (std::size_t axis = 0; axis < op.axes(); ++axis) {
    const std::size_t d = axis + 2;
    const std::int64_t window = (op.w.extents[d] - 1) * op.dilations[axis] + 1;
    const std::int64_t padded = op.x.extents[d] + op.pads[axis] + op.pads_after[axis];
    demand(padded >= window && op.y.extents[d] == (padded - window) / op.strides[axis] + 1,
           CUDNN_STATUS_BAD_PARAM, "y's extents follow from x, w, pads, strides and dilations");
  }
}

void check_operation(const Object& object) {
  const Operation op = operation_of(object);
  for (const TensorForm* tensor : {&op.x, &op.w, &op.y}) {
    demand(tensor->extents.size() == op.axes() + 2, CUDNN_STATUS_BAD_PARAM,
           "tensors have two dimensions more than the convolution");
    demand(tensor->type == op.x.type, CUDNN_STATUS_NOT_SUPPORTED_DATA_TYPE,
           "tensors of one data type");
  }
  demand(op.pads.size() == op.axes() && op.y.extents[0] == op.x.extents[0] &&
             op.y.extents[1] == op.w.extents[0],
         CUDNN_STATUS_BAD_PARAM, "y has x's images and a channel for each filter");
  demand(op.x.extents[1] % op.w.extents[1] == 0 && op.w.extents[0] % op.groups() == 0,
         CUDNN_STATUS_BAD_PARAM, "groups divide channels and filters");
  check_windows(op);
  demand(op.w.is_packed(), CUDNN_STATUS_BAD_PARAM, "filters without gaps");
  demand(!op.result().elements_overlap(), CUDNN_STATUS_BAD_PARAM, "a result without overlaps");
  const OperationNames names = names_of(object.kind);
  const Type scale = op.sums == DataType::F64 ? CUDNN_TYPE_DOUBLE : CUDNN_TYPE_FLOAT;
  for (const Name name : {names.alpha, names.beta}) {
    demand(object.values.at(name).type == scale, CUDNN_STATUS_BAD_PARAM_ATTRIBUTE_TYPE,
           "alpha and beta in the type of the sums");
  }
}

void check_graph(const Object& object) {
  demand(object.values.at(CUDNN_ATTR_OPERATIONGRAPH_OPS).count == 1,
         CUDNN_STATUS_NOT_SUPPORTED_GRAPH_PATTERN, "one operation");
  const Operation op = operation_in(object);
  demand(std::set<std::int64_t>{op.x.identity, op.w.identity, op.y.identity}.size() == 3,
         CUDNN_STATUS_BAD_PARAM_DUPLICATED_ENTRIES, "tensors have identities of their own");
}

void check_variant_pack(const Object& object) {
  const auto identities = object.all<std::int64_t>(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS);
  const auto pointers = object.all<void*>(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS);
  demand(identities.size() == pointers.size(), CUDNN_STATUS_BAD_PARAM,
         "as many pointers as identities");
  demand(std::set<std::int64_t>(identities.begin(), identities.end()).size() == identities.size(),
         CUDNN_STATUS_BAD_PARAM_DUPLICATED_ENTRIES, "identities differ");
  demand(std::count(pointers.begin(), pointers.end(), nullptr) == 0,
         CUDNN_STATUS_BAD_PARAM_NULL_POINTER, "pointers to data");
}

}  // namespace

TensorForm tensor_of(const Object& tensor) {
  return {.type = data_type(tensor.one<cudnnDataType_t>(CUDNN_ATTR_TENSOR_DATA_TYPE)),
          .extents = tensor.all<std::int64_t>(CUDNN_ATTR_TENSOR_DIMENSIONS),
          .strides = tensor.all<std::int64_t>(CUDNN_ATTR_TENSOR_STRIDES),
          .identity = tensor.one<std::int64_t>(CUDNN_ATTR_TENSOR_UNIQUE_ID),
          .alignment = tensor.one<std::int64_t>(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT)};
}

Operation operation_of(const Object& operation) {
  const OperationNames names = names_of(operation.kind);
  const Object& convolution = operation.object(names.convolution);
  const auto numbers = [&](Name name) { return convolution.all<std::int64_t>(name); };
  const int mode = convolution.one<int>(CUDNN_ATTR_CONVOLUTION_CONV_MODE);
  return {.wanted = names.wanted,
          .x = tensor_of(operation.object(names.x)),
          .w = tensor_of(operation.object(names.w)),
          .y = tensor_of(operation.object(names.y)),
          .pads = numbers(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS),
          .pads_after = numbers(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS),
          .strides = numbers(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES),
          .dilations = numbers(CUDNN_ATTR_CONVOLUTION_DILATIONS),
          .reverses = mode == CUDNN_CONVOLUTION,
          .sums = data_type(convolution.one<cudnnDataType_t>(CUDNN_ATTR_CONVOLUTION_COMP_TYPE)),
          .alpha = scale_of(operation, names.alpha),
          .beta = scale_of(operation, names.beta)};
}

Operation operation_in(const Object& graph) {
  return operation_of(graph.object(CUDNN_ATTR_OPERATIONGRAPH_OPS));
}

void check_values(const Object& object) {
  for (const Attribute& attribute : attributes_of(object.kind)) {
    demand(attribute.need != Attribute::Need::Required || object.has(attribute.name),
           CUDNN_STATUS_BAD_PARAM,
           "attribute " + std::to_string(attribute.name) + " has not been set");
  }
  switch (object.kind) {
    case CUDNN_BACKEND_TENSOR_DESCRIPTOR:
      return check_tensor(object);
    case CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR:
      return check_convolution(object);
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR:
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR:
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR:
      return check_operation(object);
    case CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR:
      return check_graph(object);
    case CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR:
      return check_variant_pack(object);
    case CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR:
      return check_heuristics(object);
    case CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR:
      return check_plan(object);
    default:
      return;
  }
}

}  // namespace convcheck::cudnn_stand_in
