#ifndef ANNOD_TESTS_FUZZ_SERVER_OWN_SERVICE_H_
#define ANNOD_TESTS_FUZZ_SERVER_OWN_SERVICE_H_

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"
#include "server/config/child_options.h"
#include "server/config/config.h"
#include "server/metrics/metrics_page.h"
#include "tests/fuzz/scratch_directory.h"

namespace annod::fuzz {

// A writer and a worker as they run in processes of their own, here as threads
// of this one, so that a sanitizer's report of either ends it. Ends both when
// destroyed.
class OwnService {
 public:
  OwnService();
  ~OwnService();
  OwnService(const OwnService&) = delete;
  OwnService& operator=(const OwnService&) = delete;

  // Sends `messages`, as they are, to `method` ("/annod.v1.IndexService/Info")
  // and takes what is answered. DEADLINE_EXCEEDED after a time that no call of
  // a test needs.
  grpc::Status Call(const std::string& method,
                    const std::vector<std::string>& messages);

 private:
  void Start(ChildOptions::Role role, int slot);

  const ScratchDirectory directory_;
  Config config_;
  int port_fd_ = -1;
  int run_dir_fd_ = -1;
  int config_fd_ = -1;
  std::unique_ptr<MetricsPage> metrics_;
  std::vector<std::thread> threads_;
  std::unique_ptr<grpc::GenericStub> stub_;
};

}  // namespace annod::fuzz

#endif  // ANNOD_TESTS_FUZZ_SERVER_OWN_SERVICE_H_
