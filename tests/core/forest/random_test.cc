#include "core/forest/random.h"

#include <set>

#include "core/forest/forest_builder.h"
#include "gtest/gtest.h"

namespace annod {
namespace {

TEST(Kiss64Test, GivesAnnoysNumbersForItsDefaultSeed) {
  Kiss64 random(kDefaultSeed);
  EXPECT_EQ(random.Next(), 8932985056925012148u);
  EXPECT_EQ(random.Next(), 5710300428094272059u);
  EXPECT_EQ(random.Next(), 18342510866933518593u);
}

TEST(Kiss64Test, GivesAnnoysNumbersForASeed) {
  Kiss64 random(42);
  EXPECT_EQ(random.Next(), 5680804532875375661u);
  EXPECT_EQ(random.Next(), 421217147685971266u);
}

TEST(Kiss64Test, EveryDrawTakesOneNumber) {
  Kiss64 random(42);
  EXPECT_EQ(random.Index(1), 0u);
  EXPECT_EQ(random.Flip(), (421217147685971266u & 1) != 0);
  Kiss64 plain(42);
  plain.Next();
  plain.Next();
  EXPECT_EQ(random.Next(), plain.Next());
}

TEST(TreeSeedTest, NeighbouringSeedsAndTreesDiffer) {
  std::set<uint64_t> seeds;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    for (uint64_t tree = 0; tree < 100; ++tree) {
      seeds.insert(TreeSeed(seed, tree));
    }
  }
  EXPECT_EQ(seeds.size(), 10000u);
}

}  // namespace
}  // namespace annod
