/* The honest example with one mistake, -DMISTAKE=forgets_the_right_pad, say: the functions below
 * are the mistakes, each a run() of its own. */
#include <string.h>
#include <threads.h>
#include <time.h>

#define convcheck_plugin honest_plugin
#include "tools/examples/direct.c"
#undef convcheck_plugin

__attribute__((visibility("default"))) const ConvcheckPlugin* convcheck_plugin(void);

/* A call that may be changed before the honest kernel gets it. */
typedef struct Copy {
  ConvcheckProblem problem;
  ConvcheckTensor x, w, y;
  ConvcheckCall call;
  ConvcheckWindow* last; /* axis */
} Copy;

static void take(Copy* to, const ConvcheckCall* from) {
  to->problem = *from->problem;
  to->x = *from->x;
  to->w = *from->w;
  to->y = *from->y;
  to->call = *from;
  to->call.problem = &to->problem;
  to->call.x = &to->x;
  to->call.w = &to->w;
  to->call.y = &to->y;
  to->last = &to->problem.windows[to->problem.rank - 1];
}

static int64_t element_bytes(const ConvcheckTensor* tensor) {
  return tensor->type == ConvcheckF64 ? 8 : 4;
}

static int is_empty(const ConvcheckTensor* tensor) {
  for (int axis = 0; axis < tensor->rank; ++axis) {
    if (tensor->extents[axis] == 0) return 1;
  }
  return 0;
}

/* Only so many outputs of the last axis are computed as there would be without the pad. */
static const char* forgets_the_right_pad(void* self, const ConvcheckCall* call) {
  Copy copy;
  take(&copy, call);
  const int64_t room =
      copy.last->input + copy.last->pad_before - (copy.last->filter - 1) * copy.last->dilation - 1;
  copy.y.extents[copy.y.rank - 1] = room < 0 ? 0 : room / copy.last->stride + 1;
  zero(result(call), 0, 0);
  return run(self, &copy.call);
}

static const char* ignores_dilation(void* self, const ConvcheckCall* call) {
  Copy copy;
  take(&copy, call);
  copy.last->dilation = 1;
  return run(self, &copy.call);
}

/* Every group has the channels of the first. */
static const char* takes_the_first_group(void* self, const ConvcheckCall* call) {
  Copy copy;
  take(&copy, call);
  zero(result(call), 0, 0);
  copy.problem.channels /= copy.problem.groups;
  copy.problem.groups = 1;
  return run(self, &copy.call);
}

static const char* flips_forward_only(void* self, const ConvcheckCall* call) {
  Copy copy;
  take(&copy, call);
  if (copy.problem.direction != ConvcheckForward) copy.problem.flip = 0;
  return run(self, &copy.call);
}

/* Stores the byte after the last of a block, with what it holds: a vector that is a bit too long.
 * The checker's own memory must survive it. */
static void touch_after(void* block, int64_t bytes) {
  volatile char* after = (volatile char*)block + bytes;
  *after = *after;
}

static const char* writes_past_the_end(void* self, const ConvcheckCall* call) {
  const ConvcheckTensor* y = result(call);
  int64_t end = 1;
  for (int axis = 0; axis < y->rank; ++axis) {
    if (y->extents[axis] > 1 && y->strides[axis] > 0)
      end += (y->extents[axis] - 1) * y->strides[axis];
  }
  if (!is_empty(y)) touch_after(y->data, end * element_bytes(y));
  return run(self, call);
}

static const char* adds_to_what_is_there(void* self, const ConvcheckCall* call) {
  (void)self;
  add_products(call);
  return NULL;
}

/* Changes an input, and puts it right again. */
static const char* scribbles_on_an_input(void* self, const ConvcheckCall* call) {
  const ConvcheckTensor* input = result(call) == call->x ? call->y : call->x;
  if (!is_empty(input)) {
    volatile char* byte = input->data;
    *byte = (char)(*byte ^ 1);
    *byte = (char)(*byte ^ 1);
  }
  return run(self, call);
}

static size_t some_bytes(void* self, const ConvcheckCall* call) {
  (void)self;
  (void)call;
  return 192;
}

static const char* needs_more_workspace(void* self, const ConvcheckCall* call) {
  memset(call->workspace, 0, call->workspace_bytes);
  touch_after(call->workspace, (int64_t)call->workspace_bytes);
  return run(self, call);
}

/* Of an operand that is read. */
static const char* believes_rows_to_be_dense(void* self, const ConvcheckCall* call) {
  Copy copy;
  take(&copy, call);
  ConvcheckTensor* input = copy.problem.direction == ConvcheckGradWeights ? &copy.x : &copy.w;
  input->strides[input->rank - 1] = 1;
  return run(self, &copy.call);
}

