#include "checker/parallel.h"

#include <algorithm>
#include <exception>
#include <system_error>
#include <thread>
#include <vector>

namespace convcheck {

int thread_count(int threads) {
  return threads > 0 ? threads : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void in_parallel(int parts, const std::function<void(int part)>& work) {
  std::vector<std::exception_ptr> thrown(static_cast<std::size_t>(std::max(parts, 0)));
  const auto guarded = [&](int part) noexcept {
    try {
      work(part);
    } catch (...) {
      thrown[static_cast<std::size_t>(part)] = std::current_exception();
    }
  };
  std::vector<std::thread> threads;
  threads.reserve(thrown.size());
  int started = 1;
  for (; started < parts; ++started) {
    try {
      threads.emplace_back(guarded, started);
    } catch (const std::system_error&) {
      break;  // the machine has no more threads: the caller does the rest
    }
  }
  if (parts > 0) guarded(0);
  for (int part = started; part < parts; ++part) guarded(part);
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& one : thrown) {
    if (one) std::rethrow_exception(one);
  }
}

}  // namespace convcheck
