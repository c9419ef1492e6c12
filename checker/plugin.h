/* How convcheck calls a kernel of somebody else's: a shared object that exports one C function,
 * convcheck_plugin(). C11, and C++; needs nothing else of convcheck.
 *
 *   cc -std=c11 -O2 -shared -fPIC -I. mine.c -o libmine.so
 *   convcheck suite --plugin ./libmine.so
 *
 * Letters: n batch, c input channel, k filter (output channel), g group, i input, o output, f
 * filter coordinate. x is the input, w the filters, y the output, in all three directions; the
 * direction says which of them is written. Spatial axes are depth, height, width in this order; 1-D
 * and 2-D problems have only the last ones. For every n, k, o, with c over the channels of the
 * group that k is in,
 *
 *   y[n, k, o] = sum over c and f of x[n, c, o * stride + f * dilation - pad_before] * w[k, c', f']
 *
 * where c' = c - (first channel of k's group), and f' on every axis = filter - 1 - f with `flip`,
 * f without. What lies outside x is padding: absent from the sum. The gradients are the two other
 * partial derivatives of the same sum: every product x * w of y is a product y * w of x, and a
 * product x * y of w.
 *
 * Growing. `struct_size` is the size that the writer of a struct knows. Members are only added at
 * the end: of the structs that a plugin gets, one reads a member that came later only if
 * struct_size reaches beyond it. A plugin that was compiled against an older header ends earlier;
 * its missing members count as 0, which has a meaning for each. ConvcheckWindow never grows.
 *
 * Threads. The checker may call from several threads at once. It never unloads a plugin.
 *
 * Device memory. A plugin that refuses host memory gets the machine's CUDA device's, and a stream that
 * waits for no other: what it puts elsewhere may be missed.
 *
 * Strings that a plugin returns are best literals. They must last until the same thread calls the
 * plugin again, so one in thread-local storage will do; the checker copies and never frees them.
 *
 * No C++ exception may leave a function: catch it and return its words. */
#ifndef CONVCHECK_PLUGIN_H
#define CONVCHECK_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CONVCHECK_ABI_VERSION 1

enum { ConvcheckForward = 0, ConvcheckGradInputs = 1, ConvcheckGradWeights = 2 };

enum { ConvcheckF64 = 1, ConvcheckF32 = 2, ConvcheckF16 = 3, ConvcheckBF16 = 4 };

enum { ConvcheckHost = 0, ConvcheckCuda = 1 };

enum { ConvcheckClassicalSum = 0, ConvcheckTransform = 1 };

/* One spatial axis, in elements; a dilation of 1 is dense. The pads are never negative. */
typedef struct ConvcheckWindow {
  int64_t input, filter, stride, dilation, pad_before, pad_after;
} ConvcheckWindow;

/* What decides the answer. It is valid: every extent of the output is at least 1, batch, channels
 * and filters are at least 0, and groups divides channels and filters. */
typedef struct ConvcheckProblem {
  size_t struct_size;
  int32_t direction;                /* ConvcheckForward ... */
  int32_t rank;                     /* spatial axes, 1 to 3 */
  int64_t batch, channels, filters; /* over all groups */
  int64_t groups;                   /* contiguous blocks of channels and of filters */
  ConvcheckWindow windows[3];       /* the first `rank` */
  int32_t flip;                     /* 1: a convolution, filters reversed; 0: a cross-correlation */
  int32_t unshared;                 /* 1: own filters for every output position */
} ConvcheckProblem;

/* An operand: x[n, c, i...], w[k, c', f...] or with `unshared` w[k, o..., c', f...], y[n, k, o...].
 * `data` is the element at coordinates 0; strides count elements, and may be negative or, on axes
 * of one element, anything. `data` is aligned to the element, no more. Nothing but the elements of
 * the result may be written, and nothing but elements read. Elements of f16 and bf16 are 16 bits.
 */
typedef struct ConvcheckTensor {
  size_t struct_size;
  void* data;
  int32_t type;                   /* ConvcheckF64 ... */
  int32_t memory;                 /* ConvcheckHost or ConvcheckCuda, the same for all three */
  int32_t rank;                   /* axes, at most 8 */
  int64_t extents[8], strides[8]; /* the first `rank` */
} ConvcheckTensor;

typedef struct ConvcheckCall {
  size_t struct_size;
  const ConvcheckProblem* problem;
  const ConvcheckTensor *x, *w, *y;
  /* For run() alone: the memory that workspace_bytes() asked for, of the operands' memory kind, at
   * a multiple of 64 bytes, with anything in it; its address means nothing when it has no bytes. */
  void* workspace;
  size_t workspace_bytes;
  int32_t threads; /* to use; 0: as many as the machine has. refusal() is not told */
  void* stream;    /* a cudaStream_t for device memory; NULL is the default stream */
} ConvcheckCall;

/* What a plugin is, and what it claims. It is held to its claims, and to no claim that it does not
 * make. struct_size and abi_version stand first in every version. */
typedef struct ConvcheckPlugin {
  size_t struct_size;  /* sizeof(ConvcheckPlugin) */
  int32_t abi_version; /* CONVCHECK_ABI_VERSION */

  const char* name; /* in reports: letters, digits and _ . : / + -, at most 64 */
  void* self;       /* handed to the three functions; may be NULL */

  /* NULL: this call can be made. Otherwise why not, in the words of the problem: "filter extent 5,
   * needs 3". Looks at all but the data, which may be NULL here and in workspace_bytes(). */
  const char* (*refusal)(void* self, const ConvcheckCall* call);
  /* Of a call that is not refused: exactly how many bytes run() will use, with call->threads. */
  size_t (*workspace_bytes)(void* self, const ConvcheckCall* call);
  /* Writes every element of the result, whatever was there; NULL when all went well, otherwise
   * what went wrong. On device memory it may return as soon as the work is in the stream. */
  const char* (*run)(void* self, const ConvcheckCall* call);

  /* From here on 0 is a default, and what a plugin has whose struct_size ends earlier. */

  int32_t deterministic;                /* 1: the same call gives the same bits */
  int32_t deterministic_across_threads; /* 1: and so it does with other numbers of threads */
  int32_t multiplies_padding; /* 1: padding is multiplied as a 0: then infinity gives NaN there */
  int32_t input_bits; /* significand bits to which inputs are rounded (TF32: 11); 0: they are not */
  /* In what type operands of each type are added up: ConvcheckF32 ...; 0: f64 for f64, otherwise
   * f32. */
  int32_t accumulator_f64, accumulator_f32, accumulator_f16, accumulator_bf16;
  int32_t algorithm; /* ConvcheckClassicalSum, or ConvcheckTransform: Winograd, FFT */
  /* Of a transform, and 0 otherwise: every error is at most amplification * u * n * max|a| *
   * max|b|, with u the accumulator's unit roundoff, n the products of an element, and a, b the
   * operands that are read. */
  double amplification;
} ConvcheckPlugin;

/* What a plugin exports, also where it is compiled with -fvisibility=hidden. The struct stays where
 * it is; NULL when the plugin cannot work on this machine. */
__attribute__((visibility("default"))) const ConvcheckPlugin* convcheck_plugin(void);

#ifdef __cplusplus
}
#endif

#endif
