// A plan of the stand-in for cuDNN for a Request, with memory of its device: for its tests.
#pragma once

#include <cuda_runtime_api.h>

#include <memory>
#include <optional>

#include "reference/tensor.h"
#include "tests/gpu/stand_in/cudnn_engines.h"
#include "tests/gpu/stand_in/cudnn_request.h"

namespace convcheck::cudnn_stand_in {

// Memory of the stand-in's device.
class DeviceBytes {
 public:
  explicit DeviceBytes(std::size_t bytes) : bytes_(bytes) { cudaMalloc(&data_, bytes + 1); }
  DeviceBytes(const DeviceBytes&) = delete;
  DeviceBytes& operator=(const DeviceBytes&) = delete;
  ~DeviceBytes() { cudaFree(data_); }

  void* get() const { return data_; }
  std::size_t size() const { return bytes_; }
  void copy_from(const void* host) { cudaMemcpy(data_, host, bytes_, cudaMemcpyHostToDevice); }
  void copy_to(void* host) const { cudaMemcpy(host, data_, bytes_, cudaMemcpyDeviceToHost); }

 private:
  std::size_t bytes_;
  void* data_ = nullptr;
};

// Everything up to a finalized plan.
class Planned {
 public:
  Planned(const Api& api, Request request, Engine engine,
          cudnnBackendHeurMode_t mode = CUDNN_HEUR_MODE_A);

  Made& made() { return *made_; }
  Descriptor plan() const { return plan_; }
  cudnnHandle_t handle() const { return handle_; }
  std::size_t workspace() const { return static_cast<std::size_t>(workspace_); }
  // The engines that the heuristics offer, and what is said of the chosen one.
  const std::vector<std::int64_t>& offered() const { return offered_; }
  const std::vector<cudnnBackendNumericalNote_t>& notes() const { return notes_; }

  // Of pointers to x, w and y.
  Descriptor pack(const std::vector<void*>& data, void* workspace,
                  const Numbers& identities = {'x', 'w', 'y'});
  cudnnStatus_t execute(Descriptor pack) const { return api_.execute(handle_, plan_, pack); }

 private:
  Descriptor configuration_of(Engine engine, cudnnBackendHeurMode_t mode);

  const Api& api_;
  cudnnHandle_t handle_ = nullptr;
  std::optional<Made> made_;
  Descriptor plan_ = nullptr;
  std::int64_t workspace_ = -1;
  std::vector<std::int64_t> offered_;
  std::vector<cudnnBackendNumericalNote_t> notes_;
};

}  // namespace convcheck::cudnn_stand_in
