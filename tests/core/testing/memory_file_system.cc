#include "tests/core/testing/memory_file_system.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/status_macros.h"

namespace annod {

struct MemoryFileSystem::Node {
  FileInfo info;
  std::string contents;
  bool locked = false;
};

class MemoryFileSystem::File final : public WritableFile {
 public:
  File(MemoryFileSystem* fs, NodePtr node) : fs_(fs), node_(std::move(node)) {}

  absl::Status Append(absl::string_view data) override {
    MutexLock lock(&fs_->mu_);
    node_->contents.append(data.data(), data.size());
    node_->info.mtime_ns = ++fs_->clock_ns_;
    return absl::OkStatus();
  }
  absl::Status Sync() override { return absl::OkStatus(); }
  absl::Status Close() override { return absl::OkStatus(); }
  uint64_t size() const override {
    MutexLock lock(&fs_->mu_);
    return node_->contents.size();
  }

 private:
  MemoryFileSystem* const fs_;
  const NodePtr node_;
};

class MemoryFileSystem::HeldLock final : public FileLock {
 public:
  HeldLock(MemoryFileSystem* fs, NodePtr node)
      : fs_(fs), node_(std::move(node)) {}
  ~HeldLock() override {
    MutexLock lock(&fs_->mu_);
    node_->locked = false;
    fs_->unlocked_.NotifyAll();
  }

 private:
  MemoryFileSystem* const fs_;
  const NodePtr node_;
};

namespace {

// Page-aligned, as mappings are.
class CopiedFile final : public MappedFile {
 public:
  explicit CopiedFile(const std::string& contents) : size_(contents.size()) {
    if (size_ == 0) return;
    constexpr size_t kPage = 4096;
    data_ = static_cast<char*>(
        std::aligned_alloc(kPage, (size_ + kPage - 1) / kPage * kPage));
    std::memcpy(data_, contents.data(), size_);
  }
  ~CopiedFile() override { std::free(data_); }
  const char* data() const override { return data_; }
  size_t size() const override { return size_; }

