#include "server/supervisor/endpoints.h"

#include <string>

#include "prometheus/text_serializer.h"
#include "server/supervisor/readiness.h"

namespace annod {
namespace {

constexpr int kUnavailable = 503;
// The format version that prometheus-cpp writes.
constexpr char kMetricsType[] = "text/plain; version=0.0.4; charset=utf-8";

SlotSamples ReadAll(const Collector& collector,
                    const SupervisorStatus::Snapshot& status) {
  SlotSamples samples;
  for (const ChildStatus& child : status.children) {
    samples.push_back(collector.ReadSlot(child.slot));
  }
  return samples;
}

HttpResponse Metrics(const Collector& collector) {
  HttpResponse response;
  response.content_type = kMetricsType;
  response.body = prometheus::TextSerializer().Serialize(collector.Collect());
  return response;
}

HttpResponse Live() {
  HttpResponse response;
  response.body = "ok\n";
  return response;
}

HttpResponse Ready(const Collector& collector, const SupervisorStatus& status) {
  const SupervisorStatus::Snapshot now = status.Get();
  const Readiness readiness = JudgeReadiness(now, ReadAll(collector, now));
  HttpResponse response;
  response.status = readiness.ready ? 200 : kUnavailable;
  response.body = readiness.ready ? "ok\n" : readiness.reason + "\n";
  return response;
}

HttpResponse Health(const Collector& collector,
                    const SupervisorStatus& status) {
  const SupervisorStatus::Snapshot now = status.Get();
  const SlotSamples samples = ReadAll(collector, now);
  HttpResponse response;
  response.status = JudgeReadiness(now, samples).ready ? 200 : kUnavailable;
  response.content_type = "application/json";
  response.body = HealthJson(now, samples);
  return response;
}

}  // namespace

std::map<std::string, HttpHandler> MakeEndpoints(
    const Collector* collector, const SupervisorStatus* status) {
  return {
      {"/metrics", [collector] { return Metrics(*collector); }},
      {"/livez", [] { return Live(); }},
      {"/readyz", [collector, status] { return Ready(*collector, *status); }},
      {"/healthz", [collector, status] { return Health(*collector, *status); }},
  };
}

}  // namespace annod
