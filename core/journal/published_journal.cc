#include "core/journal/published_journal.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "core/file_system.h"
#include "core/journal/journal_format.h"
#include "core/open_file.h"
#include "core/status_macros.h"
#include "core/storage/checksum.h"
#include "core/storage/version_files.h"

namespace annod {
namespace {

constexpr char kMagic[] = "ANNODPUB";
constexpr uint32_t kFormatVersion = 1;
constexpr char kBootIdFile[] = "/proc/sys/kernel/random/boot_id";

// A position in one word, so that it is published at once: the end of a segment
// in units of kRecordAlignment takes 28 bits, 4 GiB.
constexpr int kEndBits = 28;
static_assert(kMaxSegmentBytes / kRecordAlignment < uint64_t{1} << kEndBits);

uint64_t Pack(JournalPosition position) {
  return static_cast<uint64_t>(position.segment) << kEndBits |
         position.end / kRecordAlignment;
}

JournalPosition Unpack(uint64_t word) {
  return {static_cast<int64_t>(word >> kEndBits),
          (word & ((uint64_t{1} << kEndBits) - 1)) * kRecordAlignment};
}

// What tells this run of the machine from every other. If the system does not
// say, 0: then a page counts for all of them.
uint64_t BootTag() {
  const auto id = FileSystem::Posix()->ReadFile(kBootIdFile, 4096);
  return id.ok() ? Xxh3(*id) : 0;
}

}  // namespace

// The whole file. Both sides run on one machine, so no byte order.
struct PublishedJournal::Page {
  enum State : uint32_t { kUnset = 0, kReadable = 1, kFailed = 2 };

  char magic[8];
  uint32_t format_version;
  std::atomic<uint32_t> state;  // the rest counts if this is not kUnset
  uint64_t index_tag;           // as in the journal's segments
  uint64_t boot_tag;
  std::atomic<uint64_t> position;
  std::atomic<uint64_t> contained_through;
  uint64_t reserved[2];

  bool IsOf(uint64_t index, uint64_t boot) const {
    return std::memcmp(magic, kMagic, sizeof(magic)) == 0 &&
           format_version == kFormatVersion && index_tag == index &&
           boot_tag == boot && state.load(std::memory_order_acquire) != kUnset;
  }

