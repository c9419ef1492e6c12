// The functions of the stand-in for cuDNN: those that fast/cudnn loads.
#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstdio>

#include "tests/gpu/stand_in/cudnn_engines.h"
#include "tests/gpu/stand_in/cudnn_tables.h"

namespace convcheck::cudnn_stand_in {
namespace {

std::string& last_error() {
  thread_local std::string text;
  return text;
}

template <class Call>
cudnnStatus_t answered(const char* function, const Call& call) {
  try {
    call();
    return CUDNN_STATUS_SUCCESS;
  } catch (const Refusal& refusal) {
    last_error() += std::string(function) + ": needs " + refusal.why + "\n";
    return refusal.status;
  }
}

// What the device does, with all that it needs: descriptors may be destroyed at once.
struct Execution {
  Engine engine;
  Operation operation;
  Memory memory;
};

void* data_of(const TensorForm& tensor, const std::vector<std::int64_t>& identities,
              const std::vector<void*>& pointers) {
  const auto found = std::find(identities.begin(), identities.end(), tensor.identity);
  demand(found != identities.end(), CUDNN_STATUS_BAD_PARAM,
         "a pointer for tensor " + std::to_string(tensor.identity));
  void* const data = pointers[static_cast<std::size_t>(found - identities.begin())];
  demand(
      reinterpret_cast<std::uintptr_t>(data) % static_cast<std::uintptr_t>(tensor.alignment) == 0,
      CUDNN_STATUS_BAD_PARAM_MISALIGNED_POINTER, "data aligned as the descriptor promises");
  return data;
}

Execution execution_of(const Object& plan, const Object& pack) {
  constexpr std::uintptr_t kWorkspaceAlignment = 16;
  demand(plan.kind == CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR &&
             pack.kind == CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR,
         CUDNN_STATUS_BAD_PARAM_DESCRIPTOR_TYPE, "a plan and a variant pack");
  demand(plan.finalized && pack.finalized, CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED,
         "a finalized plan and variant pack");
  Execution made{engine_of(plan), operation_of_plan(plan), {}};
  const auto identities = pack.all<std::int64_t>(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS);
  const auto pointers = pack.all<void*>(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS);
  const Operation& op = made.operation;
  made.memory.x = data_of(op.x, identities, pointers);
  made.memory.w = data_of(op.w, identities, pointers);
  made.memory.y = data_of(op.y, identities, pointers);
  demand(identities.size() == 3, CUDNN_STATUS_BAD_PARAM, "the tensors of the graph and no others");
  if (workspace_of(made.engine, op) == 0) return made;
  demand(pack.has(CUDNN_ATTR_VARIANT_PACK_WORKSPACE) &&
             pack.one<void*>(CUDNN_ATTR_VARIANT_PACK_WORKSPACE) != nullptr,
         CUDNN_STATUS_BAD_PARAM_NULL_POINTER, "the plan's workspace");
  made.memory.workspace =
      static_cast<std::byte*>(pack.one<void*>(CUDNN_ATTR_VARIANT_PACK_WORKSPACE));
  demand(reinterpret_cast<std::uintptr_t>(made.memory.workspace) % kWorkspaceAlignment == 0,
         CUDNN_STATUS_BAD_PARAM_MISALIGNED_POINTER, "a workspace at a multiple of 16 bytes");
  return made;
}

void CUDART_CB compute(void* data) {
  const std::unique_ptr<Execution> execution(static_cast<Execution*>(data));
  run(execution->engine, execution->operation, execution->memory);
}

}  // namespace
}  // namespace convcheck::cudnn_stand_in

using namespace convcheck::cudnn_stand_in;

extern "C" {

size_t cudnnGetVersion() { return CUDNN_VERSION; }

const char* cudnnGetErrorString(cudnnStatus_t status) {
  thread_local char text[32];
  std::snprintf(text, sizeof text, "stand-in's status %d", static_cast<int>(status));
  return text;
}

void cudnnGetLastErrorString(char* message, size_t max_size) {
  if (message == nullptr || max_size == 0) return;
  std::snprintf(message, max_size, "%s", last_error().c_str());
  last_error().clear();
}

cudnnStatus_t cudnnCreate(cudnnHandle_t* handle) {
  return answered("cudnnCreate", [&] {
    demand(handle != nullptr, CUDNN_STATUS_BAD_PARAM_NULL_POINTER, "a place for the handle");
    *handle = static_cast<cudnnHandle_t>(handles().add(std::make_shared<Handle>()));
  });
}

cudnnStatus_t cudnnDestroy(cudnnHandle_t handle) {
  return answered("cudnnDestroy", [&] {
    handles().at(handle, "handle");
    handles().remove(handle);
  });
}

cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, cudaStream_t stream) {
  return answered("cudnnSetStream", [&] {
    Handle& mine = *handles().at(handle, "handle");
    mine.user = std::this_thread::get_id();
    mine.stream = stream;
    std::this_thread::yield();  // to who would use it at the same time
  });
}

cudnnStatus_t cudnnBackendCreateDescriptor(cudnnBackendDescriptorType_t kind,
                                           cudnnBackendDescriptor_t* descriptor) {
  return answered("cudnnBackendCreateDescriptor", [&] {
    demand(descriptor != nullptr, CUDNN_STATUS_BAD_PARAM_NULL_POINTER, "a place for it");
    attributes_of(kind);
    *descriptor = descriptors().add(std::make_shared<Object>(Object{kind, false, {}}));
  });
}

cudnnStatus_t cudnnBackendDestroyDescriptor(cudnnBackendDescriptor_t descriptor) {
  return answered("cudnnBackendDestroyDescriptor", [&] {
    object_at(descriptor);
    descriptors().remove(descriptor);
  });
}

cudnnStatus_t cudnnBackendSetAttribute(cudnnBackendDescriptor_t descriptor,
                                       cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t type, int64_t count,
                                       const void* values) {
  return answered("cudnnBackendSetAttribute",
                  [&] { set(*object_at(descriptor), name, type, count, values); });
}

cudnnStatus_t cudnnBackendGetAttribute(cudnnBackendDescriptor_t const descriptor,
                                       cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t type, int64_t room,
                                       int64_t* count, void* values) {
  return answered("cudnnBackendGetAttribute", [&] {
    const std::int64_t there = get(*object_at(descriptor), name, type, {room, values});
    if (count != nullptr) *count = there;
  });
}

cudnnStatus_t cudnnBackendFinalize(cudnnBackendDescriptor_t descriptor) {
  return answered("cudnnBackendFinalize", [&] {
    const ObjectPtr object = object_at(descriptor);
    demand(!object->finalized, CUDNN_STATUS_BAD_PARAM, "a descriptor that is not finalized yet");
    check_values(*object);
    object->finalized = true;
  });
}

cudnnStatus_t cudnnBackendExecute(cudnnHandle_t handle, cudnnBackendDescriptor_t plan,
                                  cudnnBackendDescriptor_t pack) {
  return answered("cudnnBackendExecute", [&] {
    const Handle& mine = *handles().at(handle, "handle");
    demand(mine.user == std::thread::id() || mine.user == std::this_thread::get_id(),
           CUDNN_STATUS_BAD_PARAM, "a handle that no other thread uses");
    auto execution = std::make_unique<Execution>(execution_of(*object_at(plan), *object_at(pack)));
    demand(cudaLaunchHostFunc(mine.stream, compute, execution.get()) == cudaSuccess,
           CUDNN_STATUS_EXECUTION_FAILED_CUDART, "a stream that takes work");
    execution.release();
  });
}

}  // extern "C"
