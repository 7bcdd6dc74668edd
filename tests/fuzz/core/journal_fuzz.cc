// The journal as the writer finds it after a stop of any kind: segments,
// RELEASED, and how far it was acknowledged. What is recovered can be gone on
// with, and is the same when it is recovered again.

#include <memory>
#include <string>
#include <vector>

#include "core/journal/journal_format.h"
#include "core/journal/journal_recovery.h"
#include "core/staging/staging.h"
#include "core/storage/version_files.h"
#include "tests/core/testing/memory_file_system.h"
#include "tests/fuzz/core/segments.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/target.h"

namespace annod::fuzz {
namespace {

void WriteFile(MemoryFileSystem* fs, const std::string& path,
               absl::string_view contents) {
  Require((*fs->CreateFile(path))->Append(contents).ok(), "a file");
}

struct Journal {
  std::vector<std::string> segments;
  std::string released;
  JournalPosition acknowledged;
  int64_t journal_through = 0;
};

Journal ReadJournal(Input* input) {
  Journal journal;
  const bool sealed = input->Bool();
  journal.journal_through = input->Choice(4);
  journal.acknowledged.segment = input->Choice(4);
  journal.acknowledged.end =
      input->U32() % 4096 / kRecordAlignment * kRecordAlignment;
  const uint8_t released = input->Byte();
  if (released > 0) journal.released = SealedNumberText(released);
  uint64_t previous_end = 0;
  for (int64_t segment = 1; segment <= 3 && !input->empty(); ++segment) {
    const std::string bytes(input->Part());
    journal.segments.push_back(
        sealed ? SealedSegment(bytes, segment, previous_end) : bytes);
    previous_end = bytes.size();
  }
  return journal;
}

absl::StatusOr<std::unique_ptr<Staging>> Open(MemoryFileSystem* fs,
                                              const Journal& journal) {
  StagingOptions options;
  options.acknowledged = journal.acknowledged;
  StagingBase base;
  base.journal_through = journal.journal_through;
  return Staging::Open(fs, "/items", JournalSettings(), options, base);
}

void GoOn(Staging* staging) {
  const std::vector<float> vector = {1, 2, 3};
  const StagedItem item = {std::nullopt, vector, "another"};
  const auto ids = staging->Add({item});
  if (ids.ok()) {
    Require(staging->IdsOfLabel("another").front() == ids->front(),
            "what was added is there");
    Require(staging->Remove(*ids, {}).ok(), "it can be removed");
    Require(staging->IdsOfLabel("another").empty(), "and is gone");
  }
  const auto snapshot = staging->Freeze();
  Require(snapshot.ok(), "what was recovered can be read again");
  Require((*snapshot)->item_count() == staging->item_count(), "all of it");
}

void Run(absl::string_view bytes) {
  Input input(bytes);
  const Journal journal = ReadJournal(&input);
  MemoryFileSystem fs;
  Require(fs.CreateDirectory("/items").ok(), "a directory");
  Require(fs.CreateDirectory("/items/staging").ok(), "a directory");
  for (size_t i = 0; i < journal.segments.size(); ++i) {
    WriteFile(&fs, JoinPath("/items/staging", SegmentName(i + 1)),
              journal.segments[i]);
  }
  if (!journal.released.empty()) {
    WriteFile(&fs, JoinPath("/items/staging", kReleasedFile), journal.released);
  }
  int64_t count = 0;
  int64_t removed = 0;
  {
    const auto staging = Open(&fs, journal);
    if (!staging.ok()) return;
    count = (*staging)->item_count();
    removed = (*staging)->removed_count();
  }
  Journal later = journal;
  later.acknowledged = {};
  const auto staging = Open(&fs, later);
  Require(staging.ok(), "what was recovered is recovered again");
  Require((*staging)->item_count() == count, "as many items");
  Require((*staging)->removed_count() == removed, "as many removed");
  GoOn(staging->get());
}

std::vector<std::string> Seeds() {
  std::string one = {1, 0, 0, 0, 0, 0, 0, 0};
  std::string two = one;
  const std::vector<std::string> segments = GoodSegments();
  one += AsPart(segments[0]);
  two += AsPart(segments[0]) + AsPart(segments[1]);
  std::string passed_over = two;
  passed_over[1] = 1;  // segment 1 is in the version
  std::string torn = one.substr(0, one.size() - 20);
  std::string acknowledged = two;
  acknowledged[2] = 2;
  acknowledged[6] = 64;
  return {one, two, passed_over, torn, acknowledged};
}

const Registration kJournal({"journal", Run, Seeds});

}  // namespace
}  // namespace annod::fuzz
