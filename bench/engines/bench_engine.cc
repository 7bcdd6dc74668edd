#include "bench/engines/bench_engine.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/engines/annoy_engine.h"
#include "bench/engines/coded_forest_engine.h"
#include "bench/engines/faiss_engine.h"
#include "bench/engines/forest_engine.h"
#include "bench/engines/graph_engine.h"
#include "bench/engines/hnswlib_engine.h"
#include "bench/engines/index_store.h"
#include "core/status_macros.h"

namespace annod {

absl::Status MakeBenchEngines(
    const std::string& name, const BenchDataset& data,
    const BenchOptions& options,
    std::vector<std::unique_ptr<BenchEngine>>* engines) {
  const IndexStore store(options.directory, data);
  const auto add = [&](absl::StatusOr<std::unique_ptr<BenchEngine>> engine) {
    if (!engine.ok()) return engine.status();
    engines->push_back(*std::move(engine));
    return absl::OkStatus();
  };
  if (name == "graph") return add(MakeGraphEngine(data, options, store));
  if (name == "forest") {
    ANNOD_RETURN_IF_ERROR(add(MakeForestEngine(data, options, store)));
    return add(MakeCodedForestEngine(data, options, store));
  }
  if (name == "exact") return add(MakeExactEngine(data, options, store));
  if (name == "annoy") return add(MakeAnnoyEngine(data, options, store));
  if (name == "hnswlib") return add(MakeHnswlibEngine(data, options, store));
  if (name == "faiss") {
    ANNOD_RETURN_IF_ERROR(add(MakeFaissHnswEngine(data, options, store)));
    const absl::Status status = add(MakeFaissIvfEngine(data, options, store));
    // It has a variant, then.
    return absl::IsUnimplemented(status) ? absl::OkStatus() : status;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("engine '", name,
                   "' is unknown; choose graph, forest, exact, annoy, hnswlib "
                   "or faiss"));
}

}  // namespace annod
