#include "tests/endurance/kill_sweep.h"

#include <signal.h>

#include <iostream>
#include <memory>
#include <random>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/e2e/annod_process.h"
#include "tests/endurance/load.h"
#include "tests/endurance/service_check.h"

namespace annod::endurance {
namespace {

using testing::AnnodProcess;

constexpr absl::Duration kPatience = absl::Seconds(30);
constexpr int kKillsToAFullCheck = 100;
// An index with more ids makes way for a new one: restarts stay quick.
constexpr int32_t kMaxIds = 30000;

enum class Victim { kWorker, kWriter, kSupervisor, kAll };
constexpr Victim kVictims[] = {Victim::kWorker, Victim::kWriter,
                               Victim::kWriter, Victim::kSupervisor,
                               Victim::kAll};

class KillSweep {
 public:
  KillSweep(const SweepOptions& options, std::string data_dir)
      : options_(options),
        data_dir_(std::move(data_dir)),
        random_(static_cast<uint32_t>(options.seed)) {}

  Report Run() {
    Start();
    CreateIndex();
    absl::Time told = absl::Now();
    while (report_.stops < options_.stops && absl::Now() < options_.deadline &&
           report_.ok()) {
      const bool settled = KillOnce();
      ++report_.stops;
      const bool full = report_.stops % kKillsToAFullCheck == 0;
      Check(full ? Thoroughness::kAll : Thoroughness::kRecent, settled);
      if (history_.next_id > kMaxIds) StartOver();
      if (absl::Now() - told > absl::Minutes(1)) {
        told = absl::Now();
        std::cout << report_.stops << " kills\n" << std::flush;
      }
    }
    Check(Thoroughness::kAll, /*settled=*/false);
    report_.operations = history_.operations;
    report_.acknowledged = history_.added;
    report_.removed = history_.removed;
    return report_;
  }

 private:
  void Start() {
    annod_ = AnnodProcess::Start(
        data_dir_, {"--workers=2", "--threads=1", "--log_level=warning"});
  }

  void CreateIndex() {
    const auto client = testing::MakeClient(annod_->grpc_address());
    const absl::Status created = testing::CreateTestIndex(client.get(), kIndex);
    if (!created.ok()) report_.Fault(created.ToString());
  }

  // True if no process has lived through it.
  bool KillOnce() {
    Load load(annod_->grpc_address(), random_(), &history_);
    absl::SleepFor(absl::Milliseconds(5 + random_() % 150));
    const Victim victim = kVictims[random_() % std::size(kVictims)];
    if (victim == Victim::kAll) {
      annod_->KillTree();
    } else if (victim == Victim::kSupervisor) {
      annod_->Signal(SIGKILL);
      annod_->AwaitExit(kPatience);
    } else {
      const std::string role = victim == Victim::kWorker ? "worker" : "writer";
      const std::vector<pid_t> pids = annod_->ChildPids(role);
      if (!pids.empty()) kill(pids[random_() % pids.size()], SIGKILL);
    }
    load.Stop();
    const bool all = victim == Victim::kAll || victim == Victim::kSupervisor;
    if (all) Start();
    if (!annod_->AwaitReady(kPatience)) {
      report_.Fault(absl::StrCat("not ready after kill ", report_.stops));
    }
    if (all) AwaitWriter();
    return all;
  }

  // Until the writer has read what the one before it left, also of calls that
  // were never answered: workers may serve before that, without those. What it
  // acknowledges afterwards comes after all of that.
  void AwaitWriter() {
    const auto client = testing::MakeClient(annod_->grpc_address());
    const int32_t id = history_.next_id.fetch_add(1);
    const absl::Time deadline = absl::Now() + kPatience;
    absl::Status added;
    history_.items.Begin({id});
    do {
      added = testing::AddTestItems(client.get(), kIndex, id, 1);
    } while (!added.ok() && absl::Now() < deadline);
    if (!added.ok()) return report_.Fault(added.ToString());
    history_.items.Made({id});
    ++history_.added;
  }

  void Check(Thoroughness thoroughness, bool settled) {
    CheckService(annod_->grpc_address(), thoroughness, settled, &history_,
                 &random_, &report_);
  }

  void StartOver() {
    Check(Thoroughness::kAll, /*settled=*/false);
    const auto client = testing::MakeClient(annod_->grpc_address());
    const absl::Status dropped = client->DropIndex(kIndex);
    if (!dropped.ok()) report_.Fault(dropped.ToString());
    history_.items.Clear();
    history_.next_id = 0;
    history_.version = 0;
    CreateIndex();
  }

  const SweepOptions options_;
  const std::string data_dir_;
  std::mt19937 random_;
  std::unique_ptr<AnnodProcess> annod_;
  History history_;
  Report report_;
};

}  // namespace

Report SweepKills(const SweepOptions& options, const std::string& data_dir) {
  return KillSweep(options, data_dir).Run();
}

}  // namespace annod::endurance
