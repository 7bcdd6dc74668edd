#include "tests/core/testing/fault_file_system.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "core/status_macros.h"
#include "gtest/gtest.h"

namespace annod {

// A file or a directory: as the running program sees it, and as a power cut
// would leave it.
struct FaultFileSystem::Node {
  bool is_directory = false;
  std::string live;
  std::string durable;
  std::map<std::string, NodePtr> live_entries;
  std::map<std::string, NodePtr> durable_entries;
};

class FaultFileSystem::File final : public WritableFile {
 public:
  File(FaultFileSystem* fs, NodePtr node, std::unique_ptr<WritableFile> file)
      : fs_(fs), node_(std::move(node)), file_(std::move(file)) {}

  absl::Status Append(absl::string_view data) override {
    return fs_->AppendTo(node_.get(), file_.get(), data);
  }
  absl::Status Sync() override { return fs_->SyncNode(node_.get()); }
  absl::Status Close() override { return file_->Close(); }
  uint64_t size() const override { return file_->size(); }

 private:
  FaultFileSystem* const fs_;
  const NodePtr node_;
  const std::unique_ptr<WritableFile> file_;
};

FaultFileSystem::FaultFileSystem(FileSystem* base, std::string root)
    : base_(base), root_path_(std::move(root)) {
  NodePtr loaded = Load(root_path_);
  MutexLock lock(&mu_);
  root_ = std::move(loaded);
}

FaultFileSystem::~FaultFileSystem() = default;

FaultFileSystem::NodePtr FaultFileSystem::Load(const std::string& path) {
  auto node = std::make_shared<Node>();
  const auto info = base_->Stat(path);
  EXPECT_TRUE(info.ok()) << info.status();
  node->is_directory = info.ok() && info->is_directory;
  if (node->is_directory) {
    const std::vector<std::string> names = base_->ListDirectory(path).value();
    for (const std::string& name : names) {
      node->live_entries[name] = Load(JoinPath(path, name));
    }
    node->durable_entries = node->live_entries;
  } else {
    node->live = base_->ReadFile(path, SIZE_MAX).value_or("");
    node->durable = node->live;
  }
  return node;
}

int64_t FaultFileSystem::operation_count() const {
  MutexLock lock(&mu_);
  return operations_;
}

int64_t FaultFileSystem::sync_count() const {
  MutexLock lock(&mu_);
  return syncs_;
}

int64_t FaultFileSystem::map_count() const {
  MutexLock lock(&mu_);
  return maps_;
}

void FaultFileSystem::EndCrash() {
  MutexLock lock(&mu_);
  crash_at_ = INT64_MAX;
  fail_at_ = 0;
}

void FaultFileSystem::FailOnce(int64_t operation, absl::Status status) {
  MutexLock lock(&mu_);
  fail_at_ = operations_ + operation;
  fail_status_ = std::move(status);
}

void FaultFileSystem::CrashAt(int64_t operation) {
  MutexLock lock(&mu_);
  crash_at_ = operations_ + operation;
}

bool FaultFileSystem::crashed() const {
  MutexLock lock(&mu_);
  return operations_ >= crash_at_;
}

void FaultFileSystem::FailSyncs(absl::Status status) {
  MutexLock lock(&mu_);
  sync_status_ = std::move(status);
}

void FaultFileSystem::SetFreeBytes(std::optional<uint64_t> bytes) {
  MutexLock lock(&mu_);
  free_bytes_ = bytes;
}

void FaultFileSystem::SetSyncHook(std::function<void()> hook) {
  MutexLock lock(&mu_);
  sync_hook_ = std::move(hook);
}

absl::Status FaultFileSystem::Begin() {
  ++operations_;
  if (operations_ >= crash_at_) return absl::InternalError("crashed");
  if (operations_ == fail_at_) return fail_status_;
  return absl::OkStatus();
}

FaultFileSystem::NodePtr FaultFileSystem::Find(absl::string_view path) const {
  if (!absl::StartsWith(path, root_path_)) return nullptr;
  NodePtr node = root_;
  for (absl::string_view name :
       absl::StrSplit(path.substr(root_path_.size()), '/', absl::SkipEmpty())) {
    const auto entry = node->live_entries.find(std::string(name));
    if (entry == node->live_entries.end()) return nullptr;
    node = entry->second;
  }
  return node;
}

void FaultFileSystem::Enter(const std::string& path, NodePtr node) {
  const NodePtr parent = Find(DirectoryOf(path));
  if (parent == nullptr) return;
  parent->live_entries[path.substr(path.rfind('/') + 1)] = std::move(node);
}

void FaultFileSystem::Leave(const std::string& path) {
  const NodePtr parent = Find(DirectoryOf(path));
  if (parent == nullptr) return;
  parent->live_entries.erase(path.substr(path.rfind('/') + 1));
}

absl::StatusOr<std::unique_ptr<WritableFile>> FaultFileSystem::CreateFile(
    const std::string& path) {
  MutexLock lock(&mu_);
  ANNOD_RETURN_IF_ERROR(Begin());
  ANNOD_ASSIGN_OR_RETURN(std::unique_ptr<WritableFile> file,
                         base_->CreateFile(path));
  auto node = std::make_shared<Node>();
  Enter(path, node);
  return std::make_unique<File>(this, std::move(node), std::move(file));
}

absl::StatusOr<std::unique_ptr<WritableFile>> FaultFileSystem::OpenForAppend(
    const std::string& path, uint64_t keep_bytes) {
  MutexLock lock(&mu_);
  NodePtr node = Find(path);
  if (node == nullptr) node = std::make_shared<Node>();  // not of the model
  // Opening without cutting changes nothing.
  if (keep_bytes < node->live.size()) ANNOD_RETURN_IF_ERROR(Begin());
  ANNOD_ASSIGN_OR_RETURN(std::unique_ptr<WritableFile> file,
                         base_->OpenForAppend(path, keep_bytes));
  if (free_bytes_.has_value()) *free_bytes_ += node->live.size() - keep_bytes;
  node->live.resize(keep_bytes);
  return std::make_unique<File>(this, std::move(node), std::move(file));
}

absl::Status FaultFileSystem::AppendTo(Node* node, WritableFile* file,
                                       absl::string_view data) {
  MutexLock lock(&mu_);
  absl::Status status = Begin();
  if (!status.ok()) data = data.substr(0, data.size() / 2);
  if (free_bytes_.has_value()) {
    if (data.size() > *free_bytes_) {
      data = data.substr(0, *free_bytes_);
      if (status.ok()) status = absl::ResourceExhaustedError("disk full");
    }
    *free_bytes_ -= data.size();
  }
  // After a crash nothing moves any more; the operation of the crash itself is
  // the last that leaves a trace.
  if (operations_ > crash_at_) return status;
  ANNOD_RETURN_IF_ERROR(file->Append(data));
  node->live.append(data.data(), data.size());
  return status;
}

absl::Status FaultFileSystem::SyncNode(Node* node) {
  std::function<void()> hook;
  {
    MutexLock lock(&mu_);
    hook = sync_hook_;
  }
  if (hook) hook();
  MutexLock lock(&mu_);
  ++syncs_;
  ANNOD_RETURN_IF_ERROR(Begin());
  ANNOD_RETURN_IF_ERROR(sync_status_);
  node->durable = node->live;
  return absl::OkStatus();
}

absl::StatusOr<std::string> FaultFileSystem::ReadFile(const std::string& path,
                                                      size_t max_bytes) {
  return base_->ReadFile(path, max_bytes);
}

absl::StatusOr<std::unique_ptr<MappedFile>> FaultFileSystem::MapReadOnly(
    const std::string& path, Prefault prefault) {
  {
    MutexLock lock(&mu_);
    ++maps_;
  }
  return base_->MapReadOnly(path, prefault);
}

absl::StatusOr<FileInfo> FaultFileSystem::Stat(const std::string& path) {
  return base_->Stat(path);
}

absl::StatusOr<std::vector<std::string>> FaultFileSystem::ListDirectory(
    const std::string& path) {
  return base_->ListDirectory(path);
}

absl::Status FaultFileSystem::CreateDirectory(const std::string& path) {
  MutexLock lock(&mu_);
  ANNOD_RETURN_IF_ERROR(Begin());
  ANNOD_RETURN_IF_ERROR(base_->CreateDirectory(path));
  auto node = std::make_shared<Node>();
  node->is_directory = true;
  Enter(path, std::move(node));
  return absl::OkStatus();
}

absl::Status FaultFileSystem::RemoveFile(const std::string& path) {
  MutexLock lock(&mu_);
  ANNOD_RETURN_IF_ERROR(Begin());
  ANNOD_RETURN_IF_ERROR(base_->RemoveFile(path));
  const NodePtr node = Find(path);
  if (node != nullptr && free_bytes_.has_value()) {
    *free_bytes_ += node->live.size();
  }
  Leave(path);
  return absl::OkStatus();
}

// In as many operations as there are things to remove, as in a real one.
absl::Status FaultFileSystem::RemoveRecursively(const std::string& path) {
  const auto info = base_->Stat(path);
  if (absl::IsNotFound(info.status())) return absl::OkStatus();
  ANNOD_RETURN_IF_ERROR(info.status());
  if (!info->is_directory) return RemoveFile(path);
  ANNOD_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                         base_->ListDirectory(path));
  for (const std::string& name : names) {
    ANNOD_RETURN_IF_ERROR(RemoveRecursively(JoinPath(path, name)));
  }
  MutexLock lock(&mu_);
  ANNOD_RETURN_IF_ERROR(Begin());
  ANNOD_RETURN_IF_ERROR(base_->RemoveRecursively(path));
  Leave(path);
  return absl::OkStatus();
}