  // Makes it a page that says nothing yet.
  void Begin(uint64_t index, uint64_t boot) {
    state.store(kUnset, std::memory_order_release);
    std::memcpy(magic, kMagic, sizeof(magic));
    format_version = kFormatVersion;
    index_tag = index;
    boot_tag = boot;
    position.store(0, std::memory_order_relaxed);
    contained_through.store(0, std::memory_order_relaxed);
  }
};

namespace {

// The file for writing, at least as long as a page.
absl::StatusOr<OpenedFile> OpenPageFile(const std::string& path,
                                        size_t page_bytes) {
  ANNOD_ASSIGN_OR_RETURN(OpenedFile file,
                         OpenRegularFile(path, O_RDWR | O_CREAT, "open"));
  if (file.info.st_size < static_cast<off_t>(page_bytes)) {
    // Written, not only sized: a disk that is full must say so here and not
    // when the memory is touched.
    const std::string zeros(page_bytes, '\0');
    if (pwrite(file.fd.get(), zeros.data(), zeros.size(), 0) !=
        static_cast<ssize_t>(zeros.size())) {
      return FileError("write", path, errno);
    }
  }
  return file;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PublishedJournal>>
PublishedJournal::OpenForWriter(const std::string& index_directory,
                                uint64_t index_tag) {
  static_assert(sizeof(Page) == 64, "");
  static_assert(std::atomic<uint64_t>::is_always_lock_free, "");
  const std::string path =
      JoinPath(JoinPath(index_directory, kStagingDirectory), kPublishedFile);
  ANNOD_ASSIGN_OR_RETURN(const OpenedFile file,
                         OpenPageFile(path, sizeof(Page)));
  void* const data = mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE,
                          MAP_SHARED, file.fd.get(), 0);
  if (data == MAP_FAILED) return FileError("map", path, errno);
  Page* const page = std::launder(reinterpret_cast<Page*>(data));
  std::unique_ptr<PublishedJournal> published(
      new PublishedJournal(path, file.info, page));
  const uint64_t boot_tag = BootTag();
  if (!page->IsOf(index_tag, boot_tag)) page->Begin(index_tag, boot_tag);
  MutexLock lock(&published->mu_);
  published->index_tag_ = index_tag;
  published->state_ = page->state.load(std::memory_order_relaxed);
  published->position_ = page->position.load(std::memory_order_relaxed);
  published->contained_through_ =
      page->contained_through.load(std::memory_order_relaxed);
  return published;
}

bool PublishedJournal::IsInPlace(const struct stat& info) const {
  return info.st_dev == device_ && info.st_ino == inode_ &&
         info.st_size >= static_cast<off_t>(sizeof(Page));
}

absl::StatusOr<bool> PublishedJournal::Mend() {
  MutexLock lock(&mu_);
  struct stat info = {};
  if (stat(path_.c_str(), &info) == 0 && IsInPlace(info)) return false;
  ANNOD_ASSIGN_OR_RETURN(const OpenedFile file,
                         OpenPageFile(path_, sizeof(Page)));
  const bool is_other =
      file.info.st_dev != device_ || file.info.st_ino != inode_;
  if (is_other) page_->state.store(Page::kUnset, std::memory_order_release);
  // In the place of the old one, which others may be about to read.
  if (is_other && mmap(page_, sizeof(Page), PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_FIXED, file.fd.get(), 0) != page_) {
    return FileError("map", path_, errno);
  }
  device_ = file.info.st_dev;
  inode_ = file.info.st_ino;
  page_->Begin(index_tag_, BootTag());
  page_->position.store(position_, std::memory_order_relaxed);
  page_->contained_through.store(contained_through_, std::memory_order_relaxed);
  page_->state.store(state_, std::memory_order_release);
  return true;
}

absl::StatusOr<std::unique_ptr<const PublishedJournal>> PublishedJournal::Open(
    const std::string& index_directory, uint64_t index_tag) {
  const std::string path =
      JoinPath(JoinPath(index_directory, kStagingDirectory), kPublishedFile);
  const absl::Status unset = absl::UnavailableError(absl::StrCat(
      "'", path, "' has not been written since the machine was started"));
  const absl::StatusOr<OpenedFile> file =
      OpenRegularFile(path, O_RDONLY, "open");
  if (absl::IsNotFound(file.status())) return unset;
  ANNOD_RETURN_IF_ERROR(file.status());
  if (file->info.st_size < static_cast<off_t>(sizeof(Page))) return unset;
  void* const data =
      mmap(nullptr, sizeof(Page), PROT_READ, MAP_SHARED, file->fd.get(), 0);
  if (data == MAP_FAILED) return FileError("map", path, errno);
  Page* const page = std::launder(reinterpret_cast<Page*>(data));
  std::unique_ptr<const PublishedJournal> published(
      new PublishedJournal(path, file->info, page));
  if (!page->IsOf(index_tag, BootTag())) return unset;
  return published;
}

PublishedJournal::~PublishedJournal() { munmap(page_, sizeof(Page)); }

void PublishedJournal::Publish(JournalPosition position) {
  const uint64_t word = Pack(position);
  MutexLock lock(&mu_);
  if (word > position_) {
    position_ = word;
    page_->position.store(word, std::memory_order_release);
  }
  state_ = Page::kReadable;
  page_->state.store(Page::kReadable, std::memory_order_release);
}

void PublishedJournal::SetContainedThrough(int64_t segment) {
  MutexLock lock(&mu_);
  contained_through_ = static_cast<uint64_t>(segment);
  page_->contained_through.store(contained_through_, std::memory_order_release);
}

void PublishedJournal::SetFailed() {
  MutexLock lock(&mu_);
  state_ = Page::kFailed;
  page_->state.store(Page::kFailed, std::memory_order_release);
}

void PublishedJournal::Retire() {
  MutexLock lock(&mu_);
  state_ = Page::kUnset;
  page_->state.store(Page::kUnset, std::memory_order_release);
}

JournalPosition PublishedJournal::position() const {
  return Unpack(page_->position.load(std::memory_order_acquire));
}

int64_t PublishedJournal::contained_through() const {
  return static_cast<int64_t>(
      page_->contained_through.load(std::memory_order_acquire));
}

bool PublishedJournal::failed() const {
  return page_->state.load(std::memory_order_acquire) == Page::kFailed;
}

bool PublishedJournal::retired() const {
  return page_->state.load(std::memory_order_acquire) == Page::kUnset;
}

}  // namespace annod
