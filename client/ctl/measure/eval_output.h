#ifndef ANNOD_CLIENT_CTL_MEASURE_EVAL_OUTPUT_H_
#define ANNOD_CLIENT_CTL_MEASURE_EVAL_OUTPUT_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/ctl/common/output_file.h"
#include "client/ctl/measure/eval_arguments.h"
#include "client/ctl/measure/eval_run.h"

namespace annod::ctl {

// Prints an evaluation of `name` as tables or as one JSON document.
void PrintEval(const std::string& name, const EvalArguments& arguments,
               const EvalResult& result, bool json);

// Recall against queries per second as an SVG file.
class EvalPicture {
 public:
  // AlreadyExists if there is such a file and it may not be replaced.
  static absl::StatusOr<std::unique_ptr<EvalPicture>> Prepare(
      const std::string& path, bool force);
  absl::Status Draw(const std::string& name, int k, const EvalResult& result);

 private:
  std::unique_ptr<OutputFile> place_;
};

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_MEASURE_EVAL_OUTPUT_H_
