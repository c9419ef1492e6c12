// A small convolution through cuDNN's backend interface, right or spoilt in one way: for tests of
// the stand-in, and of the real library beside it.
#pragma once

#include <cudnn_graph.h>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace convcheck::cudnn_stand_in {

// The functions of a library that is loaded; all null where it cannot be.
struct Api {
  decltype(&cudnnCreate) create = nullptr;
  decltype(&cudnnSetStream) set_stream = nullptr;
  decltype(&cudnnGetLastErrorString) last_error = nullptr;
  decltype(&cudnnBackendCreateDescriptor) make = nullptr;
  decltype(&cudnnBackendDestroyDescriptor) destroy = nullptr;
  decltype(&cudnnBackendSetAttribute) set = nullptr;
  decltype(&cudnnBackendGetAttribute) get = nullptr;
  decltype(&cudnnBackendFinalize) finalize = nullptr;
  decltype(&cudnnBackendExecute) execute = nullptr;

  // Stays loaded.
  static Api loaded(const std::string& path);
  explicit operator bool() const { return execute != nullptr; }
};

using Numbers = std::vector<std::int64_t>;
using Descriptor = cudnnBackendDescriptor_t;

struct TensorRequest {
  Numbers extents, strides;
  std::int64_t identity, alignment = 16;
  cudnnDataType_t type = CUDNN_DATA_FLOAT;
};

// By default: 2 images of 4 channels in 2 groups, 6 filters of 3x2 taps, all row-major, f32.
struct Request {
  TensorRequest x{{2, 4, 8, 9}, {288, 72, 9, 1}, 'x'};
  TensorRequest w{{6, 2, 3, 2}, {12, 6, 2, 1}, 'w'};
  TensorRequest y{{2, 6, 8, 8}, {384, 64, 8, 1}, 'y'};
  std::int64_t axes = 2;
  Numbers pads{1, 0}, pads_after{1, 0}, strides{1, 1}, dilations{1, 1};
  cudnnDataType_t sums = CUDNN_DATA_FLOAT;
  int mode = CUDNN_CROSS_CORRELATION;  // perhaps none that there is
  double alpha = 1, beta = 0;
  cudnnBackendAttributeType_t scale = CUDNN_TYPE_FLOAT;
  int wanted = 'y';
  cudnnHandle_t handle = nullptr;  // none: not set

  // Ways to spoil it, by numbers of attributes.
  std::set<int> left_out;
  std::map<int, cudnnBackendAttributeType_t> as_type;
  std::map<int, std::int64_t> count;  // how many values are said to be there
  int not_finalized = 0;              // a tensor's identity
  bool swaps_kinds = false;           // the convolution where x belongs
};

// What was made of a Request, up to the first call that failed. Destroys its descriptors.
class Made {
 public:
  Made(const Api& api, const Request& request);
  Made(const Made&) = delete;
  Made& operator=(const Made&) = delete;
  ~Made();

  cudnnStatus_t status() const { return status_; }
  Descriptor tensor() const { return x_; }
  Descriptor graph() const { return graph_; }

  // More of them; each call does nothing once one has failed.
  Descriptor make(cudnnBackendDescriptorType_t kind);
  void set(Descriptor to, int name, cudnnBackendAttributeType_t type, std::int64_t count,
           const void* values);
  void set(Descriptor to, int name, const Numbers& values);
  void set(Descriptor to, int name, Descriptor value);
  template <class Value>
  void set(Descriptor to, int name, cudnnBackendAttributeType_t type, Value value) {
    set(to, name, type, 1, &value);
  }
  std::int64_t get(Descriptor from, int name, cudnnBackendAttributeType_t type, std::int64_t room,
                   void* values);
  void finalize(Descriptor one);

 private:
  Descriptor made_tensor(const TensorRequest& tensor);
  Descriptor made_convolution();
  void make_graph();

  const Api& api_;
  const Request request_;
  cudnnStatus_t status_ = CUDNN_STATUS_SUCCESS;
  std::vector<Descriptor> all_;
  Descriptor x_ = nullptr, w_ = nullptr, y_ = nullptr, graph_ = nullptr;
};

}  // namespace convcheck::cudnn_stand_in
