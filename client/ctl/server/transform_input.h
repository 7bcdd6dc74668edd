#ifndef ANNOD_CLIENT_CTL_SERVER_TRANSFORM_INPUT_H_
#define ANNOD_CLIENT_CTL_SERVER_TRANSFORM_INPUT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/input/line_reader.h"
#include "client/input/vector_reader.h"
#include "client/types.h"
#include "core/metric.h"

namespace annod::ctl {

enum class TransformInputType { kVectors, kItems, kLabels };

// Queries from a file: rows, or one id or label a line. One thread at a time.
class TransformInput {
 public:
  // `options` count for vectors. "-": standard input. Errors as of
  // OpenVectorFile().
  static absl::StatusOr<std::unique_ptr<TransformInput>> Open(
      const std::string& path, TransformInputType type,
      const VectorReaderOptions& options);
  // Queries for these items.
  static std::unique_ptr<TransformInput> OfItems(std::vector<int32_t> items);

  // The reader of vectors; null for ids and labels.
  const VectorReader* vectors() const { return rows_.get(); }

  // How many queries there are, if that is known.
  std::optional<int64_t> count() const;

  // Replaces `*batch` by the next queries, at most `limit`; none at the end.
  absl::Status Next(size_t limit, std::vector<client::Query>* batch);

  // Where query `i` of the last batch stands, "line 3"; empty if there is no
  // file.
  std::string PlaceInBatch(int64_t i) const;

 private:
  TransformInput() = default;
  // False at the end.
  absl::StatusOr<bool> NextOne(client::Query* query);

  TransformInputType type_ = TransformInputType::kItems;
  std::unique_ptr<VectorReader> rows_;        // of vectors
  std::unique_ptr<input::LineReader> lines_;  // of ids and labels in a file
  std::vector<int32_t> items_;                // else
  size_t next_item_ = 0;
  std::vector<float> row_;
  std::string line_;
  std::string path_;
  std::optional<Metric> metric_;
  std::vector<std::string> places_;  // of the last batch
};

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_SERVER_TRANSFORM_INPUT_H_
