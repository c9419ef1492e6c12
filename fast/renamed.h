// What another backend says of itself, under another name. Internal.
#pragma once

#include <string>
#include <utility>

#include "reference/backend.h"

namespace convcheck {

class Renamed : public Backend {
 public:
  Renamed(BackendPtr inner, std::string suffix)
      : inner_(std::move(inner)), suffix_(std::move(suffix)) {}
  std::string name() const override { return inner_->name() + "-" + suffix_; }
  std::string version() const override { return inner_->version(); }
  DataType accumulator(DataType type) const override { return inner_->accumulator(type); }
  Claims claims() const override { return inner_->claims(); }

 protected:
  const Backend& inner() const { return *inner_; }

 private:
  BackendPtr inner_;
  std::string suffix_;
};

}  // namespace convcheck
