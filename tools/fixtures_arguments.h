// The arguments of a call of a file's tables, as the C++ values that our functions take.
#pragma once

#include <set>
#include <string>

#include "fast/shape_hint.h"
#include "fixtures/python_values.h"

namespace convcheck {

// One that is not given has the documented default. All throw NotExpressible as python_values.h
// says.
class Arguments {
 public:
  // Throws NotExpressible for a Python list where C++ has only one kind of sequence.
  explicit Arguments(const TheanoRow& call);

  bool given(const char* name) const { return call_.args.contains(name); }
  Json json(const char* name, Json otherwise = nullptr) const;

  std::int64_t integer(const char* name, std::int64_t otherwise) const;
  bool boolean(const char* name, bool otherwise) const;
  std::optional<std::int64_t> optional(const char* name) const;
  Dims dims(const char* name) const;   // None: the default
  Dims shape(const char* name) const;  // never None
  OptionalShape extents(const char* name) const;
  ShapeHint hint(const char* name) const { return extents(name); }
  BorderMode border() const;
  // An array of ones. Throws FileError when the file has no such array.
  Tensor ones(const char* name) const;

  // Throws FileError if the file gives an argument that was not asked for.
  void require_all_read() const;

 private:
  const TheanoRow& call_;
  mutable std::set<std::string> read_;
};

}  // namespace convcheck
