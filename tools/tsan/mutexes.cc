// What ThreadSanitizer is to know of Abseil's locks. Debian's library is not
// instrumented: without this every object that an absl::Mutex guards looks
// unguarded. The program's own definitions of the locks' functions come before
// the library's, for gRPC too, and lead to them.
#include <dlfcn.h>
#include <link.h>
#include <sys/prctl.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "absl/synchronization/mutex.h"
#include "tools/tsan/tsan.h"

namespace annod::tsan {
namespace {

struct Range {
  uintptr_t begin;
  uintptr_t end;
};

constexpr size_t kMaxRanges = 16;

// Where the code of gRPC's libraries lies.
struct GrpcRanges {
  Range ranges[kMaxRanges] = {};
  size_t count = 0;

  static ANNOD_UNSEEN int Add(dl_phdr_info* info, size_t, void* data) {
    auto* const found = static_cast<GrpcRanges*>(data);
    const char* const name = info->dlpi_name;
    if (std::strstr(name, "/libgrpc") == nullptr &&
        std::strstr(name, "/libgpr") == nullptr) {
      return 0;
    }
    for (size_t i = 0; i < info->dlpi_phnum; ++i) {
      const auto& part = info->dlpi_phdr[i];
      if (part.p_type != PT_LOAD || (part.p_flags & PF_X) == 0) continue;
      if (found->count == kMaxRanges) return 1;
      const uintptr_t begin = info->dlpi_addr + part.p_vaddr;
      found->ranges[found->count++] = {begin, begin + part.p_memsz};
    }
    return 0;
  }
};

GrpcRanges grpc_ranges;

// Before any lock of another thread.
__attribute__((constructor(101))) ANNOD_UNSEEN void FindGrpc() {
  dl_iterate_phdr(&GrpcRanges::Add, &grpc_ranges);
}

ANNOD_UNSEEN bool IsGrpc(const void* caller) {
  const auto address = reinterpret_cast<uintptr_t>(caller);
  for (size_t i = 0; i < grpc_ranges.count; ++i) {
    const Range& range = grpc_ranges.ranges[i];
    if (range.begin <= address && address < range.end) return true;
  }
  return false;
}

// Threads that gRPC calls us from without a call of ours that returns: its
// executors and timers. It names them.
constexpr const char* kCallers[] = {"default-exec", "resolver-exec",
                                    "grpc_global_tim", "timer_manager",
                                    "event_engine"};

ANNOD_UNSEEN bool IsCaller() {
  // A thread gets its name before its work, not before its first lock.
  constexpr int kLooks = 8;
  static thread_local int looks = 0;
  static thread_local bool is_caller = false;
  if (is_caller || looks == kLooks) return is_caller;
  ++looks;
  char name[16] = {};
  prctl(PR_GET_NAME, name);
  for (const char* caller : kCallers) {
    is_caller =
        is_caller || std::strncmp(name, caller, std::strlen(caller)) == 0;
  }
  return is_caller;
}

// What our own threads see of gRPC's others is not what its locks order: it
// would hide too much.
ANNOD_UNSEEN void Locked(void* mutex, const void* caller) {
  __tsan_acquire(mutex);
  if (IsGrpc(caller) && IsCaller()) __tsan_acquire(&grpc);
}

ANNOD_UNSEEN void Unlocking(void* mutex, const void* caller) {
  __tsan_release(mutex);
  if (IsGrpc(caller)) __tsan_release(&grpc);
}

// While a lock is released or awaited, its holder evaluates the conditions of
// those that wait, after Unlocking().
class Unwatched {
 public:
  ANNOD_UNSEEN Unwatched() { AnnotateIgnoreReadsBegin(__FILE__, __LINE__); }
  ANNOD_UNSEEN ~Unwatched() { AnnotateIgnoreReadsEnd(__FILE__, __LINE__); }
};

}  // namespace

char grpc;

}  // namespace annod::tsan

#define CALLER __builtin_return_address(0)

