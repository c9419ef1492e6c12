#include "fast/cpu/gemm.h"

#include <cblas.h>

#include <algorithm>
#include <climits>
#include <mutex>

namespace convcheck::cpu {
namespace {

std::mutex blas_threads_mutex;
int blas_users = 0, blas_threads_before = 1;

void call(const Block<float>& a, const Block<float>& b, const Block<float>& c, float beta) {
  const auto as_int = [](std::int64_t value) { return static_cast<int>(value); };
  cblas_sgemm(CblasRowMajor, a.transposed ? CblasTrans : CblasNoTrans,
              b.transposed ? CblasTrans : CblasNoTrans, as_int(c.rows), as_int(c.columns),
              as_int(a.columns), 1, a.data, as_int(a.leading), b.data, as_int(b.leading), beta,
              c.data, as_int(c.leading));
}

void call(const Block<double>& a, const Block<double>& b, const Block<double>& c, double beta) {
  const auto as_int = [](std::int64_t value) { return static_cast<int>(value); };
  cblas_dgemm(CblasRowMajor, a.transposed ? CblasTrans : CblasNoTrans,
              b.transposed ? CblasTrans : CblasNoTrans, as_int(c.rows), as_int(c.columns),
              as_int(a.columns), 1, a.data, as_int(a.leading), b.data, as_int(b.leading), beta,
              c.data, as_int(c.leading));
}

}  // namespace

template <class T>
std::optional<Block<T>> blas_block(T* data, std::int64_t rows, std::int64_t columns,
                                   std::int64_t row_stride, std::int64_t column_stride) {
  const auto fits = [](std::int64_t leading, std::int64_t line) {
    return leading >= std::max<std::int64_t>(line, 1) && leading <= INT_MAX;
  };
  const std::int64_t by_row = rows == 1 ? columns : row_stride;
  if ((column_stride == 1 || columns == 1) && fits(by_row, columns)) {
    return Block<T>{data, rows, columns, by_row, false};
  }
  const std::int64_t by_column = columns == 1 ? rows : column_stride;
  if ((row_stride == 1 || rows == 1) && fits(by_column, rows)) {
    return Block<T>{data, rows, columns, by_column, true};
  }
  return std::nullopt;
}

template <class T>
void gemm(const Block<T>& a, const Block<T>& b, const Block<T>& c, Update update) {
  if (c.transposed) return gemm(transpose(b), transpose(a), transpose(c), update);
  call(a, b, c, update == Update::Add ? T(1) : T(0));
}

// OpenBLAS built for OpenMP keeps the number per thread: so every user sets it, although one would
// do for pthreads.
SingleThreadedBlas::SingleThreadedBlas() {
  const std::lock_guard lock(blas_threads_mutex);
  if (blas_users++ == 0) blas_threads_before = openblas_get_num_threads();
  openblas_set_num_threads(1);
}

SingleThreadedBlas::~SingleThreadedBlas() {
  const std::lock_guard lock(blas_threads_mutex);
  if (--blas_users == 0) openblas_set_num_threads(blas_threads_before);
}

template std::optional<Block<float>> blas_block(float*, std::int64_t, std::int64_t, std::int64_t,
                                                std::int64_t);
template std::optional<Block<double>> blas_block(double*, std::int64_t, std::int64_t, std::int64_t,
                                                 std::int64_t);
template void gemm(const Block<float>&, const Block<float>&, const Block<float>&, Update);
template void gemm(const Block<double>&, const Block<double>&, const Block<double>&, Update);

}  // namespace convcheck::cpu
