#include "fast/cudnn/cudnn.h"

#include <algorithm>

namespace convcheck::cudnn {
namespace {

// Kinds of status by their thousands (cudnn_graph.h).
constexpr int kNotSupported = 3000, kKind = 1000;

std::string name_of(cudnnStatus_t status) {
  const Cudnn& cudnn = library();
  char more[512] = "";
  if (cudnn.last_error_string != nullptr) cudnn.last_error_string(more, sizeof more);
  std::string text = cudnn.error_string(status);
  if (more[0] != '\0') text += std::string(" (") + more + ")";
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace

bool CudnnError::is_refusal() const {
  const int kind = static_cast<int>(status_) / kKind * kKind;
  return kind == kNotSupported || kind == static_cast<int>(CUDNN_STATUS_BAD_PARAM) / kKind * kKind;
}

Cudnn::Cudnn() : library({"libcudnn.so.9", "libcudnn_graph.so.9"}) {
  library.find("cudnnGetVersion", get_version);
  library.find("cudnnCreate", create);
  library.find("cudnnSetStream", set_stream);
  library.find("cudnnGetErrorString", error_string);
  library.find("cudnnGetLastErrorString", last_error_string);
  library.find("cudnnBackendCreateDescriptor", create_descriptor);
  library.find("cudnnBackendDestroyDescriptor", destroy_descriptor);
  library.find("cudnnBackendSetAttribute", set_attribute);
  library.find("cudnnBackendGetAttribute", get_attribute);
  library.find("cudnnBackendFinalize", finalize);
  library.find("cudnnBackendExecute", execute);
}

void Cudnn::check(cudnnStatus_t status, const char* call) const {
  if (status == CUDNN_STATUS_SUCCESS) return;
  throw CudnnError(std::string(call) + ": " + name_of(status), status);
}

const Cudnn& library() {
  static const auto* const only = new Cudnn;
  return *only;
}

Descriptor::Descriptor(cudnnBackendDescriptorType_t type) {
  library().check(library().create_descriptor(type, &own_), "cudnnBackendCreateDescriptor");
}

Descriptor::~Descriptor() {
  if (own_ != nullptr) library().destroy_descriptor(own_);
}

void Descriptor::set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                     std::int64_t count, const void* values) {
  library().check(library().set_attribute(own_, name, type, count, values),
                  "cudnnBackendSetAttribute");
}

std::int64_t Descriptor::get(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                             std::int64_t room, void* values) const {
  std::int64_t count = 0;
  library().check(library().get_attribute(own_, name, type, room, &count, values),
                  "cudnnBackendGetAttribute");
  return std::min(count, room);  // a newer library may know more values than its headers here
}

void Descriptor::finalize() { library().check(library().finalize(own_), "cudnnBackendFinalize"); }

}  // namespace convcheck::cudnn
