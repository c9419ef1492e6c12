// A kernel behind convcheck's C interface, written in C++: every window becomes a column of a
// matrix in the workspace, which is multiplied by the filters. Forward only; what else is asked for
// is refused. Exceptions are caught at the boundary and become words.
#include <array>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <vector>

#include "checker/plugin.h"

namespace {

using Axes = std::array<std::int64_t, 3>;

// A box of up to three axes, its elements numbered row by row.
struct Box {
  int rank;
  Axes extents;

  std::int64_t size() const {
    std::int64_t product = 1;
    for (int axis = 0; axis < rank; ++axis) product *= extents[axis];
    return product;
  }
  Axes coordinates(std::int64_t number) const {
    Axes at{};
    for (int axis = rank; axis-- > 0; number /= extents[axis]) at[axis] = number % extents[axis];
    return at;
  }
};

// The matrix of one image and group: a row for every channel and tap, a column for every window.
struct Patches {
  explicit Patches(const ConvcheckCall& call)
      : problem(*call.problem),
        taps{problem.rank, {}},
        windows{problem.rank, {}},
        group_channels(problem.channels / problem.groups) {
    for (int axis = 0; axis < problem.rank; ++axis) {
      taps.extents[axis] = problem.windows[axis].filter;
      windows.extents[axis] = call.y->extents[2 + axis];
    }
  }
  std::int64_t rows() const { return group_channels * taps.size(); }
  std::int64_t columns() const { return windows.size(); }

  template <class T>
  void fill(T* matrix, const ConvcheckTensor& x, std::int64_t n, std::int64_t group) const {
    for (std::int64_t row = 0; row < rows(); ++row) {
      const std::int64_t channel = group * group_channels + row / taps.size();
      const T* plane = static_cast<const T*>(x.data) + n * x.strides[0] + channel * x.strides[1];
      const Axes tap = taps.coordinates(row % taps.size());
      for (std::int64_t column = 0; column < columns(); ++column)
        *matrix++ = element(plane, x, tap, windows.coordinates(column));
    }
  }

  ConvcheckProblem problem;
  Box taps, windows;
  std::int64_t group_channels;

 private:
  template <class T>
  T element(const T* plane, const ConvcheckTensor& x, const Axes& tap, const Axes& window) const {
    for (int axis = 0; axis < problem.rank; ++axis) {
      const ConvcheckWindow& w = problem.windows[axis];
      const std::int64_t i = window[axis] * w.stride + tap[axis] * w.dilation - w.pad_before;
      if (i < 0 || i >= w.input) return 0;  // padding, which is multiplied like any other element
      plane += i * x.strides[2 + axis];
    }
    return *plane;
  }
};

std::int64_t offset(const ConvcheckTensor& tensor, int rank, const Axes& at) {
  std::int64_t elements = 0;
  for (int axis = 0; axis < rank; ++axis) elements += at[axis] * tensor.strides[2 + axis];
  return elements;
}

// Where the taps of a filter are in w, in the order of the matrix's rows.
std::vector<std::int64_t> tap_offsets(const Patches& patches, const ConvcheckTensor& w) {
  std::vector<std::int64_t> offsets;
  for (std::int64_t row = 0; row < patches.rows(); ++row) {
    Axes tap = patches.taps.coordinates(row % patches.taps.size());
    for (int axis = 0; axis < patches.taps.rank && patches.problem.flip; ++axis)
      tap[axis] = patches.taps.extents[axis] - 1 - tap[axis];
    const std::int64_t channel = row / patches.taps.size();
    offsets.push_back(channel * w.strides[1] + offset(w, patches.taps.rank, tap));
  }
  return offsets;
}

template <class T>
void convolve(const ConvcheckCall& call) {
  const Patches patches(call);
  const ConvcheckTensor &w = *call.w, &y = *call.y;
  const std::vector<std::int64_t> taps = tap_offsets(patches, w);
  const std::int64_t group_filters = patches.problem.filters / patches.problem.groups;
  T* matrix = static_cast<T*>(call.workspace);
  for (std::int64_t n = 0; n < patches.problem.batch; ++n) {
    for (std::int64_t k = 0; k < patches.problem.filters; ++k) {
      if (k % group_filters == 0) patches.fill(matrix, *call.x, n, k / group_filters);
      const T* filter = static_cast<const T*>(w.data) + k * w.strides[0];
      T* plane = static_cast<T*>(y.data) + n * y.strides[0] + k * y.strides[1];
      for (std::int64_t column = 0; column < patches.columns(); ++column) {
        T sum = 0;
        for (std::int64_t row = 0; row < patches.rows(); ++row)
          sum += filter[taps[row]] * matrix[row * patches.columns() + column];
        plane[offset(y, patches.windows.rank, patches.windows.coordinates(column))] = sum;
      }
    }
  }
}

void require(bool condition, const char* otherwise) {
  if (!condition) throw std::invalid_argument(otherwise);
}

void check(const ConvcheckCall& call) {
  require(call.problem->direction == ConvcheckForward, "a gradient, does only forward");
  require(!call.problem->unshared, "unshared filters, does only shared ones");
  require(call.x->memory == ConvcheckHost, "device memory, needs host memory");
  require(call.x->type == ConvcheckF32 || call.x->type == ConvcheckF64,
          "16-bit elements, needs f64 or f32");
  require(call.w->type == call.x->type && call.y->type == call.x->type,
          "mixed data types, needs one for all");
}

// NULL, or the words of what `work` threw: no exception passes.
template <class Work>
const char* words_of(const Work& work) noexcept {
  thread_local char words[200];
  try {
    work();
    return nullptr;
  } catch (const std::exception& error) {
    std::snprintf(words, sizeof words, "%s", error.what());
  } catch (...) {
    std::snprintf(words, sizeof words, "an exception of another class");
  }
  return words;
}

const char* refusal(void*, const ConvcheckCall* call) {
  return words_of([call] { check(*call); });
}

std::size_t workspace_bytes(void*, const ConvcheckCall* call) {
  const Patches patches(*call);
  return static_cast<std::size_t>(patches.rows() * patches.columns()) *
         (call->x->type == ConvcheckF64 ? sizeof(double) : sizeof(float));
}

const char* run(void*, const ConvcheckCall* call) {
  return words_of([call] {
    if (call->x->type == ConvcheckF64) {
      convolve<double>(*call);
    } else {
      convolve<float>(*call);
    }
  });
}

ConvcheckPlugin described() {
  ConvcheckPlugin plugin{};
  plugin.struct_size = sizeof plugin;
  plugin.abi_version = CONVCHECK_ABI_VERSION;
  plugin.name = "im2col";
  plugin.refusal = refusal;
  plugin.workspace_bytes = workspace_bytes;
  plugin.run = run;
  plugin.deterministic = plugin.deterministic_across_threads = 1;
  plugin.multiplies_padding = 1;
  return plugin;
}

}  // namespace

const ConvcheckPlugin* convcheck_plugin() {
  static const ConvcheckPlugin plugin = described();
  return &plugin;
}
