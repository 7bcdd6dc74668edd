// Blobs that are cut, damaged or made to harm are refused with a reason, and
// what is accepted can be converted. Meant for the sanitizers too.

#include <algorithm>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/annoy/node_fields.h"
#include "core/file_system.h"
#include "core/formats/convert.h"
#include "core/formats/serialized.h"
#include "gtest/gtest.h"
#include "tests/core/forest/build_file.h"
#include "tests/core/formats/golden_blobs.h"

namespace annod {
namespace {

// Reads from a heap block of its own, so that reads behind the end are seen.
// The status; what is read is converted.
absl::Status Use(const std::string& bytes, const GoldenBlobs& golden,
                 bool convert) {
  const std::unique_ptr<char[]> copy(new char[bytes.size() + 1]);
  std::copy(bytes.begin(), bytes.end(), copy.get());
  SerializedReadOptions options;
  options.metric = golden.metric;
  options.dim = golden.dim;
  const auto read =
      ReadSerialized(absl::MakeConstSpan(copy.get(), bytes.size()), options);
  if (!read.ok()) {
    EXPECT_TRUE(read.status().code() == absl::StatusCode::kDataLoss ||
                read.status().code() == absl::StatusCode::kFailedPrecondition)
        << read.status();
    EXPECT_FALSE(read.status().message().empty());
    return read.status();
  }
  if (!convert) return absl::OkStatus();
  ConvertOptions to;
  // Trees may be very many by the header's word.
  if (read->canonical.has_value()) to.tree_count = 2;
  const std::string path = FreshPath("hostile");
  const auto converted =
      ConvertSerialized(*read, to, FileSystem::Posix(), path);
  EXPECT_TRUE(converted.ok()) << converted.status();
  return absl::OkStatus();
}

// Where the nodes or rows begin.
size_t HeadBytes(const GoldenBlobs& golden, const std::string& kind) {
  if (kind == "saved") return golden.wide() ? 64 : 0;
  if (kind == "ondisk") return 0;
  if (kind.rfind("canonical", 0) == 0) return golden.wide() ? 64 : 56;
  const size_t id_bytes = golden.wide() ? 8 : 4;
  return (kind == "portable" ? 28 : 0) +
         (golden.metric == Metric::kHamming ? 16 : 0) + 3 * id_bytes + 8 +
         golden.tree_count * id_bytes;
}

size_t UnitBytes(const GoldenBlobs& golden, const std::string& kind) {
  if (kind.rfind("canonical", 0) == 0) return golden.dim * sizeof(float);
  return MakeNodeLayout(golden.layout, golden.metric, golden.dim)->node_bytes;
}

TEST(HostileBlobTest, BlobCutAnywhereInItsHeadOrAtAnyNodeIsRefused) {
  int cuts = 0, accepted = 0;
  for (const GoldenBlobs& golden : ReadGoldenBlobs()) {
    for (const auto& [kind, bytes] : golden.bytes) {
      if (kind == "saved" || kind == "ondisk") continue;  // of other tests
      const size_t head = HeadBytes(golden, kind);
      const size_t unit = UnitBytes(golden, kind);
      for (size_t size = 0; size < bytes.size();
           size += size < head ? 1 : unit, ++cuts) {
        if (!Use(bytes.substr(0, size), golden, false).ok()) continue;
        ++accepted;
        ADD_FAILURE() << golden.name << " " << kind << " cut to " << size;
      }
      EXPECT_FALSE(Use(bytes + std::string(unit, '\0'), golden, false).ok())
          << golden.name << " " << kind << " with more behind";
      EXPECT_FALSE(Use(bytes + 'x', golden, false).ok());
    }
  }
  EXPECT_GT(cuts, 5000);
  EXPECT_EQ(accepted, 0);
}

TEST(HostileBlobTest, EveryChangedHeadByteIsRefusedOrMeansSomethingElse) {
  int flips = 0;
  for (const GoldenBlobs& golden : ReadGoldenBlobs()) {
    for (const auto& [kind, bytes] : golden.bytes) {
      const size_t head = HeadBytes(golden, kind);
      for (size_t at = 0; at < head; ++at) {
        for (const int mask : {0x01, 0x10, 0x80, 0xff}) {
          std::string damaged = bytes;
          damaged[at] = static_cast<char>(damaged[at] ^ mask);
          const absl::Status status = Use(damaged, golden, at % 8 == 0);
          ++flips;
          if (!status.ok()) continue;
          // No check sum says which number of trees, seed or verbosity it was.
          const bool canonical = kind.rfind("canonical", 0) == 0;
          const size_t shift = golden.wide() ? 4 : 0;
          const bool trees = at >= 24 + shift && at < 28 + 2 * shift;
          const bool chosen = at >= 28 + 2 * shift && at < 44 + 2 * shift;
          EXPECT_TRUE(canonical && (trees || chosen))
              << golden.name << " " << kind << " byte " << at << " xor "
              << mask;
        }
      }
    }
  }
  EXPECT_GT(flips, 8000);
}

TEST(HostileBlobTest, IdsOutOfRangeAndCyclesAreRefused) {
  int tried = 0;
  for (const GoldenBlobs& golden : ReadGoldenBlobs()) {
    for (const char* kind : {"native", "portable"}) {
      if (golden.bytes.count(kind) == 0) continue;
      const std::string& bytes = golden.bytes.at(kind);
      const NodeLayout layout =
          *MakeNodeLayout(golden.layout, golden.metric, golden.dim);
      const size_t head = HeadBytes(golden, kind);
      const int64_t nodes =
          static_cast<int64_t>((bytes.size() - head) / layout.node_bytes);
      // Roots: whatever is not one.
      const size_t roots = head - golden.tree_count * layout.id_bytes;
      for (const int64_t id : {int64_t{-1}, int64_t{0}, golden.slot_count - 1,
                               nodes, int64_t{1} << 30, int64_t{0x7fffffff}}) {
        std::string damaged = bytes;
        StoreId(damaged.data(), roots, layout.id_bytes, id);
        EXPECT_FALSE(Use(damaged, golden, true).ok());
        ++tried;
      }
      // The first tree's children and lists: out of range, itself, a hole.
      const int64_t root = LoadId(bytes.data(), roots, layout.id_bytes);
      for (int64_t node = golden.slot_count; node <= root; ++node) {
        const size_t at = head + node * layout.node_bytes;
        for (const int64_t id :
             {int64_t{-1}, node, node + 1, nodes, int64_t{0x7fffffff}}) {
          for (int side = 0; side < 2; ++side) {
            std::string damaged = bytes;
            StoreId(damaged.data(),
                    at + layout.children_offset + side * layout.id_bytes,
                    layout.id_bytes, id);
            EXPECT_FALSE(Use(damaged, golden, true).ok())
                << golden.name << " node " << node << " child " << id;
            ++tried;
          }
        }
      }
    }
  }
  EXPECT_GT(tried, 1000);
}

TEST(HostileBlobTest, RandomDamageNeverCrashes) {
  std::mt19937 random(41);
  const std::vector<GoldenBlobs> all = ReadGoldenBlobs();
  int accepted = 0;
  for (int round = 0; round < 20000; ++round) {
    const GoldenBlobs& golden = all[random() % all.size()];
    auto blob = golden.bytes.begin();
    std::advance(blob, random() % golden.bytes.size());
    std::string damaged = blob->second;
    for (size_t change = 1 + random() % 4; change > 0; --change) {
      const size_t at = random() % damaged.size();
      switch (random() % 3) {
        case 0:
          damaged[at] = static_cast<char>(random());
          break;
        case 1: {
          const int64_t numbers[] = {-1,
                                     0,
                                     1,
                                     59,
                                     60,
                                     61,
                                     0x7fffffff,
                                     int64_t{1} << 31,
                                     int64_t{1} << 62};
          const int64_t number = numbers[random() % 9];
          std::memcpy(&damaged[at / 4 * 4], &number,
                      std::min<size_t>(random() % 2 == 0 ? 4 : 8,
                                       damaged.size() - at / 4 * 4));
          break;
        }
        case 2:
          damaged.resize(at + 1);
          break;
      }
    }
    accepted += Use(damaged, golden, round % 8 == 0).ok();
  }
  EXPECT_GT(accepted, 100);
}

}  // namespace
}  // namespace annod
