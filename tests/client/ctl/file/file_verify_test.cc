// `annodctl file verify` makes every check that a strict reader can make: one
// violation at a time in a file of the original, found and named.
#include <cmath>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "core/annoy/node_fields.h"
#include "core/annoy/node_layout.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/ctl/run_annodctl.h"
#include "tests/core/annoy/golden_index.h"
#include "tests/core/testing/temp_dir.h"

namespace annod {
namespace {

using ::testing::HasSubstr;

// A golden file of 500 items, to be damaged.
class Victim {
 public:
  explicit Victim(const std::string& name) {
    for (const GoldenIndex& golden : ReadAllGolden()) {
      if (golden.name != name) continue;
      metric_ = golden.metric;
      dim_ = golden.dim;
      slots_ = golden.slot_count;
      bytes_ = golden.bytes;
    }
    for (const LayoutKind kind : LayoutsForMetric(metric_)) {
      const NodeLayout layout = *MakeNodeLayout(kind, metric_, dim_);
      const bool fits =
          name.rfind("dot-16/", 0) != 0 || kind == LayoutKind::kDot16;
      if (fits) {
        layout_ = layout;
        break;
      }
    }
  }

  Metric metric() const { return metric_; }
  int dim() const { return dim_; }
  const NodeLayout& layout() const { return layout_; }
  std::string* bytes() { return &bytes_; }
  int64_t slots() const { return slots_; }
  int64_t last() const {
    return static_cast<int64_t>(bytes_.size() / layout_.node_bytes) - 1;
  }

  int32_t Int(int64_t node, size_t offset) const {
    return LoadField<int32_t>(&bytes_[node * layout_.node_bytes], offset);
  }
  void SetInt(int64_t node, size_t offset, int32_t value) {
    std::memcpy(&bytes_[node * layout_.node_bytes + offset], &value, 4);
  }
  void SetFloat(int64_t node, size_t offset, float value) {
    std::memcpy(&bytes_[node * layout_.node_bytes + offset], &value, 4);
  }
  int32_t Child(int64_t node, int k) const {
    return Int(node, layout_.children_offset + 4 * k);
  }
  void SetChild(int64_t node, int k, int32_t id) {
    SetInt(node, layout_.children_offset + 4 * k, id);
  }

  // The first tree node that is a list of several; that is a split, but no
  // root.
  int64_t Bucket() const {
    return Find([this](int32_t n) { return n <= layout_.bucket_capacity; });
  }
  int64_t Split() const {
    return Find([this](int32_t n) {
      return n > layout_.bucket_capacity && n < slots_;
    });
  }
  bool IsSplit(int64_t i) const { return Int(i, 0) > layout_.bucket_capacity; }

 private:
  int64_t Find(const std::function<bool(int32_t)>& wanted) const {
    for (int64_t i = slots_; i <= last(); ++i) {
      if (Int(i, 0) > 1 && wanted(Int(i, 0))) return i;
    }
    ADD_FAILURE() << "no such node";
    return slots_;
  }

