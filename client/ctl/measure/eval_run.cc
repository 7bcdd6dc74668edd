#include "client/ctl/measure/eval_run.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/as_near.h"
#include "core/status_macros.h"

namespace annod::ctl {
namespace {

// Nothing more is asked of an engine that has found that much.
constexpr double kEnoughRecall = 0.9995;
constexpr double kTruthSeconds = 10;  // as many times the others' time
constexpr size_t kWarmUp = 10;
constexpr double kSearchKRatio = 2;
constexpr double kBeamRatio = 1.5;

double Percentile(const std::vector<double>& ascending, double fraction) {
  const auto last = static_cast<double>(ascending.size() - 1);
  return ascending[static_cast<size_t>(std::lround(fraction * last))];
}

// What is true of one query.
struct Truth {
  size_t query = 0;
  size_t wanted = 0;
  float bound = 0;           // the distance of the last one wanted
  std::vector<int32_t> ids;  // ascending, if they were given
};

class Evaluation {
 public:
  Evaluation(const EvalOptions& options, EvalTarget* target)
      : options_(options), target_(*target) {}

  absl::StatusOr<EvalResult> Run() {
    EvalResult result;
    ANNOD_RETURN_IF_ERROR(FindTruth());
    for (const EvalEngine engine :
         {EvalEngine::kExact, EvalEngine::kForest, EvalEngine::kGraph}) {
      if (Wants(engine)) ANNOD_RETURN_IF_ERROR(AddCurve(engine, &result.curve));
    }
    for (const double recall : options_.min_recalls) {
      EvalSetting setting;
      setting.engine = EvalEngine::kAuto;
      setting.min_recall = recall;
      ANNOD_ASSIGN_OR_RETURN(const EvalRow row, Measure(setting));
      result.promises.push_back(row);
    }
    return result;
  }

 private:
  bool Wants(EvalEngine engine) const {
    return target_.Has(engine) &&
           (options_.engines.empty() ||
            absl::c_linear_search(options_.engines, engine));
  }

  void Progress(const std::string& what, double done) const {
    if (options_.progress) options_.progress(what, done);
  }

  absl::Status FindTruth() {
    const absl::Time end =
        absl::Now() + absl::Seconds(kTruthSeconds * options_.seconds);
    EvalAnswer answer;
    for (size_t q = 0; q < target_.query_count(); ++q) {
      if (truths_.size() == options_.count || absl::Now() > end) break;
      Truth truth;
      truth.query = q;
      const bool given = !options_.truth.empty();
      if (given && options_.truth[q].empty()) continue;
      const absl::Status asked =
          given ? target_.AskAmong(q, options_.truth[q], &answer)
                : target_.Ask(q, EvalSetting(), &answer);
      if (absl::IsNotFound(asked)) continue;
      ANNOD_RETURN_IF_ERROR(asked);
      truth.wanted = answer.distances.size();
      if (truth.wanted > 0) truth.bound = answer.distances.back();
      if (given) {
        truth.ids = answer.ids;
        std::sort(truth.ids.begin(), truth.ids.end());
      }
      if (truth.wanted == 0) continue;
      truths_.push_back(std::move(truth));
      Progress("truth", static_cast<double>(truths_.size()) /
                            static_cast<double>(std::min(
                                options_.count, target_.query_count())));
    }
    if (!truths_.empty()) return absl::OkStatus();
    return absl::FailedPreconditionError(
        "none of the queries has a neighbour: nothing to compare with");
  }

  double RecallOf(const Truth& truth, const EvalAnswer& answer) const {
    const int64_t right =
        CountAsNear(target_.metric(), answer.ids, answer.distances,
                    static_cast<int64_t>(truth.wanted), truth.bound, truth.ids);
    return static_cast<double>(right) / static_cast<double>(truth.wanted);
  }

