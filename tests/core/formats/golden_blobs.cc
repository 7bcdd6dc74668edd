#include "tests/core/formats/golden_blobs.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "nlohmann/json.hpp"

namespace annod {
namespace {

using nlohmann::json;

std::string ReadWhole(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

GoldenBlobs Read(const std::filesystem::path& path) {
  const json value = json::parse(ReadWhole(path));
  GoldenBlobs golden;
  const std::string folder = path.parent_path().filename().string();
  golden.name = folder + "/" + path.stem().string();
  golden.metric = ParseMetric(value.at("metric").get<std::string>()).value();
  golden.dim = value.at("f");
  const std::vector<LayoutKind> kinds = LayoutsForMetric(golden.metric);
  golden.layout = folder == "scikitplots-main" ? kinds.back() : kinds.front();
  golden.slot_count = value.at("n_items");
  golden.item_count = value.contains("ids")
                          ? static_cast<int64_t>(value.at("ids").size())
                          : golden.slot_count;
  golden.tree_count = value.at("n_trees");
  if (value.contains("seed") && !value.at("seed").is_null()) {
    golden.seed = value.at("seed").get<uint64_t>();
  }
  // Some descriptions do not list their files.
  for (const char* kind :
       {"native", "portable", "canonical", "canonical-unbuilt"}) {
    const std::filesystem::path file =
        path.parent_path() / (path.stem().string() + "." + kind + ".bin");
    if (std::filesystem::exists(file)) golden.bytes[kind] = ReadWhole(file);
  }
  for (const char* kind : {"saved", "ondisk"}) {
    const std::filesystem::path file =
        path.parent_path() / (path.stem().string() + "." + kind + ".ann");
    if (std::filesystem::exists(file)) golden.bytes[kind] = ReadWhole(file);
  }
  for (const json& query : value.value("queries", json::array())) {
    if (query.at("by") != "vector") continue;
    golden.queries.push_back({query.at("vector").get<std::vector<float>>(),
                              query.at("n"), query.at("search_k"),
                              query.at("ids").get<std::vector<int32_t>>(),
                              query.at("distances").get<std::vector<float>>()});
  }
  return golden;
}

}  // namespace

std::string GoldenBlobs::SavedNodes() const {
  const auto saved = bytes.find("saved");
  if (saved == bytes.end()) return "";
  const bool has_header = saved->second.rfind("XINA", 0) == 0;
  return saved->second.substr(has_header ? 64 : 0);
}

std::vector<GoldenBlobs> ReadGoldenBlobs() {
  std::vector<GoldenBlobs> all;
  for (const char* folder : {"scikitplots-0.4.0", "scikitplots-main"}) {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(
             std::string("tests/testdata/golden/") + folder)) {
      if (entry.path().extension() == ".json") paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    for (const auto& path : paths) all.push_back(Read(path));
  }
  return all;
}

}  // namespace annod
