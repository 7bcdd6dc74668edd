#ifndef ANNOD_BENCH_ENGINES_BENCH_ENGINE_H_
#define ANNOD_BENCH_ENGINES_BENCH_ENGINE_H_

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "bench/engines/hdf5_dataset.h"

namespace annod {

// A flat object: names and values of parameters, in order.
using BenchParams = nlohmann::ordered_json;

struct BenchOptions {
  // Building.
  int threads = 1;  // of every engine
  uint64_t seed = kDefaultSeed;
  int trees = 50;        // forest, annoy
  int graph_trees = 12;  // graph: of the forest it is cut from
  int degree = 0;        // graph: neighbours of an item; 0: as suits the data
  int code_bits = 0;     // graph: of a component; 0: as suits the data
  // Where indexes are kept. One that is there already is used as it is.
  std::string directory;

  // Settings to try when searching, cheapest first.
  std::vector<int> search_k;  // forest, annoy
  std::vector<int> beams;     // graph
  std::vector<int> ef;        // hnswlib; faiss: HNSW
  std::vector<int> nprobe;    // faiss: IVF
  std::vector<int> k_factor;  // faiss: IVF, with each nprobe
};

// One way to search a data set, with one thread.
class BenchEngine {
 public:
  // `name`: what the flag and the output call it. `label`: the same, but
  // different for each variant of an engine.
  BenchEngine(std::string name, std::string label)
      : name_(std::move(name)), label_(std::move(label)) {}
  virtual ~BenchEngine() = default;

  const std::string& name() const { return name_; }
  const std::string& label() const { return label_; }
  // What the index was built with.
  const BenchParams& build_params() const { return build_params_; }
  // Wall seconds, when the index was built.
  double build_seconds() const { return build_seconds_; }
  uint64_t index_bytes() const { return index_bytes_; }
  // At least one: an empty object if there is nothing to set.
  const std::vector<BenchParams>& settings() const { return settings_; }

  // Makes the following searches use a setting.
  virtual void Use(const BenchParams& setting) = 0;

  // Replaces `*ids` with the `n` nearest found. Aborts on an internal error.
  virtual void Search(absl::Span<const float> query, int n,
                      std::vector<int32_t>* ids) = 0;

  // Distances computed by all searches so far; nothing if unknown.
  virtual std::optional<int64_t> distances() const { return std::nullopt; }

 protected:
  // One setting for each of `values`.
  void SetSettings(const char* name, const std::vector<int>& values) {
    for (const int value : values) {
      BenchParams setting;
      setting[name] = value;
      settings_.push_back(std::move(setting));
    }
  }

  BenchParams build_params_ = BenchParams::object();
  std::vector<BenchParams> settings_;
  double build_seconds_ = 0;
  uint64_t index_bytes_ = 0;

 private:
  const std::string name_, label_;
};

// Appends the engine called `name`, ready to search, or its variants, to
// `*engines`. "graph", "forest": ours; "exact": ours, every item; "annoy",
// "hnswlib", "faiss": other libraries. `data` must outlive them.
// InvalidArgument for another name; Unimplemented if the engine does not know
// the metric; failures of building and opening.
absl::Status MakeBenchEngines(
    const std::string& name, const BenchDataset& data,
    const BenchOptions& options,
    std::vector<std::unique_ptr<BenchEngine>>* engines);

}  // namespace annod

#endif  // ANNOD_BENCH_ENGINES_BENCH_ENGINE_H_
