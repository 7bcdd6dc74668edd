#include "server/writer/state/attached_watch.h"

#include <memory>
#include <utility>

#include "absl/time/time.h"
#include "server/process/thread_priority.h"
#include "spdlog/spdlog.h"

namespace annod {
namespace {

constexpr absl::Duration kInterval = absl::Seconds(1);

bool IsSameFile(const FileInfo& a, const FileInfo& b) {
  return a.device == b.device && a.inode == b.inode;
}

bool IsUnchanged(const FileInfo& a, const FileInfo& b) {
  return IsSameFile(a, b) && a.size == b.size && a.mtime_ns == b.mtime_ns;
}

}  // namespace

AttachedWatch::AttachedWatch(
    IndexSet* indexes, FileSystem* fs,
    std::function<void(const std::string& name)> reload)
    : indexes_(indexes),
      fs_(fs),
      reload_(std::move(reload)),
      thread_([this] { Loop(); }) {}

AttachedWatch::~AttachedWatch() {
  stopped_.Stop();
  thread_.join();
}

void AttachedWatch::Loop() {
  LowerThreadPriority(kBackgroundPriority);
  while (!stopped_.AwaitStop(kInterval)) {
    for (const std::shared_ptr<WriterIndex>& index : indexes_->All()) {
      if (index->settings()->attached()) Look(*index);
    }
  }
}

void AttachedWatch::Look(const WriterIndex& index) {
  const std::shared_ptr<const IndexSettings> settings = index.settings();
  const std::shared_ptr<const OpenVersion> served = index.current();
  const absl::StatusOr<FileInfo> file = fs_->Stat(settings->attached_path);
  if (!file.ok() ||
      (served != nullptr && IsSameFile(*file, served->files.front().info))) {
    seen_.erase(index.name());
    return;
  }
  Seen& seen = seen_[index.name()];
  if (!IsUnchanged(seen.file, *file)) {
    seen = {*file, false};
    return;
  }
  if (std::exchange(seen.tried, true)) return;
  spdlog::info("attached path leads to another file index={} path=\"{}\"",
               index.name(), settings->attached_path);
  reload_(index.name());
}

}  // namespace annod
