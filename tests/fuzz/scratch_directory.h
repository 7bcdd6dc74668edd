#ifndef ANNOD_TESTS_FUZZ_SCRATCH_DIRECTORY_H_
#define ANNOD_TESTS_FUZZ_SCRATCH_DIRECTORY_H_

#include <stdlib.h>
#include <unistd.h>

#include <string>

#include "core/file_system.h"
#include "tests/fuzz/target.h"

namespace annod::fuzz {

// A new directory, in memory where the machine has /dev/shm: an input takes
// some microseconds there. Removed again with all it holds.
class ScratchDirectory {
 public:
  ScratchDirectory() {
    path_ = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    path_ += "/annod-fuzz-XXXXXX";
    Require(mkdtemp(path_.data()) != nullptr, "a scratch directory");
  }
  ~ScratchDirectory() {
    FileSystem::Posix()->RemoveRecursively(path_).IgnoreError();
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace annod::fuzz

#endif  // ANNOD_TESTS_FUZZ_SCRATCH_DIRECTORY_H_
