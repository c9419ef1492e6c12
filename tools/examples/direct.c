/* A kernel behind convcheck's C interface: direct loops over every product, in all three
 * directions, for any rank, layout, stride, dilation, groups and unshared filters. */
#include "checker/plugin.h"

static double load(const ConvcheckTensor* tensor, int64_t offset) {
  if (tensor->type == ConvcheckF64) return ((const double*)tensor->data)[offset];
  return ((const float*)tensor->data)[offset];
}

static void store(const ConvcheckTensor* tensor, int64_t offset, double value) {
  if (tensor->type == ConvcheckF64) ((double*)tensor->data)[offset] = value;
  if (tensor->type == ConvcheckF32) ((float*)tensor->data)[offset] = (float)value;
}

static const ConvcheckTensor* result(const ConvcheckCall* call) {
  switch (call->problem->direction) {
    case ConvcheckForward:
      return call->y;
    case ConvcheckGradInputs:
      return call->x;
    default:
      return call->w;
  }
}

/* All elements that have the coordinates of `offset` on the axes before `axis`. */
static void zero(const ConvcheckTensor* tensor, int axis, int64_t offset) {
  if (axis == tensor->rank) {
    store(tensor, offset, 0);
    return;
  }
  for (int64_t i = 0; i < tensor->extents[axis]; ++i)
    zero(tensor, axis + 1, offset + i * tensor->strides[axis]);
}

/* The offsets of a product's three elements. */
typedef struct Product {
  int64_t x, w, y;
} Product;

static void add_product(const ConvcheckCall* call, Product at) {
  const ConvcheckTensor *x = call->x, *w = call->w, *y = call->y;
  switch (call->problem->direction) {
    case ConvcheckForward:
      store(y, at.y, load(y, at.y) + load(x, at.x) * load(w, at.w));
      break;
    case ConvcheckGradInputs:
      store(x, at.x, load(x, at.x) + load(y, at.y) * load(w, at.w));
      break;
    default:
      store(w, at.w, load(w, at.w) + load(x, at.x) * load(y, at.y));
  }
}

/* Every output position with every tap on the axes from `axis` on, padding left out. */
static void add_axes(const ConvcheckCall* call, int axis, Product at) {
  const ConvcheckProblem* problem = call->problem;
  if (axis == problem->rank || axis == 3) { /* there are no more than 3 */
    add_product(call, at);
    return;
  }
  const ConvcheckWindow* window = &problem->windows[axis];
  const int w_axis = call->w->rank - problem->rank + axis;
  for (int64_t o = 0; o < call->y->extents[2 + axis]; ++o) {
    for (int64_t f = 0; f < window->filter; ++f) {
      const int64_t i = o * window->stride + f * window->dilation - window->pad_before;
      if (i < 0 || i >= window->input) continue;
      Product next = at;
      next.x += i * call->x->strides[2 + axis];
      next.y += o * call->y->strides[2 + axis];
      next.w += (problem->flip ? window->filter - 1 - f : f) * call->w->strides[w_axis];
      if (problem->unshared) next.w += o * call->w->strides[1 + axis];
      add_axes(call, axis + 1, next);
    }
  }
}

/* Adds every product to the element of the result that it belongs to. */
static void add_products(const ConvcheckCall* call) {
  const ConvcheckProblem* problem = call->problem;
  const ConvcheckTensor *x = call->x, *w = call->w, *y = call->y;
  const int64_t group_channels = problem->channels / problem->groups;
  const int64_t group_filters = problem->filters / problem->groups;
  const int channel_axis = w->rank - problem->rank - 1;
  for (int64_t n = 0; n < problem->batch; ++n) {
    for (int64_t k = 0; k < problem->filters; ++k) {
      for (int64_t c = 0; c < group_channels; ++c) {
        const int64_t channel = k / group_filters * group_channels + c;
        const Product at = {n * x->strides[0] + channel * x->strides[1],
                            k * w->strides[0] + c * w->strides[channel_axis],
                            n * y->strides[0] + k * y->strides[1]};
        add_axes(call, 0, at);
      }
    }
  }
}

static const char* refusal(void* self, const ConvcheckCall* call) {
  (void)self;
  if (call->x->memory != ConvcheckHost) return "device memory, needs host memory";
  if (call->x->type != ConvcheckF64 && call->x->type != ConvcheckF32)
    return "16-bit elements, needs f64 or f32";
  if (call->w->type != call->x->type || call->y->type != call->x->type)
    return "mixed data types, needs one for all";
  return NULL;
}

static size_t workspace_bytes(void* self, const ConvcheckCall* call) {
  (void)self;
  (void)call;
  return 0;
}

static const char* run(void* self, const ConvcheckCall* call) {
  (void)self;
  zero(result(call), 0, 0);
  add_products(call);
  return NULL;
}

static const ConvcheckPlugin plugin = {
    .struct_size = sizeof(ConvcheckPlugin),
    .abi_version = CONVCHECK_ABI_VERSION,
    .name = "direct-c",
    .refusal = refusal,
    .workspace_bytes = workspace_bytes,
    .run = run,
    .deterministic = 1,
    .deterministic_across_threads = 1,
};

const ConvcheckPlugin* convcheck_plugin(void) { return &plugin; }
