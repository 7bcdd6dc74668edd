#include "core/mapping_faults.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/mutex.h"

namespace annod {
namespace {

constexpr char kNotePrefix[] = "fault-";

// "fault-<device>-<inode>" in hexadecimal digits, made where nothing may
// allocate. The note is when it was last written.
using NoteName = std::array<char, 48>;

NoteName NameOf(dev_t device, ino_t inode) {
  NoteName name = {};
  char* out = name.data();
  for (const char* c = kNotePrefix; *c != '\0'; ++c) *out++ = *c;
  for (const uint64_t number :
       {static_cast<uint64_t>(device), static_cast<uint64_t>(inode)}) {
    for (int shift = 60; shift >= 0; shift -= 4) {
      *out++ = "0123456789abcdef"[number >> shift & 15];
    }
    *out++ = '-';
  }
  out[-1] = '\0';
  return name;
}

// The mappings there are, in places that never move or go away: a signal
// handler walks them without a lock.
class MappingTable {
 public:
  struct Slot {
    std::atomic<const char*> begin{nullptr};  // null: nothing is mapped
    std::atomic<size_t> size{0};
    // Only read where a thread stands in the mapping, which then stays.
    dev_t device = 0;
    ino_t inode = 0;
    std::string path;
  };

  // Never deleted.
  static MappingTable* Get() {
    static MappingTable* const table = new MappingTable();
    return table;
  }

  // kMaxSlots if there are so many already: that one is not noted.
  size_t Add(const void* data, size_t size, const std::string& path,
             const struct stat& info) {
    MutexLock lock(&mu_);
    if (free_.empty() && !Grow()) return kMaxSlots;
    const size_t number = free_.back();
    free_.pop_back();
    Slot* const slot = At(number);
    slot->device = info.st_dev;
    slot->inode = info.st_ino;
    slot->path = path;
    slot->size.store(size, std::memory_order_relaxed);
    slot->begin.store(static_cast<const char*>(data),
                      std::memory_order_release);
    return number;
  }

  void Remove(size_t number) {
    if (number == kMaxSlots) return;
    MutexLock lock(&mu_);
    At(number)->begin.store(nullptr, std::memory_order_relaxed);
    free_.push_back(number);
  }

  // Signal-safe. Null if the address lies in none.
  const Slot* Find(const void* address) const {
    const char* const place = static_cast<const char*>(address);
    for (const auto& chunk : chunks_) {
      const Slot* const slots = chunk.load(std::memory_order_acquire);
      if (slots == nullptr) return nullptr;
      for (size_t i = 0; i < kChunkSlots; ++i) {
        const char* const begin =
            slots[i].begin.load(std::memory_order_acquire);
        if (begin != nullptr && place >= begin &&
            place < begin + slots[i].size.load(std::memory_order_relaxed)) {
          return &slots[i];
        }
      }
    }
    return nullptr;
  }

 private:
  static constexpr size_t kChunkSlots = 256;
  static constexpr size_t kMaxChunks = 1024;
  static constexpr size_t kMaxSlots = kChunkSlots * kMaxChunks;

  bool Grow() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (chunk_count_ == kMaxChunks) return false;
    const size_t first = chunk_count_ * kChunkSlots;
    chunks_[chunk_count_++].store(new Slot[kChunkSlots],
                                  std::memory_order_release);
    for (size_t i = kChunkSlots; i > 0; --i) free_.push_back(first + i - 1);
    return true;
  }
  Slot* At(size_t number) {
    return chunks_[number / kChunkSlots].load(std::memory_order_relaxed) +
           number % kChunkSlots;
  }

  std::array<std::atomic<Slot*>, kMaxChunks> chunks_ = {};
  Mutex mu_;
  size_t chunk_count_ ABSL_GUARDED_BY(mu_) = 0;
  std::vector<size_t> free_ ABSL_GUARDED_BY(mu_);
};

std::atomic<int> directory_fd{-1};
std::atomic<MappingTable*> table{nullptr};
std::atomic<bool> is_noting{false};
std::atomic<bool> is_noted{false};
struct sigaction previous_action;

void WriteText(const char* text) {
  (void)!write(STDERR_FILENO, text, std::strlen(text));
}

void Note(const MappingTable::Slot& slot) {
  const int fd = openat(
      directory_fd.load(), NameOf(slot.device, slot.inode).data(),
      O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
  if (fd >= 0) {
    (void)!write(fd, "\n", 1);
    close(fd);
  }
  WriteText("annod: '");
  WriteText(slot.path.c_str());
  WriteText(
      "' was cut while it was mapped, or the disk cannot read it (SIGBUS)\n");
}

void HandleSigbus(int, siginfo_t* info, void*) {
  const int saved_errno = errno;
  const MappingTable::Slot* const slot = table.load()->Find(info->si_addr);
  if (slot != nullptr) {
    if (!is_noting.exchange(true)) {
      Note(*slot);
      is_noted.store(true);
    }
    // Another thread that dies here must not do so before the note is written.
    const timespec pause = {0, 1000000};
    while (!is_noted.load()) nanosleep(&pause, nullptr);
  }
  // The read is tried again when this returns, and ends the process.
  sigaction(SIGBUS, &previous_action, nullptr);
  errno = saved_errno;
}

}  // namespace

absl::Status NoteMappingFaults(int fd) {
  directory_fd.store(fd);
  table.store(MappingTable::Get());
  struct sigaction action = {};
  action.sa_sigaction = HandleSigbus;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  if (sigaction(SIGBUS, &action, &previous_action) == 0) {
    return absl::OkStatus();
  }
  return absl::ErrnoToStatus(errno, "cannot handle SIGBUS");
}

absl::Status CheckMappingFaults(const std::string& path,
                                const struct stat& info) {
  const int directory = directory_fd.load();
  struct stat note;
  if (directory < 0 ||
      fstatat(directory, NameOf(info.st_dev, info.st_ino).data(), &note,
              AT_SYMLINK_NOFOLLOW) != 0) {
    return absl::OkStatus();
  }
  const absl::Time died = absl::TimeFromTimespec(note.st_mtim);
  const bool has_changed = absl::TimeFromTimespec(info.st_ctim) > died;
  const absl::Duration ago = absl::Now() - died;
  if (has_changed && ago >= kMappingFaultPause) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(
      "'", path,
      "' was cut while it was mapped, or the disk cannot read it: a process "
      "died of it (SIGBUS); it is read again ",
      has_changed ? absl::StrCat(
                        "in ", absl::FormatDuration(absl::Ceil(
                                   kMappingFaultPause - ago, absl::Seconds(1))))
                  : "when it has been replaced or annod is started again"));
}

void ForgetMappingFaults(int fd) {
  const int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (own < 0) return;
  DIR* const directory = fdopendir(own);
  if (directory == nullptr) {
    close(own);
    return;
  }
  while (const dirent* entry = readdir(directory)) {
    if (absl::StartsWith(entry->d_name, kNotePrefix)) {
      unlinkat(fd, entry->d_name, 0);
    }
  }
  closedir(directory);
}

NotedMapping::NotedMapping(const void* data, size_t size,
                           const std::string& path, const struct stat& info)
    : slot_(MappingTable::Get()->Add(data, size, path, info)) {}

NotedMapping::~NotedMapping() { MappingTable::Get()->Remove(slot_); }

}  // namespace annod