absl::Status FaultFileSystem::RenameImpl(const std::string& from,
                                         const std::string& to, bool replace) {
  MutexLock lock(&mu_);
  ANNOD_RETURN_IF_ERROR(Begin());
  ANNOD_RETURN_IF_ERROR(replace ? base_->Rename(from, to)
                                : base_->RenameNoReplace(from, to));
  NodePtr node = Find(from);
  if (node == nullptr) return absl::OkStatus();
  Leave(from);
  Enter(to, std::move(node));
  return absl::OkStatus();
}

absl::Status FaultFileSystem::Rename(const std::string& from,
                                     const std::string& to) {
  return RenameImpl(from, to, true);
}

absl::Status FaultFileSystem::RenameNoReplace(const std::string& from,
                                              const std::string& to) {
  return RenameImpl(from, to, false);
}

absl::Status FaultFileSystem::SyncDirectory(const std::string& path) {
  MutexLock lock(&mu_);
  ANNOD_RETURN_IF_ERROR(Begin());
  const NodePtr node = Find(path);
  if (node != nullptr) node->durable_entries = node->live_entries;
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<FileLock>> FaultFileSystem::TryLock(
    const std::string& path) {
  return base_->TryLock(path);
}

absl::StatusOr<std::unique_ptr<FileLock>> FaultFileSystem::Lock(
    const std::string& path) {
  return base_->Lock(path);
}

absl::StatusOr<uint64_t> FaultFileSystem::AvailableBytes(
    const std::string& path) {
  MutexLock lock(&mu_);
  if (free_bytes_.has_value()) return *free_bytes_;
  return base_->AvailableBytes(path);
}

namespace {

// What of a file's contents a power cut may leave: pages behind the synced ones
// reach the disk in any order, or show what was there before.
std::string ContentsLeft(const std::string& live, const std::string& durable,
                         std::mt19937_64* random) {
  constexpr size_t kBlock = 64;
  if (!absl::StartsWith(live, durable)) {
    return (*random)() % 2 == 0 ? live : durable;  // cut, but not synced
  }
  const size_t unsynced = live.size() - durable.size();
  std::string left =
      live.substr(0, durable.size() + (*random)() % (unsynced + 1));
  for (size_t i = durable.size(); i < left.size(); i += kBlock) {
    const size_t end = std::min(i + kBlock, left.size());
    const uint64_t fate = (*random)() % 8;
    for (size_t k = i; k < end && fate < 2; ++k) {
      left[k] = fate == 0 ? '\0' : static_cast<char>((*random)());
    }
  }
  return left;
}

}  // namespace

FaultFileSystem::NodePtr FaultFileSystem::Materialize(const Node& node,
                                                      const std::string& path,
                                                      PowerCut power_cut,
                                                      std::mt19937_64* random) {
  auto left = std::make_shared<Node>();
  left->is_directory = node.is_directory;
  const bool randomly = power_cut == PowerCut::kRandom;
  if (!node.is_directory) {
    left->live =
        randomly ? ContentsLeft(node.live, node.durable, random) : node.durable;
    left->durable = left->live;
    const auto file = base_->CreateFile(path);
    EXPECT_TRUE(file.ok() && (*file)->Append(left->live).ok()) << file.status();
    return left;
  }
  if (path != root_path_) {
    EXPECT_TRUE(base_->CreateDirectory(path).ok()) << path;
  }
  const bool keep_live = randomly && (*random)() % 2 == 0;
  for (const auto& [name, entry] :
       keep_live ? node.live_entries : node.durable_entries) {
    left->live_entries[name] =
        Materialize(*entry, JoinPath(path, name), power_cut, random);
  }
  left->durable_entries = left->live_entries;
  return left;
}

void FaultFileSystem::DropUnsynced(PowerCut power_cut, uint64_t seed) {
  MutexLock lock(&mu_);
  const std::vector<std::string> names =
      base_->ListDirectory(root_path_).value();
  for (const std::string& name : names) {
    EXPECT_TRUE(base_->RemoveRecursively(JoinPath(root_path_, name)).ok());
  }
  std::mt19937_64 random(seed);
  root_ = Materialize(*root_, root_path_, power_cut, &random);
  crash_at_ = INT64_MAX;
  fail_at_ = 0;
}

}  // namespace annod
