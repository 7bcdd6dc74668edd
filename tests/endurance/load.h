#ifndef ANNOD_TESTS_ENDURANCE_LOAD_H_
#define ANNOD_TESTS_ENDURANCE_LOAD_H_

#include <atomic>
#include <cstdint>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/service.h"
#include "tests/endurance/ledger.h"

namespace annod::endurance {

inline constexpr char kIndex[] = "items";

// What has been asked of one service over many of its lives, and what it has
// acknowledged.
struct History {
  Ledger items;    // of kIndex, by id
  Ledger indexes;  // "side-<number>"
  std::atomic<int32_t> next_id{0};
  std::atomic<int32_t> next_index{0};
  std::atomic<int64_t> version{0};  // the newest that a Build has told
  std::atomic<int64_t> operations{0}, added{0}, removed{0};
};

std::string SideIndex(int32_t number);

// Adds, removes, builds, creates and drops from several threads until it is
// told to stop, and notes what was acknowledged. No call is repeated: each was
// answered before a kill or was not.
class Load {
 public:
  // `history` must outlive the object.
  Load(const std::string& address, uint32_t seed, History* history);
  ~Load() { Stop(); }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  void Stop();

 private:
  void Add(Client* client, std::mt19937* random);
  void Remove(Client* client, std::mt19937* random);
  void Build(Client* client);
  void ChangeIndexes(Client* client, std::mt19937* random);
  template <typename Step>
  void Repeat(const std::string& address, uint32_t seed, Step step);

  History* const history_;
  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

// A client that tries once and soon gives up.
std::unique_ptr<Client> ImpatientClient(const std::string& address);

}  // namespace annod::endurance

#endif  // ANNOD_TESTS_ENDURANCE_LOAD_H_
