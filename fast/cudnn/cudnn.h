// cuDNN 9's graph interface, loaded when it is first used. Internal to fast/cudnn.
#pragma once

#include <cudnn_graph.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "fast/cuda/library.h"

namespace convcheck::cudnn {

// A call that failed: the call, cuDNN's status and what it says of it.
class CudnnError : public std::runtime_error {
 public:
  CudnnError(const std::string& what, cudnnStatus_t status)
      : std::runtime_error(what), status_(status) {}
  // cuDNN does not do this, and is otherwise all right.
  bool is_refusal() const;

 private:
  cudnnStatus_t status_;
};

struct Cudnn {
  gpu::Library library;
  decltype(&cudnnGetVersion) get_version = nullptr;
  decltype(&cudnnCreate) create = nullptr;
  decltype(&cudnnSetStream) set_stream = nullptr;
  decltype(&cudnnGetErrorString) error_string = nullptr;
  decltype(&cudnnGetLastErrorString) last_error_string = nullptr;
  decltype(&cudnnBackendCreateDescriptor) create_descriptor = nullptr;
  decltype(&cudnnBackendDestroyDescriptor) destroy_descriptor = nullptr;
  decltype(&cudnnBackendSetAttribute) set_attribute = nullptr;
  decltype(&cudnnBackendGetAttribute) get_attribute = nullptr;
  decltype(&cudnnBackendFinalize) finalize = nullptr;
  decltype(&cudnnBackendExecute) execute = nullptr;

  Cudnn();
  // Throws CudnnError unless the call succeeded.
  void check(cudnnStatus_t status, const char* call) const;
};

const Cudnn& library();

// A descriptor of the graph interface. Every function throws CudnnError.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(cudnnBackendDescriptorType_t type);
  Descriptor(Descriptor&& other) noexcept : own_(std::exchange(other.own_, nullptr)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(own_, other.own_);
    return *this;
  }
  ~Descriptor();

  cudnnBackendDescriptor_t get() const { return own_; }
  void set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::int64_t count,
           const void* values);
  template <class Value>
  void set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, Value value) {
    set(name, type, 1, &value);
  }
  void set(cudnnBackendAttributeName_t name, const std::vector<std::int64_t>& values) {
    set(name, CUDNN_TYPE_INT64, static_cast<std::int64_t>(values.size()), values.data());
  }
  void set(cudnnBackendAttributeName_t name, const Descriptor& value) {
    const cudnnBackendDescriptor_t own = value.get();
    set(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &own);
  }
  // Up to `room` values; returns how many it wrote.
  std::int64_t get(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                   std::int64_t room, void* values) const;
  void finalize();

 private:
  cudnnBackendDescriptor_t own_ = nullptr;
};

}  // namespace convcheck::cudnn
