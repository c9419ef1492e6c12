// The arithmetic of the CUDA example, run element by element on the host: what can be judged of it
// where there is no device.
#define convcheck_plugin device_plugin
#include "tools/examples/direct_cuda.cu"
#undef convcheck_plugin

extern "C" __attribute__((visibility("default"))) const ConvcheckPlugin* convcheck_plugin();

namespace {

ConvcheckTensor on_device(ConvcheckTensor tensor) {
  tensor.memory = ConvcheckCuda;
  return tensor;
}

const char* refusal_on_host(void* self, const ConvcheckCall* call) {
  if (call->x->memory != ConvcheckHost) return "device memory, needs host memory";
  const ConvcheckTensor x = on_device(*call->x), w = on_device(*call->w), y = on_device(*call->y);
  ConvcheckCall copy = *call;
  copy.x = &x;
  copy.w = &w;
  copy.y = &y;
  return refusal(self, &copy);
}

const char* run_on_host(void*, const ConvcheckCall* call) {
  const Arguments a{*call->problem, *call->x, *call->w, *call->y};
  for (int64_t number = 0; number < output_size(a); ++number) compute(a, number);
  return nullptr;
}

}  // namespace

const ConvcheckPlugin* convcheck_plugin() {
  static ConvcheckPlugin plugin = *device_plugin();
  plugin.name = "cuda-on-host";
  plugin.refusal = refusal_on_host;
  plugin.run = run_on_host;
  return &plugin;
}
