#include "tools/fixtures_arguments.h"

namespace convcheck {

Arguments::Arguments(const TheanoRow& call) : call_(call) {
  if (!call.list_args.empty()) throw NotExpressible("a Python list where a tuple is due");
}

Json Arguments::json(const char* name, Json otherwise) const {
  read_.insert(name);
  return call_.args.value(name, std::move(otherwise));
}

std::int64_t Arguments::integer(const char* name, std::int64_t otherwise) const {
  return to_integer(json(name, otherwise));
}

bool Arguments::boolean(const char* name, bool otherwise) const {
  return to_integer(json(name, otherwise)) != 0;
}

std::optional<std::int64_t> Arguments::optional(const char* name) const {
  return to_extent(json(name));
}

Dims Arguments::dims(const char* name) const { return to_dims_or_default(json(name)); }

Dims Arguments::shape(const char* name) const { return to_dims(json(name)); }

OptionalShape Arguments::extents(const char* name) const { return to_optional_shape(json(name)); }

BorderMode Arguments::border() const { return to_border_mode(json("border_mode", "valid")); }

Tensor Arguments::ones(const char* name) const {
  const auto found = call_.data_shapes.find(name);
  if (found == call_.data_shapes.end()) {
    throw FileError(call_.where + ": the array " + name + " is missing");
  }
  const auto count = static_cast<std::size_t>(element_count(found->second));
  return Tensor(found->second, std::vector<double>(count, 1.0), DataType::F64);
}

void Arguments::require_all_read() const {
  for (const auto& [name, value] : call_.args.items()) {
    if (read_.count(name) == 0) {
      throw FileError(call_.where + ": " + call_.function + " has no argument " + name);
    }
  }
}

}  // namespace convcheck
