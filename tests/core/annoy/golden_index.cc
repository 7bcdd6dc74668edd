#include "tests/core/annoy/golden_index.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "nlohmann/json.hpp"

namespace annod {
namespace {

using nlohmann::json;

std::filesystem::path GoldenRoot() {
  const char* root = std::getenv("TEST_SRCDIR");
  const char* workspace = std::getenv("TEST_WORKSPACE");
  std::filesystem::path base = root != nullptr && workspace != nullptr
                                   ? std::filesystem::path(root) / workspace
                                   : std::filesystem::current_path();
  return base / "tests/testdata/golden";
}

std::string ReadWhole(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// Hamming vectors are written as text, one digit a component.
std::vector<float> ReadVector(const json& value) {
  if (!value.is_string()) return value.get<std::vector<float>>();
  std::vector<float> vector;
  for (const char digit : value.get<std::string>()) {
    vector.push_back(digit == '1');
  }
  return vector;
}

GoldenIndex::Query ReadQuery(const json& value) {
  GoldenIndex::Query query;
  if (value.at("by") == "item") {
    query.item = value.at("item");
  } else {
    query.vector = ReadVector(value.at("vector"));
  }
  query.n = value.at("n");
  query.search_k = value.at("search_k");
  query.ids = value.at("ids").get<std::vector<int32_t>>();
  query.distances = value.at("distances").get<std::vector<float>>();
  return query;
}

// The .ann files that a description is of: none if of blobs alone.
std::vector<std::string> FilesOf(const json& value) {
  if (value.contains("file")) return {value.at("file").get<std::string>()};
  std::vector<std::string> files;
  for (const char* kind : {"saved", "ondisk"}) {
    const json blobs = value.value("blobs", json::object());
    if (blobs.contains(kind)) files.push_back(blobs.at(kind).at("file"));
  }
  return files;
}

GoldenIndex ReadDescription(const std::filesystem::path& path,
                            const std::string& file, const json& value) {
  GoldenIndex result;
  GoldenIndex* const index = &result;
  index->name =
      path.parent_path().filename().string() + "/" + path.stem().string();
  if (file.find(".ondisk.") != std::string::npos) index->name += "-ondisk";
  index->path = path.parent_path() / file;
  index->bytes = ReadWhole(index->path);
  index->header_bytes = index->bytes.compare(0, 4, "XINA") == 0 ? 64 : 0;
  index->metric = ParseMetric(value.at("metric").get<std::string>()).value();
  index->dim = value.at("f");
  index->layout = value.value("layout", "");
  index->slot_count = value.at("n_items");
  index->item_count = value.value("n_added", index->slot_count);
  index->tree_count = value.value("n_trees_built", value.value("n_trees", 0));
  index->annoy_tree_count =
      value.value("n_trees_after_load", index->tree_count);
  index->finite = index->name.find("nonfinite") == std::string::npos;
  const json items = value.at("vectors").value("items", json::object());
  for (const auto& [id, vector] : items.items()) {
    index->vectors[std::stoll(id)] = ReadVector(vector);
  }
  for (const json& query : value.at("queries")) {
    index->queries.push_back(ReadQuery(query));
  }
  for (const json& pair : value.value("pairs", json::array())) {
    index->pairs.push_back({pair.at(0), pair.at(1), pair.at(2)});
  }
  return result;
}

}  // namespace

std::vector<std::string> GoldenFolders() {
  return {"annoy-1.16",        "dot-16",           "main", "raw-scratch",
          "scikitplots-0.4.0", "scikitplots-main", "simd", "special"};
}

std::vector<GoldenIndex> ReadGoldenFolder(const std::string& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry :
       std::filesystem::directory_iterator(GoldenRoot() / folder)) {
    if (entry.path().extension() == ".json") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<GoldenIndex> indexes;
  for (const auto& path : paths) {
    const json value = json::parse(ReadWhole(path));
    for (const std::string& file : FilesOf(value)) {
      indexes.push_back(ReadDescription(path, file, value));
    }
  }
  return indexes;
}

std::vector<GoldenIndex> ReadAllGolden() {
  std::vector<GoldenIndex> all;
  for (const std::string& folder : GoldenFolders()) {
    for (GoldenIndex& index : ReadGoldenFolder(folder)) {
      all.push_back(std::move(index));
    }
  }
  return all;
}

bool IsGoldenDistance(Metric metric, float got, float want) {
  // The square root of a difference that cancels.
  if (metric == Metric::kAngular && want < 0.02f) {
    return std::fabs(got - want) <= 1e-3f;
  }
  return std::fabs(got - want) <= 1e-5f * std::fabs(want) + 1e-6f;
}

}  // namespace annod
