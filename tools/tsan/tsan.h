#ifndef ANNOD_TOOLS_TSAN_TSAN_H_
#define ANNOD_TOOLS_TSAN_TSAN_H_

#include <dlfcn.h>

// ThreadSanitizer's own, declared nowhere.
extern "C" {
void __tsan_acquire(void* address);
void __tsan_release(void* address);
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
}

// A function that ThreadSanitizer does not look into.
#define ANNOD_UNSEEN __attribute__((no_sanitize("thread")))

namespace annod::tsan {

// The library's function that the one of this name here hides.
template <typename Function>
ANNOD_UNSEEN Function Next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

// Stands for all of gRPC: what a thread did before it entered it is taken to
// be seen by every thread that leaves it later.
extern char grpc;

}  // namespace annod::tsan

#endif  // ANNOD_TOOLS_TSAN_TSAN_H_