/* Rounds every element to 11 bits, as adding up in half precision would. */
static void round_to_half(const ConvcheckTensor* tensor, int axis, int64_t offset) {
  if (axis == tensor->rank) {
    const double value = load(tensor, offset);
    const double scaled = value * 4398046511105.0; /* 2^42 + 1: leaves 53 - 42 bits */
    if (value - value == 0) store(tensor, offset, scaled - (scaled - value));
    return;
  }
  for (int64_t i = 0; i < tensor->extents[axis]; ++i)
    round_to_half(tensor, axis + 1, offset + i * tensor->strides[axis]);
}

static const char* adds_up_in_half_precision(void* self, const ConvcheckCall* call) {
  run(self, call);
  round_to_half(result(call), 0, 0);
  return NULL;
}

/* The taps first .. first + count - 1 of the last axis alone. */
static void take_taps(Copy* copy, int64_t first, int64_t count) {
  ConvcheckTensor* w = &copy->w;
  const int axis = w->rank - 1;
  const int64_t begin = copy->problem.flip ? copy->last->filter - first - count : first;
  w->data = (char*)w->data + begin * w->strides[axis] * element_bytes(w);
  w->extents[axis] = copy->last->filter = count;
  copy->last->pad_before -= first * copy->last->dilation;
}

static int run_later(void* copy) {
  thrd_sleep(&(struct timespec){.tv_nsec = 100000}, NULL);
  run(NULL, &((Copy*)copy)->call);
  return 0;
}

/* Each of two threads has half of the taps, and clears the result before it adds them. */
static const char* lets_threads_race(void* self, const ConvcheckCall* call) {
  if (call->threads == 1) return run(self, call);
  Copy copies[2];
  for (int i = 0; i < 2; ++i) take(&copies[i], call);
  const int64_t half = copies[0].last->filter / 2;
  take_taps(&copies[1], half, copies[1].last->filter - half);
  take_taps(&copies[0], 0, half);
  thrd_t other;
  if (thrd_create(&other, run_later, &copies[0]) != thrd_success) return "no thread to be had";
  run(self, &copies[1].call);
  thrd_join(other, NULL);
  return NULL;
}

static const char* refuses_without_a_reason(void* self, const ConvcheckCall* call) {
  return call->problem->windows[0].stride > 1 ? "" : refusal(self, call);
}

static const char* breaks_its_word(void* self, const ConvcheckCall* call) {
  return call->problem->windows[0].stride > 1 ? "no strides today" : run(self, call);
}

typedef struct Mistake {
  const char* name;
  const char* (*run)(void* self, const ConvcheckCall* call);
  const char* (*refusal)(void* self, const ConvcheckCall* call);
  size_t (*workspace_bytes)(void* self, const ConvcheckCall* call);
} Mistake;

static const Mistake mistakes[] = {
    {"forgets_the_right_pad", forgets_the_right_pad, refusal, workspace_bytes},
    {"ignores_dilation", ignores_dilation, refusal, workspace_bytes},
    {"takes_the_first_group", takes_the_first_group, refusal, workspace_bytes},
    {"flips_forward_only", flips_forward_only, refusal, workspace_bytes},
    {"writes_past_the_end", writes_past_the_end, refusal, workspace_bytes},
    {"adds_to_what_is_there", adds_to_what_is_there, refusal, workspace_bytes},
    {"scribbles_on_an_input", scribbles_on_an_input, refusal, workspace_bytes},
    {"needs_more_workspace", needs_more_workspace, refusal, some_bytes},
    {"believes_rows_to_be_dense", believes_rows_to_be_dense, refusal, workspace_bytes},
    {"adds_up_in_half_precision", adds_up_in_half_precision, refusal, workspace_bytes},
    {"lets_threads_race", lets_threads_race, refusal, workspace_bytes},
    {"refuses_without_a_reason", run, refuses_without_a_reason, workspace_bytes},
    {"breaks_its_word", breaks_its_word, refusal, workspace_bytes},
};

#define TEXT(word) #word
#define TEXT_OF(macro) TEXT(macro)

const ConvcheckPlugin* convcheck_plugin(void) {
  static ConvcheckPlugin broken;
  broken = *honest_plugin();
  broken.name = TEXT_OF(MISTAKE);
  for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; ++i) {
    if (strcmp(mistakes[i].name, broken.name) != 0) continue;
    broken.run = mistakes[i].run;
    broken.refusal = mistakes[i].refusal;
    broken.workspace_bytes = mistakes[i].workspace_bytes;
    return &broken;
  }
  return NULL;
}
