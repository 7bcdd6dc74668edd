#ifndef ANNOD_TESTS_SERVER_TESTING_CLUSTER_H_
#define ANNOD_TESTS_SERVER_TESTING_CLUSTER_H_

#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "annod/v1/admin_service.grpc.pb.h"
#include "annod/v1/index_service.grpc.pb.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "server/config/config.h"
#include "server/metrics/metrics_page.h"

namespace annod {

// A writer and workers as real processes over a data directory of their own,
// without a supervisor: the test starts and kills them. Ends all of them when
// destroyed.
class Cluster {
 public:
  // `edit` may change the configuration. Nothing runs yet.
  explicit Cluster(int workers,
                   const std::function<void(Config*)>& edit = nullptr);
  ~Cluster();

  // Starts the writer and all workers and waits until they serve.
  void StartAll();
  void StartWriter();
  void StartWorker(int slot);
  // SIGKILL, and waits for the end.
  void KillWriter() { Kill(workers_); }
  void KillWorker(int slot) { Kill(slot); }
  // SIGKILL, StartWriter() and AwaitWriter().
  void RestartWriter();
  // Returns once admin() reaches the writer. A call made before its worker has
  // noticed the end of the last one would be told to try again.
  void AwaitWriter();
  pid_t WorkerPid(int slot) const { return processes_.at(slot); }
  // Sends a signal; returns without waiting.
  void SignalWorker(int slot, int signal);
  void SignalWriter(int signal);
  // SIGSTOP, and waits until none of the process' threads runs.
  void StopWorker(int slot) { Stop(slot); }
  void StopWriter() { Stop(workers_); }
  // Waits for the end of a process and returns its exit status.
  int AwaitWorkerExit(int slot) { return AwaitExit(slot); }
  int AwaitWriterExit() { return AwaitExit(workers_); }

  // Waits until one of the workers is SERVING.
  void AwaitServing();

  // A connection of its own: with several workers, to any of them.
  std::shared_ptr<grpc::Channel> NewChannel() const;
  std::unique_ptr<v1::IndexService::Stub> NewIndexStub() const;
  // The worker that a channel is connected to, which it says itself.
  static int SlotOf(const std::shared_ptr<grpc::Channel>& channel);

  v1::IndexService::Stub* index() { return index_.get(); }
  v1::AdminService::Stub* admin() { return admin_.get(); }
  grpc::health::v1::Health::Stub* health() { return health_.get(); }

  const std::string& directory() const { return directory_; }
  const std::string& address() const { return config_.listen; }
  const Config& config() const { return config_; }
  // Replaces what the children read on SIGHUP.
  void SetConfig(const Config& config);

  // Sum of a metric over all processes and the series that carry the labels.
  double Metric(const std::string& name, const LabelPairs& labels) const;
  // The same of one worker.
  double MetricOf(int slot, const std::string& name,
                  const LabelPairs& labels) const;
  // Waits until Metric() is `value`: counters may follow the answer of what
  // they count.
  void ExpectMetric(const std::string& name, const LabelPairs& labels,
                    double value) const;

 private:
  bool WriterListens() const;
  void Start(int slot);
  void Kill(int slot);
  void Stop(int slot);
  int AwaitExit(int slot);

  const int workers_;
  std::string directory_;
  Config config_;
  int port_fd_ = -1;
  int run_dir_fd_ = -1;
  int config_fd_ = -1;
  std::unique_ptr<MetricsPage> metrics_;
  std::map<int, pid_t> processes_;
  std::unique_ptr<v1::IndexService::Stub> index_;
  std::unique_ptr<v1::AdminService::Stub> admin_;
  std::unique_ptr<grpc::health::v1::Health::Stub> health_;
};

// Polls `condition` until it holds; false after `timeout`.
bool Eventually(const std::function<bool()>& condition,
                absl::Duration timeout = absl::Minutes(1));

// A context whose deadline fails the test rather than hang it.
std::unique_ptr<grpc::ClientContext> Context();

}  // namespace annod

#endif  // ANNOD_TESTS_SERVER_TESTING_CLUSTER_H_
