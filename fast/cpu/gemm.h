// Matrix products by OpenBLAS, on the calling thread alone.
#pragma once

#include <cstdint>
#include <optional>

namespace convcheck::cpu {

// A matrix as BLAS addresses it: element (i, j) at i * leading + j or, transposed, at i + j *
// leading.
template <class T>
struct Block {
  T* data = nullptr;
  std::int64_t rows = 0, columns = 0, leading = 0;
  bool transposed = false;
};

template <class T>
Block<T> transpose(const Block<T>& block) {
  return {block.data, block.columns, block.rows, block.leading, !block.transposed};
}

// The matrix with these strides, or nothing when BLAS cannot address it: neither stride is 1, the
// other one is shorter than what it steps over, or does not fit in an int.
template <class T>
std::optional<Block<T>> blas_block(T* data, std::int64_t rows, std::int64_t columns,
                                   std::int64_t row_stride, std::int64_t column_stride);

// c = a b, or c += a b. c is not read unless it is added to. All extents fit in an int and are at
// least 1.
enum class Update { Replace, Add };
template <class T>
void gemm(const Block<T>& a, const Block<T>& b, const Block<T>& c, Update update);

// While one of these lives, OpenBLAS computes each product on the thread that asks for it. Every
// thread that computes has its own, and the first to be made is the last to go.
class SingleThreadedBlas {
 public:
  SingleThreadedBlas();
  ~SingleThreadedBlas();
  SingleThreadedBlas(const SingleThreadedBlas&) = delete;
  SingleThreadedBlas& operator=(const SingleThreadedBlas&) = delete;
};

}  // namespace convcheck::cpu
