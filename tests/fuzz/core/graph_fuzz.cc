// The graph file beside a forest: what passes its checks can be searched.
// Checksums are made right before it is read, or nothing would get behind them.

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "core/graph/graph_index.h"
#include "core/graph/graph_writer.h"
#include "tests/core/graph/built_graph.h"
#include "tests/core/testing/memory_file_system.h"
#include "tests/fuzz/core/small_forest.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/target.h"
#include "xxhash.h"

namespace annod::fuzz {
namespace {

constexpr Metric kGraphMetrics[] = {Metric::kEuclidean, Metric::kDot,
                                    Metric::kHamming, Metric::kAngular};
constexpr int kDim = 8;
constexpr int kItems = 12;

const ForestAndGraph& BothOf(size_t metric) {
  static const auto* const both = [] {
    auto* const made = new std::vector<ForestAndGraph>();
    for (const Metric metric : kGraphMetrics) {
      GraphBuildOptions options = SmallGraphOptions();
      options.degree = 6;
      options.hard_degree = 6;
      options.code_bits = metric == Metric::kEuclidean ? 4
                          : metric == Metric::kAngular ? 16
                                                       : 0;
      made->push_back(
          BuildBoth(SmallVectors(metric, kDim, kItems), metric, kDim, options));
    }
    return made;
  }();
  return (*both)[metric];
}

std::string Sealed(std::string file, const GraphHeader& right, int what) {
  if (file.size() < sizeof(GraphHeader)) return file;
  GraphHeader header = ReadStruct<GraphHeader>(file, 0);
  if ((what & 1) != 0) {
    header.forest_bytes = right.forest_bytes;
    header.forest_checksum = right.forest_checksum;
  }
  if ((what & 2) != 0) header.file_bytes = file.size();
  header.payload_checksum = XXH3_64bits(file.data() + sizeof(GraphHeader),
                                        file.size() - sizeof(GraphHeader));
  header.header_checksum =
      XXH3_64bits(&header, offsetof(GraphHeader, header_checksum));
  WriteStruct(header, 0, &file);
  return file;
}

std::string FileOf(const ForestAndGraph& both) {
  MemoryFileSystem fs;
  const BeamCurve curve = {{{10, 0.5}, {20, 0.75}}, 250};
  Require(
      WriteGraphFile(&fs, "/graph", both.built.graph, curve, both.forest).ok(),
      "a graph file");
  return *fs.ReadFile("/graph", size_t{1} << 24);
}

void Use(const GraphIndex& graph, const ForestIndex& forest) {
  static SearchScratch* const scratch = NewSearchScratch().release();
  std::vector<Neighbor> found;
  SearchStats stats;
  for (const int32_t beam : {0, 2, 1 << 30}) {
    SearchOptions options;
    options.n = 5;
    options.beam = beam;
    for (const float first : {0.0f, 0.75f, -3e38f}) {
      std::vector<float> query(kDim, 0.25f);
      query[0] = first;
      const auto searched =
          graph.Search(query, options, scratch, &found, &stats);
      Require(searched.ok() || found.empty(), "nothing by a failure");
      for (const Neighbor& neighbor : found) {
        Require(forest.HasItem(neighbor.id), "what is found is there");
      }
      options.search_k = beam;
      graph.SearchForest(query, options, scratch, &found, &stats).IgnoreError();
      for (const Neighbor& neighbor : found) {
        Require(forest.HasItem(neighbor.id), "what is found is there");
      }
    }
  }
}

void Run(absl::string_view bytes) {
  Input input(bytes);
  const ForestAndGraph& both = BothOf(input.Choice(std::size(kGraphMetrics)));
  static const auto* const right = [] {
    auto* const headers = new std::vector<GraphHeader>();
    for (size_t i = 0; i < std::size(kGraphMetrics); ++i) {
      headers->push_back(ReadStruct<GraphHeader>(FileOf(BothOf(i)), 0));
    }
    return headers;
  }();
  Input again(bytes);
  const GraphHeader& header = (*right)[again.Choice(std::size(kGraphMetrics))];
  const int what = input.Byte();
  const std::string file(input.Rest());
  for (const std::string& contents : {file, Sealed(file, header, what)}) {
    MemoryFileSystem fs;
    Require((*fs.CreateFile("/graph"))->Append(contents).ok(), "a file");
    const auto graph = GraphIndex::Open(&fs, "/graph", both.index,
                                        /*verify=*/true, Prefault::kNone);
    if (graph.ok()) Use(**graph, *both.index);
  }
}

std::vector<std::string> Seeds() {
  std::vector<std::string> seeds;
  for (size_t i = 0; i < std::size(kGraphMetrics); ++i) {
    seeds.push_back(std::string{static_cast<char>(i), '\3'} +
                    FileOf(BothOf(i)));
  }
  return seeds;
}

const Registration kGraph({"graph", Run, Seeds});

}  // namespace
}  // namespace annod::fuzz
