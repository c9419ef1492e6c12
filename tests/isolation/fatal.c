/* A right kernel in f32 that, on inputs with 7 columns, does not come back. FATAL says how. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checker/plugin.h"

enum { Crash, Abort, Exit, Loop, Grow, Corrupt, CrashLater, Throw, Chatter, Scribble, Orphan, Tell };

static int seen; /* of CrashLater: a call before this one was on 7 columns */

static void grow(void) {
  for (size_t mebibytes = 0;; mebibytes += 16) {
    void* some = malloc((size_t)16 << 20);
    if (some == NULL) abort();
    memset(some, 1, (size_t)16 << 20);
    usleep(1000);
  }
}

static void corrupt(void) {
  /* volatile, or the compiler sees the mistake and warns */
  char* volatile some = malloc(64);
  char* volatile same = some;
  free(some);
  free(same);
}

static void misbehave(void) {
  switch (FATAL) {
    case Crash: {
      volatile int* volatile nowhere = NULL;
      *nowhere = 1;
      break;
    }
    case Abort:
      abort();
    case Exit:
      exit(0);
    case Loop:
      for (volatile int always = 1; always;) continue;
      break;
    case Grow:
      grow();
      break;
    case Corrupt:
      corrupt();
      break;
    case Chatter:
      for (;;) puts("still here");
    case Scribble:
      for (int descriptor = 3; descriptor < 10; ++descriptor) dprintf(descriptor, "scribble\n");
      break;
    case Orphan:
      if (fork() == 0) {
        sleep(1000);
        _exit(0);
      }
      raise(SIGSEGV);
      break;
    case Tell: {
      const char* policy = getenv("OMP_WAIT_POLICY");
      fprintf(stderr, "OMP_WAIT_POLICY is %s\n", policy == NULL ? "not set" : policy);
      abort();
    }
    case CrashLater:
      seen = 1;
      break;
  }
}

static int64_t at(const ConvcheckTensor* tensor, int64_t a, int64_t b, const int64_t* spatial,
                  int32_t rank) {
  int64_t offset = a * tensor->strides[0] + b * tensor->strides[1];
  for (int32_t axis = 0; axis < rank; ++axis) offset += spatial[axis] * tensor->strides[2 + axis];
  return offset;
}

static int next(int64_t* index, const int64_t* extents, int32_t rank) {
  for (int32_t axis = rank - 1; axis >= 0; --axis) {
    if (++index[axis] < extents[axis]) return 1;
    index[axis] = 0;
  }
  return 0;
}

/* All products of one image, filter and channel. */
static void add_products(const ConvcheckCall* call, int64_t n, int64_t k, int64_t c) {
  const ConvcheckProblem* p = call->problem;
  const int64_t group_channels = p->channels / p->groups;
  int64_t o[3] = {0}, f[3] = {0}, i[3] = {0}, tap[3] = {0};
  do {
    do {
      int inside = 1;
      for (int32_t axis = 0; axis < p->rank; ++axis) {
        const ConvcheckWindow* window = &p->windows[axis];
        i[axis] = o[axis] * window->stride + f[axis] * window->dilation - window->pad_before;
        tap[axis] = p->flip ? window->filter - 1 - f[axis] : f[axis];
        inside &= i[axis] >= 0 && i[axis] < window->input;
      }
      if (!inside) continue;
      float* x = (float*)call->x->data + at(call->x, n, c, i, p->rank);
      float* w = (float*)call->w->data + at(call->w, k, c % group_channels, tap, p->rank);
      float* y = (float*)call->y->data + at(call->y, n, k, o, p->rank);
      if (p->direction == ConvcheckForward) *y += *x * *w;
      if (p->direction == ConvcheckGradInputs) *x += *y * *w;
      if (p->direction == ConvcheckGradWeights) *w += *x * *y;
    } while (next(f, call->w->extents + 2, p->rank));
  } while (next(o, call->y->extents + 2, p->rank));
}

static void clear(const ConvcheckTensor* tensor) {
  int64_t index[8] = {0};
  for (int32_t axis = 0; axis < tensor->rank; ++axis) {
    if (tensor->extents[axis] == 0) return;
  }
  do {
    int64_t offset = 0;
    for (int32_t axis = 0; axis < tensor->rank; ++axis)
      offset += index[axis] * tensor->strides[axis];
    ((float*)tensor->data)[offset] = 0;
  } while (next(index, tensor->extents, tensor->rank));
}

static const char* run(void* self, const ConvcheckCall* call) {
  const ConvcheckProblem* p = call->problem;
  (void)self;
  if (FATAL == CrashLater && seen) raise(SIGSEGV);
  if (p->windows[p->rank - 1].input == 7) misbehave();
  if (FATAL == Throw && p->windows[p->rank - 1].input == 7) return "7 columns are too many";
  clear(p->direction == ConvcheckForward      ? call->y
        : p->direction == ConvcheckGradInputs ? call->x
                                              : call->w);
  for (int64_t n = 0; n < p->batch; ++n) {
    for (int64_t k = 0; k < p->filters; ++k) {
      const int64_t first = k / (p->filters / p->groups) * (p->channels / p->groups);
      for (int64_t c = 0; c < p->channels / p->groups; ++c) add_products(call, n, k, first + c);
    }
  }
  return NULL;
}

static const char* refusal(void* self, const ConvcheckCall* call) {
  (void)self;
  if (call->problem->unshared) return "unshared filters";
  return call->x->type == ConvcheckF32 && call->w->type == ConvcheckF32 &&
                 call->y->type == ConvcheckF32
             ? NULL
             : "another type than f32";
}

static size_t workspace_bytes(void* self, const ConvcheckCall* call) {
  (void)self;
  (void)call;
  return 0;
}

const ConvcheckPlugin* convcheck_plugin(void) {
  static ConvcheckPlugin plugin;
  plugin.struct_size = sizeof plugin;
  plugin.abi_version = CONVCHECK_ABI_VERSION;
  plugin.name = "fatal";
  plugin.refusal = refusal;
  plugin.workspace_bytes = workspace_bytes;
  plugin.run = run;
  plugin.deterministic = plugin.deterministic_across_threads = 1;
  return &plugin;
}