 private:
  const size_t size_;
  char* data_ = nullptr;
};

absl::Status NoSuch(const std::string& path) {
  return absl::NotFoundError(absl::StrCat("'", path, "': no such file"));
}

}  // namespace

MemoryFileSystem::MemoryFileSystem() {
  MutexLock lock(&mu_);
  nodes_["/"] = std::make_shared<Node>();
  nodes_["/"]->info.is_directory = true;
}

MemoryFileSystem::~MemoryFileSystem() = default;

absl::StatusOr<MemoryFileSystem::NodePtr> MemoryFileSystem::Find(
    const std::string& path) const {
  const auto place = nodes_.find(path);
  if (place == nodes_.end()) return NoSuch(path);
  return place->second;
}

absl::StatusOr<MemoryFileSystem::NodePtr> MemoryFileSystem::Add(
    const std::string& path, bool is_directory) {
  ANNOD_RETURN_IF_ERROR(Find(DirectoryOf(path)).status());
  const auto [place, is_new] = nodes_.try_emplace(path);
  if (!is_new) {
    return absl::AlreadyExistsError(absl::StrCat("'", path, "' exists"));
  }
  place->second = std::make_shared<Node>();
  place->second->info.is_directory = is_directory;
  place->second->info.inode = ++last_inode_;
  place->second->info.mtime_ns = ++clock_ns_;
  return place->second;
}

absl::StatusOr<std::unique_ptr<WritableFile>> MemoryFileSystem::CreateFile(
    const std::string& path) {
  MutexLock lock(&mu_);
  ANNOD_ASSIGN_OR_RETURN(NodePtr node, Add(path, /*is_directory=*/false));
  return std::make_unique<File>(this, std::move(node));
}

absl::StatusOr<std::unique_ptr<WritableFile>> MemoryFileSystem::OpenForAppend(
    const std::string& path, uint64_t keep_bytes) {
  MutexLock lock(&mu_);
  ANNOD_ASSIGN_OR_RETURN(NodePtr node, Find(path));
  if (node->contents.size() < keep_bytes) {
    return absl::DataLossError(absl::StrCat("'", path, "' is too short"));
  }
  if (node->contents.size() > keep_bytes) node->info.mtime_ns = ++clock_ns_;
  node->contents.resize(keep_bytes);
  return std::make_unique<File>(this, std::move(node));
}

absl::StatusOr<std::string> MemoryFileSystem::ReadFile(const std::string& path,
                                                       size_t max_bytes) {
  MutexLock lock(&mu_);
  ANNOD_ASSIGN_OR_RETURN(const NodePtr node, Find(path));
  if (node->contents.size() > max_bytes) {
    return absl::ResourceExhaustedError(absl::StrCat("'", path, "' too long"));
  }
  return node->contents;
}

absl::StatusOr<std::string> MemoryFileSystem::ReadRange(const std::string& path,
                                                        uint64_t offset,
                                                        size_t max_bytes) {
  MutexLock lock(&mu_);
  ANNOD_ASSIGN_OR_RETURN(const NodePtr node, Find(path));
  if (offset >= node->contents.size()) return std::string();
  return node->contents.substr(offset, max_bytes);
}

absl::StatusOr<std::unique_ptr<MappedFile>> MemoryFileSystem::MapReadOnly(
    const std::string& path, Prefault) {
  MutexLock lock(&mu_);
  ANNOD_ASSIGN_OR_RETURN(const NodePtr node, Find(path));
  return std::make_unique<CopiedFile>(node->contents);
}

absl::StatusOr<FileInfo> MemoryFileSystem::Stat(const std::string& path) {
  MutexLock lock(&mu_);
  ANNOD_ASSIGN_OR_RETURN(const NodePtr node, Find(path));
  FileInfo info = node->info;
  info.size = node->contents.size();
  return info;
}

absl::StatusOr<std::vector<std::string>> MemoryFileSystem::ListDirectory(
    const std::string& path) {
  MutexLock lock(&mu_);
  ANNOD_RETURN_IF_ERROR(Find(path).status());
  const std::string prefix = JoinPath(path, "");
  std::vector<std::string> names;
  for (auto it = nodes_.upper_bound(prefix);
       it != nodes_.end() && absl::StartsWith(it->first, prefix); ++it) {
    std::string name = it->first.substr(prefix.size());
    if (name.find('/') == std::string::npos) names.push_back(std::move(name));
  }
  return names;
}

absl::Status MemoryFileSystem::CreateDirectory(const std::string& path) {
  MutexLock lock(&mu_);
  return Add(path, /*is_directory=*/true).status();
}

absl::Status MemoryFileSystem::CreateLink(const std::string&,
                                          const std::string& path) {
  return absl::UnimplementedError(absl::StrCat("no links: '", path, "'"));
}

absl::Status MemoryFileSystem::RemoveFile(const std::string& path) {
  MutexLock lock(&mu_);
  return nodes_.erase(path) == 1 ? absl::OkStatus() : NoSuch(path);
}

absl::Status MemoryFileSystem::RemoveRecursively(const std::string& path) {
  MutexLock lock(&mu_);
  nodes_.erase(path);
  const std::string prefix = JoinPath(path, "");
  auto it = nodes_.lower_bound(prefix);
  while (it != nodes_.end() && absl::StartsWith(it->first, prefix)) {
    it = nodes_.erase(it);
  }
  return absl::OkStatus();
}

absl::Status MemoryFileSystem::Move(const std::string& from,
                                    const std::string& to) {
  ANNOD_ASSIGN_OR_RETURN(NodePtr node, Find(from));
  ANNOD_RETURN_IF_ERROR(Find(DirectoryOf(to)).status());
  nodes_.erase(from);
  nodes_[to] = std::move(node);
  const std::string prefix = JoinPath(from, "");
  auto it = nodes_.lower_bound(prefix);
  while (it != nodes_.end() && absl::StartsWith(it->first, prefix)) {
    nodes_[JoinPath(to, it->first.substr(prefix.size()))] = it->second;
    it = nodes_.erase(it);
  }
  return absl::OkStatus();
}

absl::Status MemoryFileSystem::Rename(const std::string& from,
                                      const std::string& to) {
  MutexLock lock(&mu_);
  return Move(from, to);
}

absl::Status MemoryFileSystem::RenameNoReplace(const std::string& from,
                                               const std::string& to) {
  MutexLock lock(&mu_);
  if (Find(from).ok() && Find(to).ok()) {
    return absl::AlreadyExistsError(absl::StrCat("'", to, "' exists"));
  }
  return Move(from, to);
}

absl::Status MemoryFileSystem::SyncDirectory(const std::string& path) {
  MutexLock lock(&mu_);
  return Find(path).status();
}

absl::StatusOr<MemoryFileSystem::NodePtr> MemoryFileSystem::FindOrAddFile(
    const std::string& path) {
  absl::StatusOr<NodePtr> node = Find(path);
  return node.ok() ? node : Add(path, /*is_directory=*/false);
}

absl::StatusOr<std::unique_ptr<FileLock>> MemoryFileSystem::TryLock(
    const std::string& path) {
  MutexLock lock(&mu_);
  ANNOD_ASSIGN_OR_RETURN(NodePtr node, FindOrAddFile(path));
  if (node->locked) {
    return absl::UnavailableError(absl::StrCat("'", path, "' is locked"));
  }
  node->locked = true;
  return std::make_unique<HeldLock>(this, std::move(node));
}

absl::StatusOr<std::unique_ptr<FileLock>> MemoryFileSystem::Lock(
    const std::string& path) {
  MutexLock lock(&mu_);
  ANNOD_ASSIGN_OR_RETURN(NodePtr node, FindOrAddFile(path));
  while (node->locked) unlocked_.Wait(&mu_);
  node->locked = true;
  return std::make_unique<HeldLock>(this, std::move(node));
}

absl::StatusOr<uint64_t> MemoryFileSystem::AvailableBytes(const std::string&) {
  return uint64_t{1} << 40;
}

}  // namespace annod
