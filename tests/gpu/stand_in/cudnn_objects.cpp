#include "tests/gpu/stand_in/cudnn_objects.h"

namespace convcheck::cudnn_stand_in {
namespace {

using Need = Attribute::Need;

constexpr std::int64_t kMostAxes = 8, kMostSpatial = 3, kMostTensors = 64;
constexpr std::int64_t kMostResults = INT64_MAX;
const std::vector<Type> kInt64{CUDNN_TYPE_INT64}, kDataType{CUDNN_TYPE_DATA_TYPE};
const std::vector<Type> kDescriptor{CUDNN_TYPE_BACKEND_DESCRIPTOR}, kHandle{CUDNN_TYPE_HANDLE};
const std::vector<Type> kPointer{CUDNN_TYPE_VOID_PTR};
const std::vector<Type> kScale{CUDNN_TYPE_FLOAT, CUDNN_TYPE_DOUBLE};
// Names that newer headers call deprecated; releases before 9.15 require them.
constexpr auto kPlanHandle = static_cast<Name>(400), kGraphHandle = static_cast<Name>(800);

Attribute descriptor(Name name, std::vector<Kind> kinds, Need need = Need::Required) {
  return {name, kDescriptor, 1, 1, need, std::move(kinds)};
}

struct OperationNames {
  Name x, w, y, convolution, alpha, beta;
};

std::vector<Attribute> operation(const OperationNames& names) {
  return {descriptor(names.x, {CUDNN_BACKEND_TENSOR_DESCRIPTOR}),
          descriptor(names.w, {CUDNN_BACKEND_TENSOR_DESCRIPTOR}),
          descriptor(names.y, {CUDNN_BACKEND_TENSOR_DESCRIPTOR}),
          descriptor(names.convolution, {CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR}),
          {names.alpha, kScale},
          {names.beta, kScale}};
}

std::vector<Attribute> tensor() {
  return {{CUDNN_ATTR_TENSOR_DATA_TYPE, kDataType},
          {CUDNN_ATTR_TENSOR_DIMENSIONS, kInt64, 1, kMostAxes},
          {CUDNN_ATTR_TENSOR_STRIDES, kInt64, 1, kMostAxes},
          {CUDNN_ATTR_TENSOR_UNIQUE_ID, kInt64},
          {CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, kInt64}};
}

std::vector<Attribute> convolution() {
  return {{CUDNN_ATTR_CONVOLUTION_COMP_TYPE, kDataType},
          {CUDNN_ATTR_CONVOLUTION_CONV_MODE, {CUDNN_TYPE_CONVOLUTION_MODE}},
          {CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, kInt64},
          {CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, kInt64, 1, kMostSpatial},
          {CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, kInt64, 1, kMostSpatial},
          {CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, kInt64, 1, kMostSpatial},
          {CUDNN_ATTR_CONVOLUTION_DILATIONS, kInt64, 1, kMostSpatial}};
}

std::vector<Attribute> variant_pack() {
  return {{CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, kInt64, 1, kMostTensors},
          {CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, kPointer, 1, kMostTensors},
          {CUDNN_ATTR_VARIANT_PACK_WORKSPACE, kPointer, 1, 1, Need::Optional}};
}

using Table = std::map<Kind, std::vector<Attribute>>;

void add_operations(Table& table) {
  table[CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR] = operation(
      {CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
       CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
       CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
       CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
       CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA});
  table[CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR] = operation(
      {CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
       CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
       CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
       CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
       CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA});
  table[CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR] =
      operation({CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
                 CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
                 CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
                 CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
                 CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
                 CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA});
}

Table make_table() {
  Table table;
  add_operations(table);
  table[CUDNN_BACKEND_TENSOR_DESCRIPTOR] = tensor();
  table[CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR] = convolution();
  table[CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR] = variant_pack();
  Attribute operations =
      descriptor(CUDNN_ATTR_OPERATIONGRAPH_OPS,
                 {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
                  CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
                  CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR});
  operations.most = kMostTensors;
  table[CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR] = {{kGraphHandle, kHandle}, operations};
  const Attribute results{
      CUDNN_ATTR_ENGINEHEUR_RESULTS,       kDescriptor, 0, kMostResults, Need::ReadOnly,
      {CUDNN_BACKEND_ENGINECFG_DESCRIPTOR}};
  table[CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR] = {
      descriptor(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, {CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR}),
      {CUDNN_ATTR_ENGINEHEUR_MODE, {CUDNN_TYPE_HEUR_MODE}},
      results};
  table[CUDNN_BACKEND_ENGINE_DESCRIPTOR] = {
      descriptor(CUDNN_ATTR_ENGINE_OPERATION_GRAPH, {CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR}),
      {CUDNN_ATTR_ENGINE_GLOBAL_INDEX, kInt64},
      {CUDNN_ATTR_ENGINE_NUMERICAL_NOTE,
       {CUDNN_TYPE_NUMERICAL_NOTE},
       0,
       CUDNN_NUMERICAL_NOTE_TYPE_COUNT,
       Need::ReadOnly}};
  table[CUDNN_BACKEND_ENGINECFG_DESCRIPTOR] = {
      descriptor(CUDNN_ATTR_ENGINECFG_ENGINE, {CUDNN_BACKEND_ENGINE_DESCRIPTOR}),
      descriptor(CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, {CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR},
                 Need::Optional)};
  table[CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR] = {
      {kPlanHandle, kHandle},
      descriptor(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, {CUDNN_BACKEND_ENGINECFG_DESCRIPTOR}),
      {CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, kInt64, 1, 1, Need::ReadOnly}};
  return table;
}

}  // namespace

void demand(bool holds, cudnnStatus_t status, const std::string& why) {
  if (!holds) throw Refusal{status, why};
}

const std::vector<Attribute>& attributes_of(Kind kind) {
  static const Table table = make_table();
  const auto found = table.find(kind);
  demand(found != table.end(), CUDNN_STATUS_NOT_SUPPORTED,
         "no descriptors of kind " + std::to_string(kind));
  return found->second;
}

std::size_t size_of(Type type) {
  switch (type) {
    case CUDNN_TYPE_INT64:
    case CUDNN_TYPE_DOUBLE:
    case CUDNN_TYPE_VOID_PTR:
    case CUDNN_TYPE_HANDLE:
    case CUDNN_TYPE_BACKEND_DESCRIPTOR:
      return 8;
    default:
      return 4;
  }
}

}  // namespace convcheck::cudnn_stand_in
