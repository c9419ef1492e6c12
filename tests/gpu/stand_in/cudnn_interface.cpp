// The functions of the stand-in for cuDNN: those that fast/cudnn loads.
#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstdio>
#include <mutex>
#include <set>

#include "tests/gpu/stand_in/cudnn_engines.h"

namespace convcheck::cudnn_stand_in {
namespace {

using ObjectPtr = std::shared_ptr<Object>;

// A handle. The type is the library's own.
struct Handle {
  cudaStream_t stream = nullptr;
};

// Descriptors and handles that there are, by numbers that look like pointers: one that has been
// destroyed is never used again, so that its use is found out.
template <class Thing>
class Table {
 public:
  void* add(const Thing& thing) {
    const std::lock_guard lock(mutex_);
    next_ += 16;
    void* const name = reinterpret_cast<void*>(next_);
    things_[name] = thing;
    return name;
  }
  Thing at(const void* name, const char* what) const {
    demand(name != nullptr, CUDNN_STATUS_BAD_PARAM_NULL_POINTER, std::string("null is no ") + what);
    const std::lock_guard lock(mutex_);
    const auto found = things_.find(name);
    demand(found != things_.end(), CUDNN_STATUS_BAD_PARAM,
           std::string("a ") + what + " that was destroyed, or never made");
    return found->second;
  }
  void remove(const void* name) {
    const std::lock_guard lock(mutex_);
    things_.erase(name);
  }

 private:
  mutable std::mutex mutex_;
  std::uintptr_t next_ = 0x10000;
  std::map<const void*, Thing> things_;
};

Table<ObjectPtr>& descriptors() {
  static auto* const only = new Table<ObjectPtr>;
  return *only;
}

Table<std::shared_ptr<Handle>>& handles() {
  static auto* const only = new Table<std::shared_ptr<Handle>>;
  return *only;
}

ObjectPtr object_at(const void* name) { return descriptors().at(name, "descriptor"); }

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

const Attribute& attribute_of(const Object& object, Name name, Type type) {
  for (const Attribute& attribute : attributes_of(object.kind)) {
    if (attribute.name != name) continue;
    demand(std::count(attribute.types.begin(), attribute.types.end(), type) == 1,
           CUDNN_STATUS_BAD_PARAM_ATTRIBUTE_TYPE,
           "attribute " + std::to_string(name) + " in its type");
    return attribute;
  }
  throw Refusal{CUDNN_STATUS_BAD_PARAM, "an attribute of descriptors of kind " +
                                            std::to_string(object.kind) + ", not " +
                                            std::to_string(name)};
}

void check_kind(const Attribute& attribute, const Object& object) {
  demand(std::count(attribute.kinds.begin(), attribute.kinds.end(), object.kind) == 1,
         CUDNN_STATUS_BAD_PARAM_DESCRIPTOR_TYPE,
         "a descriptor of the kind that attribute " + std::to_string(attribute.name) + " takes");
}

void set(Object& object, Name name, Type type, std::int64_t count, const void* values) {
  demand(!object.finalized, CUDNN_STATUS_BAD_PARAM, "a descriptor that is not finalized yet");
  const Attribute& attribute = attribute_of(object, name, type);
  demand(attribute.need != Attribute::Need::ReadOnly, CUDNN_STATUS_BAD_PARAM,
         "an attribute that can be set");
  demand(count >= attribute.least && count <= attribute.most, CUDNN_STATUS_BAD_PARAM,
         std::to_string(attribute.least) + " to " + std::to_string(attribute.most) +
             " values of attribute " + std::to_string(name) + ", not " + std::to_string(count));
  demand(values != nullptr, CUDNN_STATUS_BAD_PARAM_NULL_POINTER, "values");
  Value value{.count = count, .bytes = {}, .objects = {}, .type = type};
  const auto* const bytes = static_cast<const std::byte*>(values);
  value.bytes.assign(bytes, bytes + static_cast<std::size_t>(count) * size_of(type));
  if (type == CUDNN_TYPE_BACKEND_DESCRIPTOR) {
    for (std::int64_t i = 0; i < count; ++i) {
      const ObjectPtr one = object_at(static_cast<const cudnnBackendDescriptor_t*>(values)[i]);
      check_kind(attribute, *one);
      demand(one->finalized, CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED, "finalized descriptors");
      value.objects.push_back(one);
    }
  }
  if (type == CUDNN_TYPE_HANDLE) handles().at(*static_cast<void* const*>(values), "handle");
  object.values[name] = value;
}

// An engine's configuration as heuristics make it: final, without knobs.
void become_configuration(Object& to, Engine engine, const Value& graph) {
  auto made = std::make_shared<Object>(Object{CUDNN_BACKEND_ENGINE_DESCRIPTOR, true, {}});
  const std::int64_t index = engine;
  made->values[CUDNN_ATTR_ENGINE_OPERATION_GRAPH] = graph;
  Value number{.count = 1, .bytes = std::vector<std::byte>(sizeof index), .objects = {}};
  std::memcpy(number.bytes.data(), &index, sizeof index);
  made->values[CUDNN_ATTR_ENGINE_GLOBAL_INDEX] = number;
  to.values[CUDNN_ATTR_ENGINECFG_ENGINE] = {
      .count = 1, .bytes = {}, .objects = {made}, .type = CUDNN_TYPE_BACKEND_DESCRIPTOR};
  to.finalized = true;
}

struct Wish {
  std::int64_t room;
  void* values;

