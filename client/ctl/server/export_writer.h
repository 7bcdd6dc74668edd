#ifndef ANNOD_CLIENT_CTL_SERVER_EXPORT_WRITER_H_
#define ANNOD_CLIENT_CTL_SERVER_EXPORT_WRITER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/types.h"

namespace annod::ctl {

enum class ExportFormat { kJsonLines, kCsv, kNpy };

struct ExportOptions {
  std::string path;  // "-": standard output, for kJsonLines and kCsv
  ExportFormat format = ExportFormat::kJsonLines;
  bool force = false;  // replace existing files
  int dim = 0;
  std::vector<std::string> feature_names;  // none, or dim of them
};

// Items in a file that `add` and `fit` read back: ids, labels and vectors, the
// numbers exactly. Files appear whole or not at all. One thread.
class ExportWriter {
 public:
  // AlreadyExists for a file that may not be replaced.
  static absl::StatusOr<std::unique_ptr<ExportWriter>> Create(
      const ExportOptions& options);
  virtual ~ExportWriter() = default;

  // By ascending id. InvalidArgument for a label that the format cannot hold.
  virtual absl::Status Add(const client::StoredItem& item) = 0;
  // The files written; without it there are none.
  virtual absl::StatusOr<std::vector<std::string>> Finish() = 0;
};

// Files beside "x.npy", which holds vectors alone: "x.labels.txt".
std::string CompanionPath(const std::string& npy_path, const std::string& what);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_SERVER_EXPORT_WRITER_H_