namespace absl {
ABSL_NAMESPACE_BEGIN

using annod::tsan::IsGrpc;
using annod::tsan::Locked;
using annod::tsan::Next;
using annod::tsan::Unlocking;
using annod::tsan::Unwatched;

#define MUTEX "_ZN4absl7debian35Mutex"
#define CONDITION "RKNS0_9ConditionE"

ANNOD_UNSEEN void Mutex::Lock() {
  static const auto next = Next<void (*)(Mutex*)>(MUTEX "4LockEv");
  {
    const Unwatched unwatched;
    next(this);
  }
  Locked(this, CALLER);
}

ANNOD_UNSEEN void Mutex::Unlock() {
  static const auto next = Next<void (*)(Mutex*)>(MUTEX "6UnlockEv");
  Unlocking(this, CALLER);
  const Unwatched unwatched;
  next(this);
}

ANNOD_UNSEEN bool Mutex::TryLock() {
  static const auto next = Next<bool (*)(Mutex*)>(MUTEX "7TryLockEv");
  const bool locked = next(this);
  if (locked) Locked(this, CALLER);
  return locked;
}

ANNOD_UNSEEN void Mutex::ReaderLock() {
  static const auto next = Next<void (*)(Mutex*)>(MUTEX "10ReaderLockEv");
  {
    const Unwatched unwatched;
    next(this);
  }
  Locked(this, CALLER);
}

ANNOD_UNSEEN void Mutex::ReaderUnlock() {
  static const auto next = Next<void (*)(Mutex*)>(MUTEX "12ReaderUnlockEv");
  Unlocking(this, CALLER);
  const Unwatched unwatched;
  next(this);
}

ANNOD_UNSEEN void Mutex::Await(const Condition& condition) {
  static const auto next =
      Next<void (*)(Mutex*, const Condition&)>(MUTEX "5AwaitE" CONDITION);
  Unlocking(this, CALLER);
  {
    const Unwatched unwatched;
    next(this, condition);
  }
  Locked(this, CALLER);
}

ANNOD_UNSEEN bool Mutex::AwaitWithTimeout(const Condition& condition,
                                          Duration timeout) {
  static const auto next = Next<bool (*)(Mutex*, const Condition&, Duration)>(
      MUTEX "16AwaitWithTimeoutE" CONDITION "NS0_8DurationE");
  Unlocking(this, CALLER);
  bool met;
  {
    const Unwatched unwatched;
    met = next(this, condition, timeout);
  }
  Locked(this, CALLER);
  return met;
}

ANNOD_UNSEEN bool Mutex::AwaitWithDeadline(const Condition& condition,
                                           Time deadline) {
  static const auto next = Next<bool (*)(Mutex*, const Condition&, Time)>(
      MUTEX "17AwaitWithDeadlineE" CONDITION "NS0_4TimeE");
  Unlocking(this, CALLER);
  bool met;
  {
    const Unwatched unwatched;
    met = next(this, condition, deadline);
  }
  Locked(this, CALLER);
  return met;
}

#define CONDVAR "_ZN4absl7debian37CondVar"
#define MUTEX_POINTER "EPNS0_5MutexE"

ANNOD_UNSEEN void CondVar::Wait(Mutex* mutex) {
  static const auto next =
      Next<void (*)(CondVar*, Mutex*)>(CONDVAR "4Wait" MUTEX_POINTER);
  Unlocking(mutex, CALLER);
  {
    const Unwatched unwatched;
    next(this, mutex);
  }
  Locked(mutex, CALLER);
}

ANNOD_UNSEEN bool CondVar::WaitWithTimeout(Mutex* mutex, Duration timeout) {
  static const auto next = Next<bool (*)(CondVar*, Mutex*, Duration)>(
      CONDVAR "15WaitWithTimeout" MUTEX_POINTER "NS0_8DurationE");
  Unlocking(mutex, CALLER);
  bool timed_out;
  {
    const Unwatched unwatched;
    timed_out = next(this, mutex, timeout);
  }
  Locked(mutex, CALLER);
  return timed_out;
}

ANNOD_UNSEEN bool CondVar::WaitWithDeadline(Mutex* mutex, Time deadline) {
  static const auto next = Next<bool (*)(CondVar*, Mutex*, Time)>(
      CONDVAR "16WaitWithDeadline" MUTEX_POINTER "NS0_4TimeE");
  Unlocking(mutex, CALLER);
  bool timed_out;
  {
    const Unwatched unwatched;
    timed_out = next(this, mutex, deadline);
  }
  Locked(mutex, CALLER);
  return timed_out;
}

ABSL_NAMESPACE_END
}  // namespace absl
