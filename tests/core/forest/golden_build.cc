#include "tests/core/forest/golden_build.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "core/annoy/node_fields.h"

namespace annod {
namespace {

using nlohmann::json;

const char kGoldenDir[] = "tests/testdata/golden/";

std::string ReadAll(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

std::vector<float> ListedItem(const json& item) {
  if (item.is_array()) return item.get<std::vector<float>>();
  std::vector<float> bits;
  for (const char bit : item.get<std::string>()) bits.push_back(bit - '0');
  return bits;
}

// The generator of the fixtures.
class Lcg {
 public:
  explicit Lcg(uint64_t seed) : state_(seed) {}
  uint64_t Next() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return state_;
  }
  float NextFloat() {
    return static_cast<float>(static_cast<int64_t>(Next() >> 40) - (1 << 23)) /
           (1 << 23);
  }

 private:
  uint64_t state_;
};

std::vector<std::vector<float>> GenerateRows(const json& info, int64_t count,
                                             Metric metric, int dim) {
  std::vector<std::vector<float>> rows;
  Lcg lcg(info["lcg_seed"].get<uint64_t>());
  const float scales[] = {0.5f, 1.0f, 2.0f};
  for (int64_t i = 0; i < count; ++i) {
    std::vector<float> row(dim);
    for (float& component : row) {
      if (metric == Metric::kHamming) {
        component = static_cast<float>(lcg.Next() >> 63);
      } else {
        component = lcg.NextFloat();
        if (metric == Metric::kDot) component *= scales[i % 3];
      }
    }
    rows.push_back(row);
  }
  for (const json& pair : info.value("duplicates", json::array())) {
    rows[pair[0].get<int>()] = rows[pair[1].get<int>()];
  }
  for (const json& id : info.value("zeros", json::array())) {
    rows[id.get<int>()].assign(dim, 0.0f);
  }
  return rows;
}

MemoryVectors MakeVectors(const json& golden, Metric metric, int dim) {
  const int64_t count = golden["n_items"].get<int64_t>();
  const json& info = golden["vectors"];
  if (count == 0) return MemoryVectors();
  if (info["lcg_seed"].is_null()) {
    return MemoryVectors(
        std::vector<std::vector<float>>(count, ListedItem(info["items"]["0"])));
  }
  MemoryVectors vectors(GenerateRows(info, count, metric, dim));
  if (golden.contains("ids")) {
    const auto ids = golden["ids"].get<std::vector<int64_t>>();
    for (int64_t id = 0; id < count; ++id) {
      if (std::find(ids.begin(), ids.end(), id) == ids.end()) {
        vectors.Remove(id);
      }
    }
  }
  return vectors;
}

}  // namespace

namespace {

BuildRules RulesOf(const std::string& folder) {
  if (folder == "annoy-1.16") return BuildRules::kAnnoy116;
  if (folder == "scikitplots-0.4.0") return BuildRules::kScikitPlots04;
  if (folder == "scikitplots-main") return BuildRules::kScikitPlotsMain;
  return BuildRules::kAnnoy117;
}

}  // namespace

std::vector<std::string> GoldenNames(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry :
       std::filesystem::directory_iterator(kGoldenDir + folder)) {
    if (entry.path().extension() == ".json") {
      names.push_back(entry.path().stem().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

void ZeroUnusedBytes(const NodeLayout& layout, std::string* nodes) {
  for (size_t at = 0; at < nodes->size(); at += layout.node_bytes) {
    char* node = &(*nodes)[at];
    if (LoadId(node, 0, layout.id_bytes) <= layout.bucket_capacity) continue;
    const auto zero = [node](size_t begin, size_t end) {
      std::fill(node + begin, node + end, 0);
    };
    const size_t children_end = layout.children_offset + 2 * layout.id_bytes;
    switch (layout.metric) {
      case Metric::kHamming:
        zero(children_end, layout.vector_offset);
        zero(layout.vector_offset + sizeof(uint64_t), layout.node_bytes);
        break;
      case Metric::kDot:
        zero(DotFactorOffset(layout.id_bytes) + sizeof(float),
             layout.vector_offset);
        break;
      case Metric::kEuclidean:
      case Metric::kManhattan:
        zero(PlaneOffsetOffset(layout.id_bytes) + sizeof(float),
             layout.children_offset);
        break;
      case Metric::kAngular:
        break;
    }
  }
}

GoldenBuild ReadGolden(const std::string& folder, const std::string& name) {
  const std::string stem = kGoldenDir + folder + "/" + name;
  const json golden = json::parse(ReadAll(stem + ".json"));
  GoldenBuild build;
  ForestBuildOptions& options = build.options;
  options.rules = RulesOf(folder);
  options.metric = *ParseMetric(golden["metric"].get<std::string>());
  options.dim = golden["f"].get<int>();
  options.tree_count = golden.contains("n_trees_requested")
                           ? golden["n_trees_requested"].get<int>()
                           : golden["n_trees"].get<int>();
  if (!golden["seed"].is_null()) options.seed = golden["seed"].get<uint64_t>();
  if (golden.contains("layout")) {
    options.layout = *ParseLayout(golden["layout"].get<std::string>());
  } else if (golden["id_bytes"] == 8) {
    options.layout = LayoutsForMetric(options.metric).back();
  }
  build.scratch_zeroed = golden.value("scratch_zeroed", false);
  build.scalar =
      golden["arithmetic"].get<std::string>().rfind("scalar", 0) == 0;
  build.threads = golden.value("n_threads", 1);
  build.node_count = golden.value("n_nodes", int64_t{0});
  build.vectors = MakeVectors(golden, options.metric, options.dim);
  build.bytes =
      ReadAll(stem + (golden.contains("file") ? "" : ".saved") + ".ann");
  if (build.bytes.rfind("XINA", 0) == 0) build.bytes.erase(0, 64);
  return build;
}

}  // namespace annod
