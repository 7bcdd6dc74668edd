#include "server/supervisor/status_pages.h"

#include <microhttpd.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "annod/v1/index_service.pb.h"
#include "core/version.h"
#include "google/protobuf/stubs/common.h"
#include "server/pages/index_page.h"
#include "server/pages/status_page.h"
#include "server/supervisor/readiness.h"

namespace annod {
namespace {

// Of each worker that is asked about an index; three are, if need be.
constexpr absl::Duration kInfoPatience = absl::Milliseconds(300);
// What is older is no recent trouble.
constexpr absl::Duration kLogAge = absl::Hours(24);

std::vector<std::pair<std::string, std::string>> VersionsInUse() {
  return {
      {"annod", kVersion},
      {"compiler", kCompiler},
      {"gRPC", grpc::Version()},
      {"Protocol Buffers",
       google::protobuf::internal::VersionString(GOOGLE_PROTOBUF_VERSION)},
      {"OpenSSL", OpenSSL_version(OPENSSL_VERSION)},
      {"libmicrohttpd", MHD_get_version()},
  };
}

std::string LabelValue(const SeriesSample& sample, absl::string_view name) {
  for (const auto& label : sample.labels) {
    if (label.first == name) return label.second;
  }
  return "";
}

double SilentSeconds(const std::vector<SeriesSample>& samples, int slot) {
  for (const SeriesSample& sample : samples) {
    if (sample.name == "annod_process_silent_seconds" &&
        LabelValue(sample, "slot") == absl::StrCat(slot)) {
      return sample.value;
    }
  }
  return 0;
}

bool SaysItIsReady(const std::vector<SeriesSample>& samples) {
  return std::any_of(samples.begin(), samples.end(), [](const auto& sample) {
    return sample.name == "annod_worker_ready" && sample.value == 1;
  });
}

}  // namespace

StatusPages::StatusPages(const Collector* collector, int slot,
                         const SupervisorStatus* status, const RecentLog* log,
                         WorkerCalls* workers, std::string address)
    : collector_(collector),
      slot_(slot),
      status_(status),
      log_(log),
      workers_(workers),
      address_(std::move(address)),
      start_time_(absl::Now()),
      thread_([this] { KeepHistory(); }) {}

StatusPages::~StatusPages() {
  stopped_.Stop();
  thread_.join();
}

void StatusPages::KeepHistory() {
  do {
    history_.Add(absl::Now(), ReadFigures(collector_->Collect()));
  } while (!stopped_.AwaitStop(CallHistory::kStep));
}

ServerFacts StatusPages::Facts() const {
  ServerFacts facts;
  facts.now = absl::Now();
  facts.start_time = start_time_;
  facts.address = address_;
  facts.versions = VersionsInUse();
  facts.figures = ReadFigures(collector_->Collect());
  const SupervisorStatus::Snapshot status = status_->Get();
  const std::vector<SeriesSample> own = collector_->ReadSlot(slot_);
  SlotSamples samples;
  for (const ChildStatus& child : status.children) {
    samples.push_back(collector_->ReadSlot(child.slot));
    ProcessFacts process;
    process.role = RoleName(child.role);
    process.slot = child.slot;
    process.alive = child.alive;
    process.stalled = child.stalled;
    process.ready = SaysItIsReady(samples.back());
    process.silent_seconds = SilentSeconds(own, child.slot);
    process.pid = child.pid;
    process.start_time = child.start_time;
    process.restart_count = child.restart_count;
    process.last_end = child.last_cause;
    facts.processes.push_back(std::move(process));
  }
  facts.draining = status.draining;
  facts.unready = JudgeReadiness(status, samples).reason;
  for (const RecentLog::Line& line : log_->NewestFirst()) {
    if (facts.now - line.time > kLogAge) break;
    facts.log.push_back({line.time, line.is_error, line.text});
  }
  return facts;
}

HttpResponse StatusPages::Status() const {
  return StatusPage(Facts(), history_);
}

HttpResponse StatusPages::Index(const HttpRequest& request) const {
  const std::string name = request.path.substr(sizeof(kIndexPrefix) - 1);
  v1::InfoRequest question;
  question.set_index(name);
  std::string answer;
  const grpc::Status status =
      workers_->CallAsOwn("/annod.v1.IndexService/Info",
                          question.SerializeAsString(), kInfoPatience, &answer);
  v1::InfoResponse response;
  absl::StatusOr<v1::IndexInfo> info;
  if (!status.ok()) {
    info = absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                        status.error_message());
  } else if (response.ParseFromString(answer)) {
    info = std::move(*response.mutable_info());
  } else {
    info = absl::InternalError("the answer cannot be read");
  }
  return IndexPage(name, Facts(), history_, info);
}

}  // namespace annod
