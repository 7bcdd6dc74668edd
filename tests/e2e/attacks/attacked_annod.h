#ifndef ANNOD_TESTS_E2E_ATTACKS_ATTACKED_ANNOD_H_
#define ANNOD_TESTS_E2E_ATTACKS_ATTACKED_ANNOD_H_

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "tests/e2e/annod_process.h"

namespace annod::testing {

// A real annod of one worker with the index "a", whose processes may take no
// more than three gigabytes, and what has to hold under every attack. All tests
// of a suite attack the same: none of them may change it for the next.
class AttackedAnnod : public ::testing::Test {
 protected:
  static constexpr int kItems = 20000;
  static constexpr int kDim = 16;

  static void SetUpTestSuite();
  static void TearDownTestSuite();

  static const std::string& address() { return annod_->grpc_address(); }

  // What an attack may bring about.
  struct Allowed {
    // Memory of each, beside what it had before.
    int64_t worker_bytes = 512 << 20;
    int64_t writer_bytes = 512 << 20;
    // Health may be refused now and then: gRPC resets calls at random when
    // requests have taken max_request_memory.
    bool may_refuse = false;
  };
  // What many large requests at a time may take (docs/operations.md#memory).
  static Allowed ManyLargeRequests();

  // Whether a condition comes true within a minute.
  static bool Await(const std::function<bool()>& condition);

  // Runs `attack` and fails unless meanwhile the worker and the writer took
  // less memory than is allowed and the worker's health was told within three
  // seconds, more on a slow machine; and unless afterwards, `attack` having
  // closed its connections, queries and additions are answered, by the same
  // processes, and memory is given back.
  void Attack(const std::string& name, const std::function<void()>& attack,
              const Allowed& allowed);
  void Attack(const std::string& name, const std::function<void()>& attack) {
    Attack(name, attack, Allowed());
  }

  // Value of a metric without labels, or of "name{...}"; -1 without one.
  double Metric(const std::string& series) const;

  static std::unique_ptr<AnnodProcess> annod_;

 private:
  void ExpectServes();

  static pid_t worker_;
  static pid_t writer_;
};

}  // namespace annod::testing

#endif  // ANNOD_TESTS_E2E_ATTACKS_ATTACKED_ANNOD_H_
