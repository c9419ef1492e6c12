#include "checker/buffers/faults.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

namespace convcheck {
namespace {

std::atomic<WatchedRegion*> regions{nullptr};
struct sigaction previous_segv, previous_bus;

// What the processor says of the access; nothing for the fetch of an instruction.
std::optional<Access> access_of([[maybe_unused]] const void* context) {
#if defined(__x86_64__) && defined(__linux__)
  constexpr greg_t kWrite = 2, kFetch = 16;  // bits of the page fault's error code
  const greg_t error = static_cast<const ucontext_t*>(context)->uc_mcontext.gregs[REG_ERR];
  if (error & kFetch) return std::nullopt;
  return error & kWrite ? Access::Write : Access::Read;
#else
  return Access::Unknown;
#endif
}

WatchedRegion* region_of(std::uintptr_t address) {
  for (WatchedRegion* region = regions.load(); region != nullptr; region = region->next) {
    const std::size_t size = region->size.load();
    if (address - reinterpret_cast<std::uintptr_t>(region->begin) < size) return region;
  }
  return nullptr;
}

void note(std::atomic<std::uintptr_t>& first, std::uintptr_t address) {
  std::uintptr_t none = 0;
  first.compare_exchange_strong(none, address);
}

// True when the access was written down and may be tried again.
bool absorb(std::uintptr_t address, Access access) {
  WatchedRegion* region = region_of(address);
  if (region == nullptr) return false;
  const bool inside =
      address - reinterpret_cast<std::uintptr_t>(region->usable) < region->usable_size;
  if (inside && access == Access::Read) return false;  // usable pages can be read: not our fault
  note(inside ? region->written : region->outside[static_cast<std::size_t>(access)], address);
  const std::uintptr_t page = address & ~(page_size() - 1);
  const int allowed = access == Access::Read ? PROT_READ : PROT_READ | PROT_WRITE;
  return mprotect(reinterpret_cast<void*>(page), page_size(), allowed) == 0;
}

// Somebody else's fault. Without a handler the default one ends the program: at once, or when the
// instruction is tried again.
void pass_on(int signal, siginfo_t* info, void* context) {
  const struct sigaction& previous = signal == SIGBUS ? previous_bus : previous_segv;
  if (previous.sa_flags & SA_SIGINFO) return previous.sa_sigaction(signal, info, context);
  if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    return previous.sa_handler(signal);
  }
  struct sigaction standard = {};
  standard.sa_handler = SIG_DFL;
  sigaction(signal, &standard, nullptr);
  if (info->si_code <= 0) raise(signal);  // sent by a process: it would not come again
}

void on_fault(int signal, siginfo_t* info, void* context) {
  const int error = errno;
  const auto access = access_of(context);
  const bool by_access = info->si_code > 0;
  if (!access || !by_access || !absorb(reinterpret_cast<std::uintptr_t>(info->si_addr), *access)) {
    pass_on(signal, info, context);
  }
  errno = error;
}

bool install() {
  page_size();  // so that the handler finds it worked out
  struct sigaction action = {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  return sigaction(SIGSEGV, nullptr, &previous_segv) == 0 &&
         sigaction(SIGBUS, nullptr, &previous_bus) == 0 &&
         sigaction(SIGSEGV, &action, nullptr) == 0 && sigaction(SIGBUS, &action, nullptr) == 0;
}

}  // namespace

const char* to_string(Access access) {
  return access == Access::Read ? "reads" : access == Access::Write ? "writes" : "touches";
}

bool WatchedRegion::touched() const {
  bool any = written != 0;
  for (const auto& first : outside) any |= first != 0;
  return any;
}

void WatchedRegion::forget() {
  written = 0;
  for (auto& first : outside) first = 0;
}

void watch(WatchedRegion& region) {
  [[maybe_unused]] static const bool installed = install();
  region.next = regions.load();
  while (!regions.compare_exchange_weak(region.next, &region)) {
  }
}

bool is_watched(const void* address) {
  return region_of(reinterpret_cast<std::uintptr_t>(address)) != nullptr;
}

std::size_t page_size() {
  static const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return size;
}

}  // namespace convcheck
