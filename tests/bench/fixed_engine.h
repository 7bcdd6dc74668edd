#ifndef ANNOD_TESTS_BENCH_FIXED_ENGINE_H_
#define ANNOD_TESTS_BENCH_FIXED_ENGINE_H_

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench/engines/bench_engine.h"

namespace annod {

// Answers every query with the same ids: those given for the setting "effort".
class FixedEngine final : public BenchEngine {
 public:
  FixedEngine(const std::string& name, const std::string& label,
              std::map<int, std::vector<int32_t>> ids)
      : BenchEngine(name, label), ids_(std::move(ids)) {
    std::vector<int> efforts;
    for (const auto& [effort, unused] : ids_) efforts.push_back(effort);
    SetSettings("effort", efforts);
    build_params_ = {{"M", 16}, {"kind", label}};
    build_seconds_ = 2.5;
    index_bytes_ = 1000;
  }
  explicit FixedEngine(std::vector<int32_t> ids)
      : FixedEngine("fixed", "fixed", {{1, std::move(ids)}}) {}

  void Use(const BenchParams& setting) override { effort_ = setting["effort"]; }
  void Search(absl::Span<const float>, int,
              std::vector<int32_t>* ids) override {
    *ids = ids_[effort_];
    computed_ += 7;
  }
  std::optional<int64_t> distances() const override { return computed_; }

  void set_build_seconds(double seconds) { build_seconds_ = seconds; }

 private:
  std::map<int, std::vector<int32_t>> ids_;
  int effort_ = 0;
  int64_t computed_ = 0;
};

}  // namespace annod

#endif  // ANNOD_TESTS_BENCH_FIXED_ENGINE_H_