  Metric metric_ = Metric::kAngular;
  int dim_ = 0;
  int64_t slots_ = 0;
  NodeLayout layout_ =
      *MakeNodeLayout(LayoutKind::kAngular12, Metric::kAngular, 1);
  std::string bytes_;
};

struct Case {
  const char* golden;
  const char* what;
  std::function<void(Victim*)> damage;
  const char* message;
};

const char kEuclidean[] = "main/euclidean-f7-n500";
const char kDot16File[] = "dot-16/dot-f7-n500";

std::vector<Case> Cases() {
  return {
      {kEuclidean, "size",
       [](Victim* v) { v->bytes()->resize(v->bytes()->size() - 4); },
       "is not a multiple"},
      {kEuclidean, "cut at a node",
       [](Victim* v) {
         v->bytes()->resize(v->bytes()->size() - 30 * v->layout().node_bytes);
       },
       "cut short"},
      {kEuclidean, "more items than nodes",
       [](Victim* v) { v->SetInt(v->last(), 0, 1 << 20); },
       "says there are 1048576 items"},
      {kEuclidean, "slot that is no slot",
       [](Victim* v) { v->SetInt(17, 0, 2); },
       "node 17 is one of 500 item slots and says it has 2 descendants"},
      {kEuclidean, "copy unlike its root",
       [](Victim* v) { v->SetFloat(v->last(), 4, 0.125f); }, "root"},
      {kEuclidean, "child behind the file",
       [](Victim* v) { v->SetChild(v->Split(), 0, 1 << 24); },
       "has child 16777216"},
      {kEuclidean, "negative child",
       [](Victim* v) { v->SetChild(v->Split(), 1, -1); }, "has child -1"},
      {kEuclidean, "cycle",
       [](Victim* v) {
         v->SetChild(v->Split(), 1, static_cast<int32_t>(v->Split()));
       },
       "a child is the number of an earlier node"},
      {kEuclidean, "listed id out of range",
       [](Victim* v) { v->SetChild(v->Bucket(), 0, 500); },
       "lists item 500 (1 of"},
      {kEuclidean, "negative listed id",
       [](Victim* v) { v->SetChild(v->Bucket(), 1, -7); }, "lists item -7"},
      {kEuclidean, "list not ascending",
       [](Victim* v) { v->SetChild(v->Bucket(), 1, v->Child(v->Bucket(), 0)); },
       " after item "},
      {kEuclidean, "listed hole",
       [](Victim* v) { v->SetInt(v->Child(v->Bucket(), 0), 0, 0); },
       "which is no item"},
      {kEuclidean, "counts that do not add up",
       [](Victim* v) { v->SetInt(v->Split(), 0, v->Int(v->Split(), 0) + 1); },
       "its children have"},
      {kEuclidean, "item reached twice",
       [](Victim* v) {
         // Every list is ascending, so its first id may become any smaller one.
         int64_t list = v->Bucket();
         while (v->Child(list, 0) == 0) ++list;
         v->SetChild(list, 0, v->Child(list, 0) - 1);
       },
       "twice"},
      {kEuclidean, "node with two parents",
       [](Victim* v) {
         int64_t split = v->slots();
         const auto twins = [v](int64_t i) {
           const int32_t a = v->Child(i, 0), b = v->Child(i, 1);
           return v->IsSplit(i) && a >= v->slots() && b >= v->slots() &&
                  v->Int(a, 0) == v->Int(b, 0);
         };
         while (!twins(split)) ++split;
         v->SetChild(split, 0, v->Child(split, 1));
       },
       "has several parents"},
      {kEuclidean, "fields of another metric",
       [](Victim* v) {
         for (int i = 0; i < 300; ++i) v->SetFloat(i, 4, 1.0f);
       },
       "another metric's file?"},
      {kEuclidean, "normal not of unit length",
       [](Victim* v) {
         for (int j = 0; j < 7; ++j) v->SetFloat(v->Split(), 16 + 4 * j, 3.0f);
       },
       "splits by a plane whose normal has the squared length"},
      {kEuclidean, "plane offset not finite",
       [](Victim* v) { v->SetFloat(v->Split(), 4, NAN); },
       "splits by a plane with the constant nan"},
      {kEuclidean, "component not finite",
       [](Victim* v) { v->SetFloat(3, 16 + 8, INFINITY); },
       "node 3 has the component inf at 2"},
      {"main/manhattan-f7-n500", "component not a number",
       [](Victim* v) { v->SetFloat(4, 16, NAN); },
       "node 4 has the component nan at 0"},
      {"main/angular-f7-n500", "norm of another vector",
       [](Victim* v) { v->SetFloat(200, 4, 77.0f); },
       "node 200 stores the squared norm 77"},
      {kDot16File, "extra component of another vector",
       [](Victim* v) { v->SetFloat(200, 12, 0.5f); },
       "node 200 has dot factor 0.5"},
      {kDot16File, "slots with children",
       [](Victim* v) {
         for (int i = 0; i < 300; ++i) v->SetInt(i, 4, 1);
       },
       "another metric's file?"},
      {"main/dot-f7-n500", "extra component of another vector",
       [](Victim* v) { v->SetFloat(200, 12, 0.5f); },
       "node 200 has dot factor 0.5"},
      {"main/dot-f7-n500", "another largest norm",
       [](Victim* v) { v->SetFloat(200, 16, 0.5f); },
       "node 200 stores the largest squared norm as 0.5"},
      {"main/dot-f7-n500", "not marked as built",
       [](Victim* v) { v->SetInt(200, 20, 0); },
       "node 200 is an item slot not marked as built"},
      {"main/hamming-f64-n500", "bit behind the vector",
       [](Victim* v) { v->SetInt(v->Split(), 16, 64); },
       "splits at bit 64; vectors have 64 bits"},
  };
}

RunResult Verify(const Victim& victim, const std::string& path) {
  return RunAnnodctl({"file", "verify", path, "--metric",
                      std::string(MetricName(victim.metric())), "--dim",
                      std::to_string(victim.dim()), "--json"});
}

TEST(FileVerifyTest, EachViolationIsRefusedAndNamed) {
  const TempDir dir;
  for (const Case& c : Cases()) {
    SCOPED_TRACE(std::string(c.golden) + ": " + c.what);
    Victim victim(c.golden);
    const std::string path = dir.Path("victim.ann");
    c.damage(&victim);
    OverwriteFile(path, *victim.bytes());
    const RunResult result = Verify(victim, path);
    ASSERT_EQ(result.exit_status, 1) << result.out;
    EXPECT_EQ(result.Json()["error"]["code"], "DATA_LOSS") << result.out;
    EXPECT_THAT(result.Json()["error"]["message"].get<std::string>(),
                HasSubstr(c.message));
  }
}

TEST(FileVerifyTest, WhatIsMerelyOldPasses) {
  const TempDir dir;
  const std::string path = dir.Path("old.ann");
  // Very old files store no norms.
  Victim angular("main/angular-f7-n500");
  for (int i = 0; i < 500; ++i) angular.SetInt(i, 4, 0);
  OverwriteFile(path, *angular.bytes());
  EXPECT_EQ(Verify(angular, path).exit_status, 0);
  // An item in the place of a node of an earlier build.
  Victim euclidean(kEuclidean);
  euclidean.SetInt(9, 8, 1234);
  OverwriteFile(path, *euclidean.bytes());
  const RunResult noted = Verify(euclidean, path);
  EXPECT_EQ(noted.exit_status, 0);
  EXPECT_THAT(noted.out, HasSubstr("the first is node 9"));
  // Bytes of splits that mean nothing, as from a stack.
  Victim dot("main/dot-f7-n500");
  for (const size_t offset : {16, 20}) dot.SetInt(dot.Split(), offset, -1);
  OverwriteFile(path, *dot.bytes());
  EXPECT_EQ(Verify(dot, path).exit_status, 0);
}

}  // namespace
}  // namespace annod