  // Returns how many there are, and writes those that there is room for.
  template <class T>
  std::int64_t give(const std::vector<T>& all) const {
    const auto count = std::min(room, static_cast<std::int64_t>(all.size()));
    if (count > 0) std::memcpy(values, all.data(), static_cast<std::size_t>(count) * sizeof(T));
    return static_cast<std::int64_t>(all.size());
  }
  // The descriptor that the caller has made for the `number`-th value.
  ObjectPtr object(const Attribute& attribute, std::int64_t number) const {
    const ObjectPtr one = object_at(static_cast<const cudnnBackendDescriptor_t*>(values)[number]);
    check_kind(attribute, *one);
    demand(!one->finalized, CUDNN_STATUS_BAD_PARAM, "a new descriptor for each value");
    return one;
  }
};

std::int64_t get_objects(const Object& object, const Attribute& attribute, const Wish& wish) {
  if (attribute.name != CUDNN_ATTR_ENGINEHEUR_RESULTS) {
    if (wish.room > 0) *wish.object(attribute, 0) = object.object(attribute.name);
    return 1;
  }
  const Value& graph = object.values.at(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH);
  const std::vector<Engine> engines =
      engines_for(object.one<cudnnBackendHeurMode_t>(CUDNN_ATTR_ENGINEHEUR_MODE),
                  operation_in(*graph.objects.front()));
  const auto count = static_cast<std::int64_t>(engines.size());
  for (std::int64_t i = 0; i < std::min(count, wish.room); ++i) {
    become_configuration(*wish.object(attribute, i), engines[static_cast<std::size_t>(i)], graph);
  }
  return count;
}

std::int64_t get(const Object& object, Name name, Type type, const Wish& wish) {
  demand(object.finalized, CUDNN_STATUS_NOT_INITIALIZED, "a finalized descriptor");
  const Attribute& attribute = attribute_of(object, name, type);
  demand(wish.room >= 0, CUDNN_STATUS_BAD_PARAM, "room");
  demand(wish.room == 0 || wish.values != nullptr, CUDNN_STATUS_BAD_PARAM_NULL_POINTER, "values");
  if (type == CUDNN_TYPE_BACKEND_DESCRIPTOR) return get_objects(object, attribute, wish);
  if (name == CUDNN_ATTR_ENGINE_NUMERICAL_NOTE) {
    const auto engine = object.one<std::int64_t>(CUDNN_ATTR_ENGINE_GLOBAL_INDEX);
    return wish.give(notes_of(static_cast<Engine>(engine),
                              operation_in(object.object(CUDNN_ATTR_ENGINE_OPERATION_GRAPH))));
  }
  if (name == CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE) {
    const std::size_t bytes = workspace_of(engine_of(object), operation_of_plan(object));
    return wish.give(std::vector<std::int64_t>{static_cast<std::int64_t>(bytes)});
  }
  demand(object.has(name), CUDNN_STATUS_BAD_PARAM, "an attribute that was set");
  const Value& value = object.values.at(name);
  const auto count = std::min(wish.room, value.count);
  if (count > 0) std::memcpy(wish.values, value.bytes.data(), size_of(type) * count);
  return value.count;
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
  return answered("cudnnSetStream", [&] { handles().at(handle, "handle")->stream = stream; });
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
    const cudaStream_t stream = handles().at(handle, "handle")->stream;
    auto execution = std::make_unique<Execution>(execution_of(*object_at(plan), *object_at(pack)));
    demand(cudaLaunchHostFunc(stream, compute, execution.get()) == cudaSuccess,
           CUDNN_STATUS_EXECUTION_FAILED_CUDART, "a stream that takes work");
    execution.release();
  });
}

}  // extern "C"
