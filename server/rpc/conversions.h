#ifndef ANNOD_SERVER_RPC_CONVERSIONS_H_
#define ANNOD_SERVER_RPC_CONVERSIONS_H_

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "annod/v1/types.pb.h"
#include "core/annoy/node_layout.h"
#include "core/metric.h"
#include "core/search_types.h"
#include "core/storage/index_settings.h"
#include "core/version/version_store.h"

namespace annod {

// Between the messages of the API and the types of core. The inputs have been
// checked (request_checks.h).

Metric MetricFromProto(v1::Metric metric);
v1::Metric MetricToProto(Metric metric);
LayoutKind DotLayoutFromProto(v1::DotLayout layout, LayoutKind if_unspecified);
LayoutKind HammingLayoutFromProto(v1::HammingLayout layout,
                                  LayoutKind if_unspecified);
BuildRules BuildRulesFromProto(v1::BuildRules rules, BuildRules if_unspecified);
v1::BuildRules BuildRulesToProto(BuildRules rules);
Prefault PrefaultFromProto(v1::Prefault prefault);
v1::Prefault PrefaultToProto(Prefault prefault);
Engine EngineFromProto(v1::Engine engine);
v1::Engine EngineToProto(Engine engine);

// Components of a vector given in either form: a view of the message, or of
// `*buffer`, into which bytes that lie unaligned are copied. For v1::Query and
// v1::Item.
template <typename HasVector>
absl::Span<const float> VectorOf(const HasVector& message,
                                 std::vector<float>* buffer);
absl::Span<const float> FloatsOfBytes(const std::string& bytes,
                                      std::vector<float>* buffer);

// IndexInfo's `revision`, for these settings and the served version (null:
// none). Costs as much as writing them down.
std::string RevisionOf(const IndexSettings& settings,
                       const OpenVersion* version);

// What settings and the served version (null: none) say about an index; the
// state and what only the writer knows are left to the caller.
v1::IndexInfo MakeIndexInfo(const IndexSettings& settings,
                            const OpenVersion* version);

template <typename HasVector>
absl::Span<const float> VectorOf(const HasVector& message,
                                 std::vector<float>* buffer) {
  if (message.has_vector()) {
    return {message.vector().values().data(),
            static_cast<size_t>(message.vector().values_size())};
  }
  return FloatsOfBytes(message.vector_bytes(), buffer);
}

// Takes the versions that are quarantined out of those that are kept.
void LeaveOutQuarantined(v1::IndexInfo* info);

}  // namespace annod

#endif  // ANNOD_SERVER_RPC_CONVERSIONS_H_
