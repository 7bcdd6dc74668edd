#include "server/supervisor/readiness.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/version.h"
#include "nlohmann/json.hpp"

namespace annod {
namespace {

constexpr char kServing[] = "serving";

std::string LabelOf(const SeriesSample& sample, absl::string_view name) {
  for (const auto& label : sample.labels) {
    if (label.first == name) return label.second;
  }
  return "";
}

const std::vector<SeriesSample>& SamplesOf(const SlotSamples& samples,
                                           int slot) {
  static const auto* const none = new std::vector<SeriesSample>();
  return slot >= 0 && static_cast<size_t>(slot) < samples.size() ? samples[slot]
                                                                 : *none;
}

bool SaysReady(const std::vector<SeriesSample>& samples) {
  return std::any_of(samples.begin(), samples.end(), [](const auto& sample) {
    return sample.name == "annod_worker_ready" && sample.value == 1;
  });
}

bool Serves(const std::vector<SeriesSample>& samples,
            const std::string& index) {
  return std::any_of(samples.begin(), samples.end(), [&](const auto& sample) {
    return sample.name == "annod_index_state" && sample.value == 1 &&
           LabelOf(sample, "index") == index &&
           LabelOf(sample, "state") == kServing;
  });
}

nlohmann::json ChildrenJson(const SupervisorStatus::Snapshot& status,
                            const SlotSamples& samples) {
  nlohmann::json children = nlohmann::json::array();
  for (const ChildStatus& child : status.children) {
    nlohmann::json entry = {{"role", RoleName(child.role)},
                            {"slot", child.slot},
                            {"pid", child.pid},
                            {"alive", child.alive},
                            {"stalled", child.stalled},
                            {"restarts", child.restart_count}};
    if (!child.last_cause.empty()) entry["last_end"] = child.last_cause;
    if (child.alive) {
      entry["uptime_seconds"] =
          absl::ToDoubleSeconds(absl::Now() - child.start_time);
    }
    if (child.role == ChildOptions::Role::kWorker) {
      entry["ready"] = child.alive && SaysReady(SamplesOf(samples, child.slot));
    }
    children.push_back(std::move(entry));
  }
  return children;
}

nlohmann::json IndexesJson(const SlotSamples& samples) {
  nlohmann::json indexes = nlohmann::json::object();
  for (const auto& slot : samples) {
    for (const SeriesSample& sample : slot) {
      const std::string index = LabelOf(sample, "index");
      if (sample.name == "annod_index_items") {
        indexes[index]["items"] = sample.value;
      } else if (sample.name == "annod_index_version") {
        indexes[index]["version"] = sample.value;
      } else if (sample.name == "annod_index_state" && sample.value == 1) {
        nlohmann::json& count =
            indexes[index]["workers"][LabelOf(sample, "state")];
        count = count.is_null() ? 1 : count.get<int>() + 1;
      }
    }
  }
  return indexes;
}

}  // namespace

Readiness JudgeReadiness(const SupervisorStatus::Snapshot& status,
                         const SlotSamples& samples) {
  if (status.draining) return {false, "draining"};
  for (const ChildStatus& child : status.children) {
    if (child.role != ChildOptions::Role::kWorker) continue;
    const std::string who = absl::StrCat("worker ", child.slot);
    if (!child.alive) return {false, absl::StrCat(who, " is being restarted")};
    if (child.stalled) {
      return {false, absl::StrCat(who, " does not answer")};
    }
    const std::vector<SeriesSample>& own = SamplesOf(samples, child.slot);
    if (!SaysReady(own)) {
      return {false, absl::StrCat(who, " has not loaded its indexes yet")};
    }
    for (const std::string& index : status.required_indexes) {
      if (!Serves(own, index)) {
        return {false, absl::StrCat(who, " does not serve the required index '",
                                    index, "'")};
      }
    }
  }
  return {true, ""};
}

std::string HealthJson(const SupervisorStatus::Snapshot& status,
                       const SlotSamples& samples) {
  const Readiness readiness = JudgeReadiness(status, samples);
  nlohmann::json document = {
      {"ready", readiness.ready},
      {"reason", readiness.reason},
      {"draining", status.draining},
      {"version", kVersion},
      {"required_indexes", status.required_indexes},
      {"children", ChildrenJson(status, samples)},
      {"indexes", IndexesJson(samples)},
  };
  return document.dump(2, ' ', false,
                       nlohmann::json::error_handler_t::replace) +
         "\n";
}

}  // namespace annod