  absl::StatusOr<EvalRow> Measure(const EvalSetting& setting) {
    const std::string what = absl::StrCat(
        EvalEngineName(setting.engine), " ",
        setting.engine == EvalEngine::kAuto ? absl::StrCat(setting.min_recall)
        : setting.value > 0                 ? absl::StrCat(setting.value)
                                            : "");
    EvalAnswer answer;
    for (size_t t = 0; t < std::min(kWarmUp, truths_.size()); ++t) {
      ANNOD_RETURN_IF_ERROR(target_.Ask(truths_[t].query, setting, &answer));
    }
    std::vector<double> us, recalls;
    double distances = 0;
    const absl::Time end = absl::Now() + absl::Seconds(options_.seconds);
    for (const Truth& truth : truths_) {
      const absl::Time start = absl::Now();
      if (start > end) break;
      ANNOD_RETURN_IF_ERROR(target_.Ask(truth.query, setting, &answer));
      us.push_back(absl::ToDoubleMicroseconds(absl::Now() - start));
      recalls.push_back(RecallOf(truth, answer));
      distances += static_cast<double>(answer.distance_count);
      Progress(what, static_cast<double>(us.size()) /
                         static_cast<double>(truths_.size()));
    }
    const auto count = static_cast<double>(us.size());
    EvalRow row;
    row.setting = setting;
    row.engine = answer.engine;
    row.value = answer.value;
    row.queries = static_cast<int64_t>(us.size());
    for (const double recall : recalls) row.recall += recall;
    row.recall /= count;
    double variance = 0;
    for (const double recall : recalls) {
      variance += (recall - row.recall) * (recall - row.recall) / count;
    }
    const Interval interval = MeanInterval(row.recall, variance, row.queries);
    row.recall_low = interval.low;
    row.recall_high = interval.high;
    row.distances = distances / count;
    double total_us = 0;
    for (const double one : us) total_us += one;
    row.qps = 1e6 * count / total_us;
    std::sort(us.begin(), us.end());
    row.p50_us = Percentile(us, 0.5);
    row.p99_us = Percentile(us, 0.99);
    return row;
  }

  absl::Status AddCurve(EvalEngine engine, std::vector<EvalRow>* curve) {
    const std::vector<int64_t>& given =
        engine == EvalEngine::kGraph ? options_.beams : options_.search_k;
    const bool fixed = engine == EvalEngine::kExact || !given.empty();
    const double ratio =
        engine == EvalEngine::kGraph ? kBeamRatio : kSearchKRatio;
    double next = options_.k;
    for (size_t i = 0; !fixed || i < std::max<size_t>(given.size(), 1); ++i) {
      EvalSetting setting;
      setting.engine = engine;
      if (engine != EvalEngine::kExact) {
        setting.value = fixed ? given[i] : static_cast<int64_t>(next);
        next *= ratio;
        if (!fixed && setting.value > target_.MaxValue(engine)) break;
      }
      ANNOD_ASSIGN_OR_RETURN(const EvalRow row, Measure(setting));
      curve->push_back(row);
      if (engine == EvalEngine::kExact) {
        exact_qps_ = row.qps;
        break;
      }
      if (!fixed && (row.recall >= kEnoughRecall || row.qps < exact_qps_)) {
        break;
      }
    }
    return absl::OkStatus();
  }

  const EvalOptions& options_;
  EvalTarget& target_;
  std::vector<Truth> truths_;
  double exact_qps_ = 0;
};

}  // namespace

std::string EvalEngineName(EvalEngine engine) {
  switch (engine) {
    case EvalEngine::kExact:
      return "exact";
    case EvalEngine::kForest:
      return "forest";
    case EvalEngine::kGraph:
      return "graph";
    case EvalEngine::kAuto:
      break;
  }
  return "auto";
}

Interval MeanInterval(double mean, double variance, int64_t count) {
  constexpr double kDeviations = 1.96;
  constexpr double kNoVariance = 1e-12;  // what rounding makes of none
  // Trials with the outcome 0 or 1 whose mean would vary as much; where the
  // values do not differ at all, as many as there are values.
  double trials = static_cast<double>(count);
  if (variance > kNoVariance) {
    trials *= std::max(1.0, mean * (1 - mean) / variance);
  }
  const double z2 = kDeviations * kDeviations / trials;
  const double centre = (mean + z2 / 2) / (1 + z2);
  const double half = kDeviations / (1 + z2) *
                      std::sqrt(mean * (1 - mean) / trials + z2 / (4 * trials));
  return {std::clamp(centre - half, 0.0, mean),
          std::clamp(centre + half, mean, 1.0)};
}

std::string KeptText(const EvalRow& row) {
  if (row.recall >= row.setting.min_recall) return "yes";
  return row.recall_high < row.setting.min_recall ? "no" : "within chance";
}

absl::StatusOr<EvalResult> Evaluate(const EvalOptions& options,
                                    EvalTarget* target) {
  return Evaluation(options, target).Run();
}

}  // namespace annod::ctl
