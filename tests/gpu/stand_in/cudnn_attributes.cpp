// What is set and asked of the stand-in's descriptors.
#include <algorithm>

#include "tests/gpu/stand_in/cudnn_engines.h"
#include "tests/gpu/stand_in/cudnn_tables.h"

namespace convcheck::cudnn_stand_in {
namespace {

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

// Returns how many there are, and writes those that there is room for.
template <class T>
std::int64_t give(const std::vector<T>& all, const Wish& wish) {
  const auto count = std::min(wish.room, static_cast<std::int64_t>(all.size()));
  if (count > 0) std::memcpy(wish.values, all.data(), static_cast<std::size_t>(count) * sizeof(T));
  return static_cast<std::int64_t>(all.size());
}

// The descriptor that the caller has made for the `number`-th value.
ObjectPtr object_for(const Attribute& attribute, const Wish& wish, std::int64_t number) {
  const auto* const names = static_cast<const cudnnBackendDescriptor_t*>(wish.values);
  ObjectPtr one = object_at(names[number]);
  check_kind(attribute, *one);
  demand(!one->finalized, CUDNN_STATUS_BAD_PARAM, "a new descriptor for each value");
  return one;
}

std::int64_t get_objects(const Object& object, const Attribute& attribute, const Wish& wish) {
  if (attribute.name != CUDNN_ATTR_ENGINEHEUR_RESULTS) {
    if (wish.room > 0) *object_for(attribute, wish, 0) = object.object(attribute.name);
    return 1;
  }
  const Value& graph = object.values.at(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH);
  const std::vector<Engine> engines =
      engines_for(object.one<cudnnBackendHeurMode_t>(CUDNN_ATTR_ENGINEHEUR_MODE),
                  operation_in(*graph.objects.front()));
  const auto count = static_cast<std::int64_t>(engines.size());
  for (std::int64_t i = 0; i < std::min(count, wish.room); ++i) {
    become_configuration(*object_for(attribute, wish, i), engines[static_cast<std::size_t>(i)],
                         graph);
  }
  return count;
}

}  // namespace

Table<ObjectPtr>& descriptors() {
  static auto* const only = new Table<ObjectPtr>;
  return *only;
}

Table<std::shared_ptr<Handle>>& handles() {
  static auto* const only = new Table<std::shared_ptr<Handle>>;
  return *only;
}

ObjectPtr object_at(const void* name) { return descriptors().at(name, "descriptor"); }

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

std::int64_t get(const Object& object, Name name, Type type, const Wish& wish) {
  demand(object.finalized, CUDNN_STATUS_NOT_INITIALIZED, "a finalized descriptor");
  const Attribute& attribute = attribute_of(object, name, type);
  demand(wish.room >= 0, CUDNN_STATUS_BAD_PARAM, "room");
  demand(wish.room == 0 || wish.values != nullptr, CUDNN_STATUS_BAD_PARAM_NULL_POINTER, "values");
  if (type == CUDNN_TYPE_BACKEND_DESCRIPTOR) return get_objects(object, attribute, wish);
  if (name == CUDNN_ATTR_ENGINE_NUMERICAL_NOTE) {
    const auto engine = object.one<std::int64_t>(CUDNN_ATTR_ENGINE_GLOBAL_INDEX);
    return give(notes_of(static_cast<Engine>(engine),
                         operation_in(object.object(CUDNN_ATTR_ENGINE_OPERATION_GRAPH))),
                wish);
  }
  if (name == CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE) {
    const std::size_t bytes = workspace_of(engine_of(object), operation_of_plan(object));
    return give(std::vector<std::int64_t>{static_cast<std::int64_t>(bytes)}, wish);
  }
  demand(object.has(name), CUDNN_STATUS_BAD_PARAM, "an attribute that was set");
  const Value& value = object.values.at(name);
  const auto count = std::min(wish.room, value.count);
  if (count > 0) std::memcpy(wish.values, value.bytes.data(), size_of(type) * count);
  return value.count;
}

}  // namespace convcheck::cudnn_stand_in
