#include "tests/endurance/full_disk_sweep.h"

#include <sys/mount.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/e2e/annod_process.h"
#include "tests/endurance/load.h"
#include "tests/endurance/service_check.h"

namespace annod::endurance {
namespace {

using testing::AnnodProcess;

constexpr absl::Duration kFillingTime = absl::Seconds(30);
constexpr char kSmall[] = "size=3m,mode=0750";
constexpr char kRoomy[] = "size=64m";

// A tmpfs for as long as the object lives.
class SmallDisk {
 public:
  explicit SmallDisk(std::string path) : path_(std::move(path)) {
    mounted_ = mount("tmpfs", path_.c_str(), "tmpfs", 0, kSmall) == 0;
    error_ = errno;
  }
  ~SmallDisk() {
    if (mounted_) umount2(path_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool mounted() const { return mounted_; }
  int error() const { return error_; }
  bool Resize(const char* size) const {
    return mount("tmpfs", path_.c_str(), "tmpfs", MS_REMOUNT, size) == 0;
  }
  bool IsFull() const {
    struct statvfs info;
    return statvfs(path_.c_str(), &info) == 0 &&
           info.f_bavail * info.f_frsize < 8192;
  }

 private:
  const std::string path_;
  bool mounted_ = false;
  int error_ = 0;
};

std::unique_ptr<AnnodProcess> StartAnnod(const std::string& data_dir) {
  return AnnodProcess::Start(data_dir, {"--workers=1", "--threads=1"});
}

}  // namespace

Report SweepFullDisk(const SweepOptions& options,
                     const std::string& mount_point) {
  Report report;
  std::mt19937 random(static_cast<uint32_t>(options.seed));
  while (report.stops < options.stops && absl::Now() < options.deadline &&
         report.ok()) {
    const SmallDisk disk(mount_point);
    if (!disk.mounted()) {
      report.Fault(
          absl::StrCat("not allowed to mount: ", std::strerror(disk.error())));
      break;
    }
    // The log, beside it, has room: it is where the addresses are read.
    const std::string& data_dir = mount_point;
    History history;
    auto annod = StartAnnod(data_dir);
    const absl::Status created = testing::CreateTestIndex(
        testing::MakeClient(annod->grpc_address()).get(), kIndex);
    if (!created.ok()) report.Fault(created.ToString());
    for (int life = 0; life < 3 && report.ok(); ++life) {
      Load load(annod->grpc_address(), random(), &history);
      const absl::Time deadline = absl::Now() + kFillingTime;
      while (!disk.IsFull() && absl::Now() < deadline) {
        absl::SleepFor(absl::Milliseconds(5));
      }
      absl::SleepFor(absl::Milliseconds(20 + random() % 200));
      annod->KillTree();
      load.Stop();
      ++report.stops;
      annod = StartAnnod(data_dir);
      CheckService(annod->grpc_address(), Thoroughness::kAll,
                   /*settled=*/true, &history, &random, &report);
    }
    // With room, all goes on.
    if (!disk.Resize(kRoomy)) report.Fault("no room can be had");
    const auto client = testing::MakeClient(annod->grpc_address());
    const int32_t first = history.next_id.fetch_add(1);
    history.items.Begin({first});
    const absl::Status added =
        testing::AddTestItems(client.get(), kIndex, first, 1);
    if (!added.ok()) report.Fault(added.ToString());
    history.items.Made({first});
    const auto built = client->Build(kIndex, {});
    if (!built.ok()) report.Fault(built.status().ToString());
    CheckService(annod->grpc_address(), Thoroughness::kAll,
                 /*settled=*/true, &history, &random, &report);
    report.operations += history.operations;
    report.acknowledged += history.added + 1;
    report.removed += history.removed;
  }
  return report;
}

}  // namespace annod::endurance
