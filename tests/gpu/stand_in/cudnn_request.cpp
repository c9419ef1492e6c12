#include "tests/gpu/stand_in/cudnn_request.h"

#include <dlfcn.h>

namespace convcheck::cudnn_stand_in {
namespace {

// The first of a direction's attributes, which stand in the same order; x, w and y do not.
struct Names {
  cudnnBackendDescriptorType_t kind;
  int alpha, beta, convolution, x, w, y;
};

Names names_of(int wanted) {
  if (wanted == 'x') {
    return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY};
  }
  if (wanted == 'w') {
    return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY};
  }
  return {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA,
          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y};
}

}  // namespace

Api Api::loaded(const std::string& path) {
  Api api;
  void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return api;
  const auto find = [library](const char* symbol, auto& function) {
    function = reinterpret_cast<std::decay_t<decltype(function)>>(dlsym(library, symbol));
  };
  find("cudnnCreate", api.create);
  find("cudnnSetStream", api.set_stream);
  find("cudnnGetLastErrorString", api.last_error);
  find("cudnnBackendCreateDescriptor", api.make);
  find("cudnnBackendDestroyDescriptor", api.destroy);
  find("cudnnBackendSetAttribute", api.set);
  find("cudnnBackendGetAttribute", api.get);
  find("cudnnBackendFinalize", api.finalize);
  find("cudnnBackendExecute", api.execute);
  return api;
}

Made::Made(const Api& api, const Request& request) : api_(api), request_(request) {
  x_ = made_tensor(request.x);
  w_ = made_tensor(request.w);
  y_ = made_tensor(request.y);
  make_graph();
}

Made::~Made() {
  for (const Descriptor one : all_) api_.destroy(one);
}

Descriptor Made::make(cudnnBackendDescriptorType_t kind) {
  if (status_ != CUDNN_STATUS_SUCCESS) return nullptr;
  Descriptor made = nullptr;
  status_ = api_.make(kind, &made);
  if (status_ == CUDNN_STATUS_SUCCESS) all_.push_back(made);
  return made;
}

void Made::set(Descriptor to, int name, cudnnBackendAttributeType_t type, std::int64_t count,
               const void* values) {
  if (status_ != CUDNN_STATUS_SUCCESS || request_.left_out.count(name) > 0) return;
  if (request_.as_type.count(name) > 0) type = request_.as_type.at(name);
  if (request_.count.count(name) > 0) count = request_.count.at(name);
  status_ = api_.set(to, static_cast<cudnnBackendAttributeName_t>(name), type, count, values);
}

void Made::set(Descriptor to, int name, const Numbers& values) {
  Numbers padded = values;
  padded.resize(values.size() + 16, 1);  // may be read where a Request says that there are more
  set(to, name, CUDNN_TYPE_INT64, static_cast<std::int64_t>(values.size()), padded.data());
}

void Made::set(Descriptor to, int name, Descriptor value) {
  set(to, name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &value);
}

std::int64_t Made::get(Descriptor from, int name, cudnnBackendAttributeType_t type,
                       std::int64_t room, void* values) {
  std::int64_t count = 0;
  if (status_ != CUDNN_STATUS_SUCCESS) return count;
  status_ =
      api_.get(from, static_cast<cudnnBackendAttributeName_t>(name), type, room, &count, values);
  return count;
}

void Made::finalize(Descriptor one) {
  if (status_ == CUDNN_STATUS_SUCCESS) status_ = api_.finalize(one);
}

Descriptor Made::made_tensor(const TensorRequest& tensor) {
  const Descriptor made = make(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  set(made, CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, tensor.type);
  set(made, CUDNN_ATTR_TENSOR_DIMENSIONS, tensor.extents);
  set(made, CUDNN_ATTR_TENSOR_STRIDES, tensor.strides);
  set(made, CUDNN_ATTR_TENSOR_UNIQUE_ID, Numbers{tensor.identity});
  set(made, CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, Numbers{tensor.alignment});
  if (request_.not_finalized != tensor.identity) finalize(made);
  return made;
}

Descriptor Made::made_convolution() {
  const Descriptor made = make(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
  set(made, CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, request_.sums);
  set(made, CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, request_.mode);
  set(made, CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, Numbers{request_.axes});
  set(made, CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, request_.pads);
  set(made, CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, request_.pads_after);
  set(made, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, request_.strides);
  set(made, CUDNN_ATTR_CONVOLUTION_DILATIONS, request_.dilations);
  finalize(made);
  return made;
}

void Made::make_graph() {
  const Names names = names_of(request_.wanted);
  const Descriptor convolution = made_convolution(), operation = make(names.kind);
  set(operation, names.convolution, convolution);
  set(operation, names.x, request_.swaps_kinds ? convolution : x_);
  set(operation, names.w, w_);
  set(operation, names.y, y_);
  if (request_.scale == CUDNN_TYPE_DOUBLE) {
    set(operation, names.alpha, CUDNN_TYPE_DOUBLE, request_.alpha);
    set(operation, names.beta, CUDNN_TYPE_DOUBLE, request_.beta);
  } else {
    set(operation, names.alpha, CUDNN_TYPE_FLOAT, static_cast<float>(request_.alpha));
    set(operation, names.beta, CUDNN_TYPE_FLOAT, static_cast<float>(request_.beta));
  }
  finalize(operation);
  graph_ = make(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  constexpr int kGraphHandle = 800;  // deprecated by its name
  if (request_.handle != nullptr) set(graph_, kGraphHandle, CUDNN_TYPE_HANDLE, request_.handle);
  set(graph_, CUDNN_ATTR_OPERATIONGRAPH_OPS, operation);
  finalize(graph_);
}

}  // namespace convcheck::cudnn_stand_in
