#ifndef ANNOD_CLIENT_CTL_FILE_FILE_VECTOR_SOURCE_H_
#define ANNOD_CLIENT_CTL_FILE_FILE_VECTOR_SOURCE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/input/vector_reader.h"
#include "core/forest/forest_builder.h"
#include "core/metric.h"

namespace annod::ctl {

// The rows of a vector file as items for BuildForest(): 0, 1, 2, ..., or with
// the ids that they have, which must ascend. The file is read again from the
// start for each pass, never held in memory; what comes through a pipe is
// copied to a temporary file. One thread.
class FileVectorSource final : public VectorSource {
 public:
  // Reads the file once to count its rows if it does not tell their number, or
  // if they have ids.
  static absl::StatusOr<std::unique_ptr<FileVectorSource>> Open(
      const std::string& path, const VectorReaderOptions& options);

  int dim() const { return dim_; }
  bool has_labels() const { return has_labels_; }
  // How the file was understood.
  const InputDescription& description() const { return description_; }
  int64_t slot_count() const override { return slots_; }
  bool Get(int64_t id, absl::Span<float> out) const override;

  // Called with each id and its label, in the first pass.
  void set_label_sink(
      std::function<absl::Status(int64_t id, const std::string& label)> sink) {
    label_sink_ = std::move(sink);
  }

  // Rows that an index of that metric does not take are errors that name them.
  void set_metric(Metric metric) { metric_ = metric; }

  // The interface knows no errors: the first one stops the build through this
  // flag and is kept in status().
  const std::atomic<bool>* stop() const { return &stop_; }
  const absl::Status& status() const { return status_; }

 private:
  explicit FileVectorSource(RereadableFile file) : file_(std::move(file)) {}

  absl::Status CountRows();
  absl::Status Reopen() const;
  // Reads on until the row read last has `id` or a larger one.
  absl::Status Seek(int64_t id) const;
  absl::Status ReadRow() const;

  const RereadableFile file_;
  int dim_ = 0;
  bool has_labels_ = false;
  bool has_ids_ = false;
  InputDescription description_;
  int64_t rows_ = 0;
  int64_t slots_ = 0;
  std::optional<Metric> metric_;
  std::function<absl::Status(int64_t, const std::string&)> label_sink_;

  // The reading position: not a part of what the source is.
  mutable std::unique_ptr<VectorReader> reader_;
  mutable int64_t rows_read_ = 0;
  mutable int64_t id_ = -1;  // of the row read last, in row_
  mutable int64_t labels_passed_ = 0;
  mutable std::vector<float> row_;
  mutable std::string label_;
  mutable absl::Status status_;
  mutable std::atomic<bool> stop_{false};
};

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_FILE_FILE_VECTOR_SOURCE_H_
