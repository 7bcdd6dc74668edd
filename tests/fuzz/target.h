#ifndef ANNOD_TESTS_FUZZ_TARGET_H_
#define ANNOD_TESTS_FUZZ_TARGET_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace annod::fuzz {

// A reader of bytes, and how it is given some. What may not happen ends the
// process: a signal, a sanitizer's report, Require().
struct Target {
  // NAME_fuzz.cc is its source, tests/fuzz/corpus/NAME its corpus.
  std::string name;
  std::function<void(absl::string_view input)> run;
  // Inputs to begin with: good ones. The corpus that is checked in holds them
  // (ANNOD_FUZZ_SEEDS in replay_test.cc).
  std::function<std::vector<std::string>()> seeds;
};

// Those of this program, by name.
const std::vector<Target>& Targets();

// Makes a target known, at file scope.
class Registration {
 public:
  explicit Registration(Target target);
};

// Ends the process, telling `what` should have been, unless `holds`.
void Require(bool holds, absl::string_view what);

}  // namespace annod::fuzz

#endif  // ANNOD_TESTS_FUZZ_TARGET_H_
