// The journal as a worker reads along, and PUBLISHED, the page of memory that
// tells it how far: both may say anything.

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/file_system.h"
#include "core/journal/journal_format.h"
#include "core/journal/published_journal.h"
#include "core/staging/staged_follower.h"
#include "tests/fuzz/core/segments.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/scratch_directory.h"
#include "tests/fuzz/target.h"

namespace annod::fuzz {
namespace {

constexpr size_t kPageBytes = 64;

void Overwrite(const std::string& path, absl::string_view bytes) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  Require(fd >= 0 && pwrite(fd, bytes.data(), bytes.size(), 0) ==
                         static_cast<ssize_t>(bytes.size()),
          "a file");
  close(fd);
}

void Use(StagedFollower* follower) {
  const auto view = follower->View();
  if (!view.ok()) return;
  int64_t items = 0;
  float sum = 0;
  (*view)->ForEachItem([&](const StagedRecord& record) {
    ++items;
    for (int i = 0; i < kJournalDim; ++i) sum += record.vector[i];
    const StagedItemState state = (*view)->Find(record.id);
    Require(state.item == &record, "found by its id");
    const absl::string_view label = record.label();
    if (!label.empty()) {
      Require(!(*view)->IdsOfLabel(label).empty(), "found by its label");
    }
    return true;
  });
  Require(items == (*view)->item_count(), "as many items as it says");
  (*view)->Find(-1);
  const volatile float kept = sum;
  (void)kept;
}

void Run(absl::string_view bytes) {
  Input input(bytes);
  const bool sealed = input.Bool();
  const bool page_as_is = input.Bool();
  JournalPosition position;
  position.segment = input.Choice(4);
  position.end = input.U32() % (1 << 16) / kRecordAlignment * kRecordAlignment;
  StagedFollower::Base base;
  base.contained_through = input.Choice(4);
  base.slot_count = input.Byte();
  base.has_item = [](int32_t id) { return id % 2 == 0; };
  const std::string page(input.Part());

  const ScratchDirectory directory;
  const std::string staging = JoinPath(directory.path(), "staging");
  Require(FileSystem::Posix()->CreateDirectory(staging).ok(), "a directory");
  uint64_t previous_end = 0;
  for (int64_t segment = 1; segment <= 3 && !input.empty(); ++segment) {
    const std::string part(input.Part());
    Overwrite(JoinPath(staging, SegmentName(segment)),
              sealed ? SealedSegment(part, segment, previous_end) : part);
    previous_end = part.size();
  }
  auto published =
      PublishedJournal::OpenForWriter(directory.path(), JournalTag());
  Require(published.ok(), published.status().ToString());
  (*published)->Publish(position);
  if (page_as_is && !page.empty()) {
    // Behind what tells that it is of this index and run, unless the input is
    // long enough to say all of it.
    std::string whole(kPageBytes, '\0');
    const std::string path = JoinPath(staging, kPublishedFile);
    whole = *FileSystem::Posix()->ReadFile(path, 4096);
    const size_t begin = page.size() >= kPageBytes ? 0 : 32;
    whole.replace(begin, page.size(), page);
    whole.resize(kPageBytes);
    Overwrite(path, whole);
  }
  const auto follower =
      StagedFollower::Open(directory.path(), JournalSettings(), base);
  if (!follower.ok()) return;
  Use(follower->get());
  position.end += 64;
  (*published)->Publish(position);
  Use(follower->get());
}

std::string Seed(JournalPosition position, char flags,
                 const std::string& page) {
  std::string seed = {1,
                      flags,
                      static_cast<char>(position.segment),
                      0,
                      0,
                      static_cast<char>(position.end >> 8),
                      static_cast<char>(position.end & 255),
                      0,
                      0};
  seed += AsPart(page);
  for (const std::string& segment : GoodSegments()) seed += AsPart(segment);
  return seed;
}

std::vector<std::string> Seeds() {
  const std::vector<std::string> segments = GoodSegments();
  return {Seed({1, segments[0].size()}, 0, ""),
          Seed({2, segments[1].size()}, 0, ""),
          Seed({2, segments[1].size() + 4096}, 0, ""),
          Seed({1, segments[0].size()}, 1, std::string(16, '\x7f'))};
}

const Registration kFollower({"follower", Run, Seeds});

}  // namespace
}  // namespace annod::fuzz
