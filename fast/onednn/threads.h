// How many threads oneDNN uses: as many as OpenMP would use for the thread that calls it.
#pragma once

namespace convcheck::onednn {

// Whether the OpenMP of the program's oneDNN was found, so that threads can be set.
bool can_set_threads();

// While one of these lives, what its thread asks of oneDNN has so many threads. Other threads, and
// what was set before, are not affected. can_set_threads() holds.
class Threads {
 public:
  explicit Threads(int count);
  ~Threads();
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  int before_;
};

}  // namespace convcheck::onednn
