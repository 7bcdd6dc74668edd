// A mapped file is cut: the process that reads behind its end dies once, and
// the next one knows.
#include "core/mapping_faults.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/file_system.h"
#include "core/random_name.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace annod {
namespace {

using ::testing::HasSubstr;

constexpr size_t kBytes = 1 << 16;

class MappingFaultsTest : public ::testing::Test {
 protected:
  MappingFaultsTest()
      : dir_(JoinPath(::testing::TempDir(), absl::StrCat("mf", RandomName()))),
        notes_(JoinPath(dir_, "notes")) {
    EXPECT_TRUE(fs_->CreateDirectory(dir_).ok());
    EXPECT_TRUE(fs_->CreateDirectory(notes_).ok());
    notes_fd_ = open(notes_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    Write("a");
    Write("b");
  }
  ~MappingFaultsTest() override {
    close(notes_fd_);
    EXPECT_TRUE(fs_->RemoveRecursively(dir_).ok());
  }

  std::string Path(const std::string& name) const {
    return JoinPath(dir_, name);
  }
  void Write(const std::string& name) {
    EXPECT_TRUE(
        WriteFileAtomically(fs_, Path(name), std::string(kBytes, 'x')).ok());
  }

  // What `work` returns in another process; 128 and more: the signal it dies
  // of.
  static int InChild(const std::function<int()>& work) {
    const pid_t pid = fork();
    if (pid == 0) {
      signal(SIGBUS, SIG_DFL);  // a sanitizer has its own way to die
      _exit(work());
    }
    int status = 0;
    EXPECT_EQ(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  // The code of mapping a file, in a process that knows what others noted.
  int CodeOfMapping(const std::string& name) {
    return InChild([&] {
      if (!NoteMappingFaults(notes_fd_).ok()) return 100;
      return static_cast<int>(
          fs_->MapReadOnly(Path(name), Prefault::kNone).status().code());
    });
  }
  size_t NoteCount() { return fs_->ListDirectory(notes_)->size(); }
  int ReadBehindTheEnd(const std::string& name, int threads) {
    return InChild([&] {
      if (!NoteMappingFaults(notes_fd_).ok()) return 100;
      std::vector<std::unique_ptr<MappedFile>> files;
      for (const char* mapped : {"a", "b"}) {
        files.push_back(*fs_->MapReadOnly(Path(mapped), Prefault::kNone));
      }
      if (truncate(Path(name).c_str(), 10) != 0) return 101;
      const MappedFile& file = *files[name == "a" ? 0 : 1];
      std::vector<std::thread> readers;
      for (int i = 0; i < threads; ++i) {
        readers.emplace_back([&file] {
          const volatile char* const end = file.data() + kBytes - 1;
          (void)*end;
        });
      }
      for (std::thread& reader : readers) reader.join();
      return 0;
    });
  }

  FileSystem* const fs_ = FileSystem::Posix();
  const std::string dir_;
  const std::string notes_;
  int notes_fd_ = -1;
};

constexpr int kOk = static_cast<int>(absl::StatusCode::kOk);
constexpr int kDataLoss = static_cast<int>(absl::StatusCode::kDataLoss);

TEST_F(MappingFaultsTest, AFileThatWasCutIsNotMappedAgainUntilItIsReplaced) {
  EXPECT_EQ(CodeOfMapping("b"), kOk);
  EXPECT_EQ(ReadBehindTheEnd("b", 1), 128 + SIGBUS);
  EXPECT_EQ(NoteCount(), 1u);
  EXPECT_EQ(CodeOfMapping("b"), kDataLoss);
  EXPECT_EQ(CodeOfMapping("a"), kOk);
  Write("b");
  EXPECT_EQ(CodeOfMapping("b"), kOk);
}

TEST_F(MappingFaultsTest, ThreadsThatDieTogetherLeaveOneWholeNote) {
  for (int round = 0; round < 10; ++round) {
    Write("a");
    EXPECT_EQ(ReadBehindTheEnd("a", 8), 128 + SIGBUS);
    EXPECT_EQ(CodeOfMapping("a"), kDataLoss);
    ForgetMappingFaults(notes_fd_);
    EXPECT_EQ(NoteCount(), 0u);
    EXPECT_EQ(CodeOfMapping("a"), kOk);
  }
}

TEST_F(MappingFaultsTest, AFileThatIsChangedInPlaceHasToWait) {
  EXPECT_EQ(ReadBehindTheEnd("a", 1), 128 + SIGBUS);
  ASSERT_EQ(truncate(Path("a").c_str(), kBytes), 0);
  EXPECT_EQ(CodeOfMapping("a"), kDataLoss);
  // As if it had been long ago, and the file changed since.
  const std::string note = JoinPath(notes_, fs_->ListDirectory(notes_)->at(0));
  const timespec then[] = {{1000000000, 0}, {1000000000, 0}};
  ASSERT_EQ(utimensat(AT_FDCWD, note.c_str(), then, 0), 0);
  EXPECT_EQ(CodeOfMapping("a"), kOk);
}

TEST_F(MappingFaultsTest, AFifoInTheNotesPlaceIsNotWaitedFor) {
  EXPECT_EQ(InChild([&] {
              alarm(20);
              const auto file = fs_->MapReadOnly(Path("a"), Prefault::kNone);
              struct stat info;
              if (!file.ok() || !NoteMappingFaults(notes_fd_).ok() ||
                  stat(Path("a").c_str(), &info) != 0) {
                return 100;
              }
              const std::string note = absl::StrFormat(
                  "fault-%016x-%016x", info.st_dev, info.st_ino);
              if (mkfifo(JoinPath(notes_, note).c_str(), 0600) != 0) return 101;
              if (truncate(Path("a").c_str(), 10) != 0) return 102;
              const volatile char* const end = (*file)->data() + kBytes - 1;
              (void)*end;
              return 0;
            }),
            128 + SIGBUS);
}

TEST_F(MappingFaultsTest, OtherFaultsEndTheProcessAsEver) {
  EXPECT_EQ(InChild([&] {
              if (!NoteMappingFaults(notes_fd_).ok()) return 100;
              raise(SIGBUS);
              raise(SIGBUS);
              return 0;
            }),
            128 + SIGBUS);
  EXPECT_EQ(NoteCount(), 0u);
}

}  // namespace
}  // namespace annod
