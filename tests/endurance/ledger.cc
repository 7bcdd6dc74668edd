#include "tests/endurance/ledger.h"

#include "absl/strings/str_cat.h"

namespace annod::endurance {

void Ledger::Set(const std::vector<int32_t>& keys, State state) {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const int32_t key : keys) {
    states_[key] = state;
    recent_.insert(key);
  }
}

void Ledger::Begin(const std::vector<int32_t>& keys) {
  Set(keys, State::kEither);
}

void Ledger::Made(const std::vector<int32_t>& keys) { Set(keys, State::kMade); }

void Ledger::Unmade(const std::vector<int32_t>& keys) {
  Set(keys, State::kUnmade);
}

std::vector<int32_t> Ledger::SomeMade(size_t count,
                                      std::mt19937* random) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::vector<int32_t> keys;
  if (states_.empty()) return keys;
  const int32_t last = states_.rbegin()->first;
  auto it = states_.lower_bound(
      static_cast<int32_t>((*random)() % (static_cast<uint32_t>(last) + 1)));
  for (; it != states_.end() && keys.size() < count; ++it) {
    if (it->second == State::kMade) keys.push_back(it->first);
  }
  return keys;
}

std::vector<int32_t> Ledger::ToCheck(size_t more, std::mt19937* random) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::set<int32_t> keys = recent_;
  if (!states_.empty()) {
    const auto limit = static_cast<uint32_t>(states_.rbegin()->first) + 1;
    for (size_t i = 0; i < more; ++i) {
      const auto it =
          states_.lower_bound(static_cast<int32_t>((*random)() % limit));
      keys.insert(it->first);
    }
  }
  return {keys.begin(), keys.end()};
}

std::vector<int32_t> Ledger::All() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::vector<int32_t> keys;
  for (const auto& [key, state] : states_) keys.push_back(key);
  return keys;
}

void Ledger::Compare(const std::vector<int32_t>& asked,
                     const std::set<int32_t>& found, bool settled,
                     const std::string& what, Report* report) {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const int32_t key : asked) {
    const bool is_there = found.count(key) > 0;
    const State state = states_.at(key);
    if (state == State::kMade && !is_there) {
      ++report->lost;
      report->Fault(absl::StrCat(what, " ", key, " is lost"));
    } else if (state == State::kUnmade && is_there) {
      ++report->reappeared;
      report->Fault(absl::StrCat(what, " ", key, " has reappeared"));
    } else if (state == State::kAbsent && is_there) {
      ++report->reappeared;
      report->Fault(absl::StrCat(what, " ", key,
                                 " of a call without an answer ",
                                 "has come after it had not been there"));
    }
    if (state == State::kEither) {
      if (!settled) continue;
      states_[key] = is_there ? State::kMade : State::kAbsent;
    }
    recent_.erase(key);
  }
}

void Ledger::Clear() {
  const std::lock_guard<std::mutex> lock(mutex_);
  states_.clear();
  recent_.clear();
}

}  // namespace annod::endurance
