// Things that one call uses at a time, kept for the next one. Knows nothing of CUDA: tested on the
// host. Internal to fast/cuda.
#pragma once

#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace convcheck::gpu {

// There are as many of a kind (the number of a device, say) as calls used at once; none is ever
// destroyed. May be used from several threads at once, and outlives its loans.
template <class Thing>
class Lender {
 public:
  // Nobody else has the thing while this lives.
  class Loan {
   public:
    Loan(Lender& lender, int kind, Thing thing)
        : lender_(lender), kind_(kind), thing_(std::move(thing)) {}
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    ~Loan() { lender_.take_back(kind_, std::move(thing_)); }
    const Thing& get() const { return thing_; }

   private:
    Lender& lender_;
    int kind_;
    Thing thing_;
  };

  // One that is free or, where none is, what `make` returns; that may throw.
  template <class Make>
  Loan lend(int kind, const Make& make) {
    {
      const std::lock_guard lock(mutex_);
      std::vector<Thing>& free = free_[kind];
      if (!free.empty()) {
        Thing thing = std::move(free.back());
        free.pop_back();
        return Loan(*this, kind, std::move(thing));
      }
      free.reserve(++made_[kind]);  // so that taking it back does not throw
    }
    return Loan(*this, kind, make());
  }

 private:
  void take_back(int kind, Thing thing) {
    const std::lock_guard lock(mutex_);
    free_[kind].push_back(std::move(thing));
  }

  std::mutex mutex_;
  std::map<int, std::vector<Thing>> free_;
  std::map<int, std::size_t> made_;
};

}  // namespace convcheck::gpu
