#include "core/graph/construction/reach.h"

#include <algorithm>

namespace annod {
namespace {

class Reach {
 public:
  Reach(int degree, std::vector<int32_t>* neighbors)
      : degree_(degree),
        neighbors_(*neighbors),
        size_(static_cast<int64_t>(neighbors->size()) / degree),
        added_(size_) {}

  int64_t size() const { return size_; }
  bool reached(int64_t row) const { return reached_[row]; }
  void Forget() { reached_.assign(size_, false); }

  // Marks `row` and all rows that can be reached from it.
  void Spread(int64_t row) {
    stack_.push_back(static_cast<int32_t>(row));
    reached_[row] = true;
    while (!stack_.empty()) {
      const int32_t* const places = Places(stack_.back());
      stack_.pop_back();
      for (int k = 0; k < degree_ && places[k] >= 0; ++k) {
        if (reached_[places[k]]) continue;
        reached_[places[k]] = true;
        stack_.push_back(places[k]);
      }
    }
  }

  // Marks the rows that lead to row 0, more of them with each look at all
  // others.
  void GatherLeading() {
    Forget();
    reached_[0] = true;
    for (bool found = true; found;) {
      found = false;
      for (int64_t row = 1; row < size_; ++row) {
        if (reached_[row]) continue;
        const int32_t* const places = Places(row);
        for (int k = 0; k < degree_ && places[k] >= 0; ++k) {
          if (!reached_[places[k]]) continue;
          reached_[row] = found = true;
          break;
        }
      }
    }
  }
  void Mark(int64_t row) { reached_[row] = true; }

  // Adds an edge in a free place or that of a far neighbour; false if all those
  // have gone to added edges, which lie at the end.
  bool AddEdge(int64_t from, int64_t to) {
    int32_t* const places = Places(from);
    int place = 0;
    while (place < degree_ && places[place] >= 0) ++place;
    if (place == degree_) place = degree_ - 1 - added_[from];
    if (added_[from] >= degree_ / 2) return false;
    places[place] = static_cast<int32_t>(to);
    ++added_[from];
    return true;
  }

 private:
  int32_t* Places(int64_t row) { return neighbors_.data() + row * degree_; }

  const int degree_;
  std::vector<int32_t>& neighbors_;
  const int64_t size_;
  std::vector<bool> reached_;
  std::vector<uint8_t> added_;
  std::vector<int32_t> stack_;
};

// One round; an edge that gave its place to another may have been the only way
// to some row.
int64_t Connect(const NeighborLists& lists, Reach* reach) {
  reach->Forget();
  reach->Spread(0);
  int64_t repaired = 0;
  std::vector<CodeNeighbor> candidates;
  for (int64_t row = 1; row < reach->size(); ++row) {
    if (reach->reached(row)) continue;
    ++repaired;
    bool linked = false;
    lists.Sorted(row, &candidates);
    for (const CodeNeighbor& near : candidates) {
      linked = reach->reached(near.id) && reach->AddEdge(near.id, row);
      if (linked) break;
    }
    // Rows beside each other are near.
    for (int64_t before = row - 1; !linked && before >= 0; --before) {
      linked = reach->AddEdge(before, row);
    }
    reach->Spread(row);
  }
  return repaired;
}

// The same the other way round.
int64_t ConnectBack(const NeighborLists& lists, Reach* reach) {
  reach->GatherLeading();
  int64_t repaired = 0;
  std::vector<CodeNeighbor> candidates;
  for (int64_t row = 1; row < reach->size(); ++row) {
    if (reach->reached(row)) continue;
    ++repaired;
    lists.Sorted(row, &candidates);
    const auto near = std::find_if(
        candidates.begin(), candidates.end(),
        [reach](const CodeNeighbor& one) { return reach->reached(one.id); });
    // The row before leads there: it came first.
    if (reach->AddEdge(row, near != candidates.end() ? near->id : row - 1)) {
      reach->Mark(row);
    }
  }
  return repaired;
}

}  // namespace

int64_t ConnectAll(const NeighborLists& lists, int degree,
                   std::vector<int32_t>* neighbors) {
  constexpr int kMaxRounds = 8;
  Reach reach(degree, neighbors);
  int64_t total = 0;
  for (int round = 0; round < kMaxRounds; ++round) {
    const int64_t repaired =
        Connect(lists, &reach) + ConnectBack(lists, &reach);
    if (repaired == 0) break;
    total += repaired;
  }
  return total;
}

}  // namespace annod
