// A stand-in for cuDNN on the host, for tests of fast/cudnn alone: its descriptors, and what is
// known of their attributes. It refuses whatever the documentation of the backend interface does
// not allow; see cudnn_engines.h for what it computes.
#pragma once

#include <cudnn_graph.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace convcheck::cudnn_stand_in {

using Name = cudnnBackendAttributeName_t;
using Type = cudnnBackendAttributeType_t;
using Kind = cudnnBackendDescriptorType_t;

// What ends a call.
struct Refusal {
  cudnnStatus_t status;
  std::string why;
};

// Throws the Refusal unless the condition holds.
void demand(bool holds, cudnnStatus_t status, const std::string& why);

struct Object;

// What an attribute was set to.
struct Value {
  std::int64_t count = 0;
  std::vector<std::byte> bytes;
  std::vector<std::shared_ptr<const Object>> objects;  // of descriptors
  Type type = CUDNN_TYPE_INT64;
};

struct Object {
  Kind kind;
  bool finalized = false;
  std::map<Name, Value> values = {};

  bool has(Name name) const { return values.count(name) > 0; }
  template <class T>
  std::vector<T> all(Name name) const {
    const Value& value = values.at(name);
    std::vector<T> list(static_cast<std::size_t>(value.count));
    std::memcpy(list.data(), value.bytes.data(), value.bytes.size());
    return list;
  }
  template <class T>
  T one(Name name) const {
    return all<T>(name).front();
  }
  const Object& object(Name name) const { return *values.at(name).objects.front(); }
};

// An attribute of a kind of descriptor.
struct Attribute {
  enum class Need { Required, Optional, ReadOnly };

  Name name;
  std::vector<Type> types;  // one of them
  std::int64_t least = 1, most = 1;
  Need need = Need::Required;
  std::vector<Kind> kinds = {};  // of descriptors that it takes
};

// Throws the Refusal of a kind that is not known.
const std::vector<Attribute>& attributes_of(Kind kind);

std::size_t size_of(Type type);

// What cudnnBackendFinalize checks of the values that have been set. (finalize.cpp)
void check_values(const Object& object);

}  // namespace convcheck::cudnn_stand_in
