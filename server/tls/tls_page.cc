#include "server/tls/tls_page.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <string>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "core/status_macros.h"

namespace annod {
namespace {

// Three files of a megabyte, written anew by OpenSSL. What is not used takes no
// memory.
constexpr uint64_t kSlotBytes = 4 << 20;
constexpr int kTries = 100;

absl::Status SystemError(absl::string_view what) {
  return absl::ErrnoToStatus(errno, absl::StrCat("TLS memory: ", what));
}

}  // namespace

// Generation g lies in slot g % 2: while the next is written, it stays.
struct TlsPage::Layout {
  struct Slot {
    uint64_t certificate_bytes;
    uint64_t key_bytes;
    uint64_t client_ca_bytes;
    char text[kSlotBytes];  // the three
  };
  std::atomic<uint64_t> generation;
  Slot slots[2];
};

absl::StatusOr<std::unique_ptr<TlsPage>> TlsPage::Map(int fd) {
  void* const memory =
      mmap(nullptr, sizeof(Layout), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) {
    const absl::Status status = SystemError("mmap");
    close(fd);
    return status;
  }
  return absl::WrapUnique(new TlsPage(fd, static_cast<Layout*>(memory)));
}

absl::StatusOr<std::unique_ptr<TlsPage>> TlsPage::Create() {
  const int fd = memfd_create("annod_tls", MFD_CLOEXEC);
  if (fd < 0) return SystemError("memfd_create");
  if (ftruncate(fd, sizeof(Layout)) != 0) {
    const absl::Status status = SystemError("ftruncate");
    close(fd);
    return status;
  }
  return Map(fd);
}

absl::StatusOr<std::unique_ptr<TlsPage>> TlsPage::FromFd(int fd) {
  const int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (own < 0) return SystemError("dup");
  return Map(own);
}

TlsPage::~TlsPage() {
  munmap(layout_, sizeof(Layout));
  close(fd_);
}

absl::Status TlsPage::Write(const TlsPair& pair) {
  const std::string text =
      absl::StrCat(pair.certificate, pair.key, pair.client_ca);
  if (text.size() > kSlotBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("certificates of ", text.size(),
                     " bytes are more than the limit of ", kSlotBytes));
  }
  const uint64_t next = layout_->generation.load() + 1;
  Layout::Slot& slot = layout_->slots[next % 2];
  slot.certificate_bytes = pair.certificate.size();
  slot.key_bytes = pair.key.size();
  slot.client_ca_bytes = pair.client_ca.size();
  std::memcpy(slot.text, text.data(), text.size());
  layout_->generation.store(next);
  return absl::OkStatus();
}

uint64_t TlsPage::generation() const { return layout_->generation.load(); }

std::optional<TlsPair> TlsPage::Read(uint64_t* generation) const {
  for (int i = 0; i < kTries; ++i) {
    const uint64_t before = layout_->generation.load();
    if (before == 0) return std::nullopt;
    const Layout::Slot& slot = layout_->slots[before % 2];
    // Bounded, as the slot may be half written: then it is not used.
    const auto take = [&](uint64_t from, uint64_t bytes) {
      from = std::min(from, kSlotBytes);
      return std::string(slot.text + from, std::min(bytes, kSlotBytes - from));
    };
    TlsPair pair;
    pair.certificate = take(0, slot.certificate_bytes);
    pair.key = take(pair.certificate.size(), slot.key_bytes);
    pair.client_ca =
        take(pair.certificate.size() + pair.key.size(), slot.client_ca_bytes);
    std::atomic_thread_fence(std::memory_order_acquire);
    // The other slot may be written to, this one only after that.
    if (layout_->generation.load() == before) {
      if (generation != nullptr) *generation = before;
      return pair;
    }
  }
  return std::nullopt;
}

}  // namespace annod
