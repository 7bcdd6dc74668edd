#include "tests/endurance/load.h"

#include <algorithm>
#include <memory>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace annod::endurance {
namespace {

// So that the sweep kills more than it checks.
constexpr absl::Duration kPause = absl::Milliseconds(2);

}  // namespace

std::string SideIndex(int32_t number) { return absl::StrCat("side-", number); }

std::unique_ptr<Client> ImpatientClient(const std::string& address) {
  ClientOptions options;
  options.target = address;
  options.retry_window = absl::ZeroDuration();
  options.timeout = absl::Seconds(2);
  options.stream_timeout = absl::Seconds(5);
  return *Client::Create(options);
}

template <typename Step>
void Load::Repeat(const std::string& address, uint32_t seed, Step step) {
  threads_.emplace_back([this, address, seed, step] {
    const auto client = ImpatientClient(address);
    std::mt19937 random(seed);
    while (!stop_) {
      ++history_->operations;
      step(client.get(), &random);
      absl::SleepFor(kPause);
    }
  });
}

Load::Load(const std::string& address, uint32_t seed, History* history)
    : history_(history) {
  for (uint32_t i = 0; i < 2; ++i) {
    Repeat(address, seed + i, [this](Client* client, std::mt19937* random) {
      Add(client, random);
    });
  }
  Repeat(address, seed + 2, [this](Client* client, std::mt19937* random) {
    Remove(client, random);
  });
  Repeat(address, seed + 3,
         [this](Client* client, std::mt19937*) { Build(client); });
  Repeat(address, seed + 4, [this](Client* client, std::mt19937* random) {
    ChangeIndexes(client, random);
  });
}

void Load::Stop() {
  stop_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Load::Add(Client* client, std::mt19937* random) {
  const auto count = static_cast<int32_t>(1 + (*random)() % 20);
  std::vector<int32_t> ids(static_cast<size_t>(count));
  std::iota(ids.begin(), ids.end(), history_->next_id.fetch_add(count));
  history_->items.Begin(ids);
  if (!testing::AddTestItems(client, kIndex, ids.front(), count).ok()) return;
  history_->items.Made(ids);
  history_->added += count;
}

void Load::Remove(Client* client, std::mt19937* random) {
  const std::vector<int32_t> ids =
      history_->items.SomeMade(1 + (*random)() % 5, random);
  if (ids.empty()) return;
  history_->items.Begin(ids);
  if (!client->RemoveItems(kIndex, ids, {}).ok()) return;
  history_->items.Unmade(ids);
  history_->removed += static_cast<int64_t>(ids.size());
}

void Load::Build(Client* client) {
  const auto built = client->Build(kIndex, {});
  if (!built.ok()) return;
  history_->version = std::max(history_->version.load(), built->version);
}

void Load::ChangeIndexes(Client* client, std::mt19937* random) {
  std::vector<int32_t> numbers = history_->indexes.SomeMade(1, random);
  if (numbers.empty() || (*random)() % 2 == 0) {
    numbers = {history_->next_index++};
    history_->indexes.Begin(numbers);
    if (testing::CreateTestIndex(client, SideIndex(numbers[0])).ok()) {
      history_->indexes.Made(numbers);
    }
  } else {
    history_->indexes.Begin(numbers);
    if (client->DropIndex(SideIndex(numbers[0])).ok()) {
      history_->indexes.Unmade(numbers);
    }
  }
  absl::SleepFor(absl::Milliseconds(20));
}

}  // namespace annod::endurance
