#include "fast/onednn/threads.h"

#include <dlfcn.h>

namespace convcheck::onednn {
namespace {

// A compiler may bring an OpenMP of its own (libomp) while oneDNN was linked with another
// (libgomp); asking the dynamic linker gives the one to which oneDNN's own calls are bound.
struct OpenMp {
  using Get = int (*)();
  using Set = void (*)(int);

  Get get = reinterpret_cast<Get>(dlsym(RTLD_DEFAULT, "omp_get_max_threads"));
  Set set = reinterpret_cast<Set>(dlsym(RTLD_DEFAULT, "omp_set_num_threads"));
};

const OpenMp& open_mp() {
  static const OpenMp functions;
  return functions;
}

}  // namespace

bool can_set_threads() { return open_mp().get != nullptr && open_mp().set != nullptr; }

Threads::Threads(int count) : before_(open_mp().get()) { open_mp().set(count); }
Threads::~Threads() { open_mp().set(before_); }

}  // namespace convcheck::onednn
