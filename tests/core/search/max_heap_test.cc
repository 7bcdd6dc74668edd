#include "core/search/max_heap.h"

#include <cmath>
#include <limits>
#include <queue>
#include <random>
#include <vector>

#include "core/search/ordered_key.h"
#include "gtest/gtest.h"

namespace annod {
namespace {

TEST(MaxHeapTest, BehavesAsStandardPriorityQueue) {
  std::mt19937_64 random(1);
  MaxHeap heap;
  std::priority_queue<uint64_t> model;
  for (int step = 0; step < 20000; ++step) {
    const uint64_t key = random() % 500;
    switch (model.empty() ? 0 : random() % 3) {
      case 0:
        heap.Push(key);
        model.push(key);
        break;
      case 1:
        heap.Pop();
        model.pop();
        break;
      case 2:
        heap.ReplaceTop(key);
        model.pop();
        model.push(key);
        break;
    }
    ASSERT_EQ(heap.size(), model.size());
    if (!model.empty()) {
      ASSERT_EQ(heap.top(), model.top());
    }
  }
}

TEST(OrderedKeyTest, OrdersFloatsAndBringsThemBack) {
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> rising = {-infinity, -3e38f, -1.5f, -1e-45f, 0.0f,
                                     1e-45f,    1.0f,   2.0f,  infinity};
  for (size_t i = 0; i < rising.size(); ++i) {
    EXPECT_EQ(FromOrderedBits(OrderedBits(rising[i])), rising[i]);
    if (i > 0) {
      EXPECT_LT(OrderedBits(rising[i - 1]), OrderedBits(rising[i]));
    }
  }
  EXPECT_EQ(OrderedBits(-0.0f), OrderedBits(0.0f));
  for (const float nan : {NAN, -NAN}) {
    EXPECT_GT(OrderedBits(nan), OrderedBits(infinity));
    EXPECT_TRUE(std::isnan(FromOrderedBits(OrderedBits(nan))));
  }
}

TEST(OrderedKeyTest, EqualPrioritiesOrderById) {
  const uint32_t one = OrderedBits(1.0f);
  EXPECT_LT(PackKey(one, 3), PackKey(one, 4));
  EXPECT_LT(PackKey(one, 0x7fffffff), PackKey(OrderedBits(1.5f), 0));
  EXPECT_EQ(KeyId(PackKey(one, 77)), 77);
  EXPECT_EQ(KeyOrdered(PackKey(one, 77)), one);
}

}  // namespace
}  // namespace annod
