#ifndef ANNOD_TESTS_ENDURANCE_LEDGER_H_
#define ANNOD_TESTS_ENDURANCE_LEDGER_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/endurance/report.h"

namespace annod::endurance {

// What is known of things that are made and unmade by calls which may end
// without an answer: there, not there, or either. Keys are ids of items or
// numbers of indexes. Thread-safe.
class Ledger {
 public:
  // A call begins that makes (or unmakes) `keys`: until it is answered, and if
  // it never is, either may be.
  void Begin(const std::vector<int32_t>& keys);
  // It was acknowledged.
  void Made(const std::vector<int32_t>& keys);
  void Unmade(const std::vector<int32_t>& keys);

  // Up to `count` keys that are there, any of them.
  std::vector<int32_t> SomeMade(size_t count, std::mt19937* random) const;
  // Those that calls were about since the last Compare(), and `more` others.
  std::vector<int32_t> ToCheck(size_t more, std::mt19937* random) const;
  std::vector<int32_t> All() const;

  // After a stop: `found` are those of `asked` that are there. Counts what was
  // lost and what reappeared: what was unmade, and what was made by no call
  // that was answered and had not been there. What was either is known from now
  // on, if all who could still have carried out a call are gone (`settled`).
  void Compare(const std::vector<int32_t>& asked,
               const std::set<int32_t>& found, bool settled,
               const std::string& what, Report* report);
  // Everything is forgotten.
  void Clear();

 private:
  // kAbsent: seen not to be there, though a call may have made it.
  enum class State { kMade, kUnmade, kAbsent, kEither };

  void Set(const std::vector<int32_t>& keys, State state);

  mutable std::mutex mutex_;
  std::map<int32_t, State> states_;
  std::set<int32_t> recent_;
};

}  // namespace annod::endurance

#endif  // ANNOD_TESTS_ENDURANCE_LEDGER_H_
