// Every call of both services, with any bytes for messages, through a real
// worker and a real writer. An input is a few calls about one or two indexes.
// Whatever they are, none ends with a code that blames annod, and the next call
// is answered.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "annod/v1/admin_service.pb.h"
#include "annod/v1/index_service.pb.h"
#include "annod/v1/replication_service.pb.h"
#include "google/protobuf/stubs/logging.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/server/own_service.h"
#include "tests/fuzz/target.h"

namespace annod::fuzz {
namespace {

enum Method : char {
  kGetNns,
  kGetNnsStream,
  kGetItems,
  kGetDistance,
  kInfo,
  kListIndexes,
  kCreateIndex,
  kAddItem,
  kAddItems,
  kFit,
  kRemoveItems,
  kBuild,
  kSerialize,
  kDeserialize,
  kAttach,
  kUpdateSettings,
  kDetach,
  kRebuild,
  kCancelBuild,
  kUnbuild,
  kActivate,
  kReload,
  kRenewLease,
  kDropIndex,
  kFetchVersion,
  kMethodCount,
};
constexpr const char* kMethods[] = {
    "IndexService/GetNns",
    "IndexService/GetNnsStream",
    "IndexService/GetItems",
    "IndexService/GetDistance",
    "IndexService/Info",
    "IndexService/ListIndexes",
    "AdminService/CreateIndex",
    "AdminService/AddItem",
    "AdminService/AddItems",
    "AdminService/Fit",
    "AdminService/RemoveItems",
    "AdminService/Build",
    "AdminService/Serialize",
    "AdminService/Deserialize",
    "AdminService/Attach",
    "AdminService/UpdateSettings",
    "AdminService/Detach",
    "AdminService/Rebuild",
    "AdminService/CancelBuild",
    "AdminService/Unbuild",
    "AdminService/Activate",
    "AdminService/Reload",
    "AdminService/RenewLease",
    "AdminService/DropIndex",
    "ReplicationService/FetchVersion",
};
static_assert(std::size(kMethods) == kMethodCount);

constexpr int kMostCalls = 8;
constexpr char kOneMore = '\x80';  // the next message is of the same call

bool IsStream(size_t method) {
  return method == kGetNnsStream || method == kAddItems || method == kFit ||
         method == kDeserialize;
}

grpc::Status Call(size_t method, const std::vector<std::string>& messages) {
  static OwnService service;
  // What does not parse is logged; nobody reads that here.
  static const auto* const quiet = new google::protobuf::LogSilencer();
  (void)quiet;
  const std::string name = absl::StrCat("/annod.v1.", kMethods[method]);
  grpc::Status status = service.Call(name, messages);
  const grpc::StatusCode code = status.error_code();
  // A blob or a file that is damaged may be a loss of data; a version that is
  // being loaded is unavailable.
  const bool takes_bytes = method == kDeserialize || method == kAttach;
  Require(code != grpc::StatusCode::INTERNAL &&
              code != grpc::StatusCode::UNKNOWN &&
              code != grpc::StatusCode::DEADLINE_EXCEEDED &&
              code != grpc::StatusCode::UNIMPLEMENTED &&
              (code != grpc::StatusCode::DATA_LOSS || takes_bytes),
          absl::StrCat(name, ": a code for what a caller sends, not ", code,
                       ": ", status.error_message()));
  return status;
}

// Indexes that a seed names, and what else has been made.
void DropAll(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    v1::DropIndexRequest drop;
    drop.set_index(name);
    Call(kDropIndex, {drop.SerializeAsString()});
  }
}

// The names that requests give to what they make.
void NoteNames(size_t method, const std::string& message,
               std::vector<std::string>* names) {
  // In all of them the index is field 1, which RebuildRequest's target, field
  // 2, follows.
  v1::RebuildRequest request;
  request.ParseFromString(message);
  names->push_back(method == kRebuild ? request.target_index()
                                      : request.index());
}

void Run(absl::string_view bytes) {
  Input input(bytes);
  std::vector<std::string> names;
  for (int i = 0; i < kMostCalls && !input.empty(); ++i) {
    const uint8_t first = input.Byte();
    const size_t method = (first & 127) % kMethodCount;
    std::vector<std::string> messages = {std::string(input.Part())};
    bool more = (first & 128) != 0;
    while (more && IsStream(method) && !input.empty()) {
      more = (input.Byte() & 128) != 0;
      messages.emplace_back(input.Part());
    }
    NoteNames(method, messages.front(), &names);
    Call(method, messages);
  }
  DropAll(names);
  Require(Call(kListIndexes, {""}).ok(), "it goes on");
}

std::string Step(Method method, const google::protobuf::Message& message) {
  return std::string(1, method) + AsPart(message.SerializeAsString());
}

std::string MoreStep(Method method, const google::protobuf::Message& message) {
  return std::string(1, static_cast<char>(method | kOneMore)) +
         AsPart(message.SerializeAsString());
}

std::string Create() {
  v1::CreateIndexRequest request;
  request.set_index("a");
  request.set_dimension(2);
  request.set_metric(v1::METRIC_EUCLIDEAN);
  return Step(kCreateIndex, request);
}

template <typename Request>
Request TwoItems() {
  Request request;
  request.set_index("a");
  for (const char* const label : {"mouse", ""}) {
    auto* const item = request.add_items();
    item->set_label(label);
    item->mutable_vector()->add_values(1);
    item->mutable_vector()->add_values(label[0] == '\0' ? 2 : -1);
  }
  return request;
}

std::string Filled() {
  v1::BuildRequest build;
  build.set_index("a");
  build.set_tree_count(2);
  return Create() + Step(kAddItem, TwoItems<v1::AddItemRequest>()) +
         Step(kBuild, build);
}

v1::GetNnsRequest Query() {
  v1::GetNnsRequest request;
  request.set_index("a");
  request.set_n(2);
  request.set_include_distances(true);
  request.set_include_labels(true);
  request.set_include_staged(true);
  request.set_max_distance(9);
  request.add_exclude_items(1);
  request.add_queries()->set_item(0);
  request.add_queries()->set_label("mouse");
  request.add_queries()->set_vector_bytes(std::string(8, '\0'));
  auto* const sparse = request.add_queries()->mutable_sparse();
  sparse->add_positions(1);
  sparse->add_values(0.5f);
  return request;
}

template <typename Request>
Request Named() {
  Request request;
  request.set_index("a");
  return request;
}

std::vector<std::string> QuerySeeds() {
  v1::GetNnsStreamRequest streamed;
  *streamed.mutable_request() = Query();
  auto items = Named<v1::GetItemsRequest>();
  items.add_ids(1);
  items.add_labels("mouse");
  auto distance = Named<v1::GetDistanceRequest>();
  distance.set_j(1);
  return {
      Filled() + Step(kGetNns, Query()),
      Filled() + MoreStep(kGetNnsStream, streamed) +
          Step(kGetNnsStream, streamed),
      Filled() + Step(kGetItems, items) + Step(kGetDistance, distance) +
          Step(kInfo, Named<v1::InfoRequest>()),
  };
}

std::vector<std::string> ChangeSeeds() {
  auto fit = Named<v1::FitRequest>();
  fit.mutable_options()->mutable_create()->set_index("a");
  fit.mutable_options()->mutable_create()->set_dimension(2);
  fit.mutable_options()->add_feature_names("x");
  fit.mutable_options()->add_feature_names("y");
  fit.add_rows()->mutable_vector()->add_values(1);
  fit.mutable_rows(0)->mutable_vector()->add_values(2);
  fit.set_row_count(1);
  auto remove = Named<v1::RemoveItemsRequest>();
  remove.add_ids(0);
  remove.add_labels("nobody");
  auto serialize = Named<v1::SerializeRequest>();
  serialize.set_format(v1::SERIALIZE_FORMAT_PORTABLE);
  auto deserialize = Named<v1::DeserializeRequest>();
  deserialize.set_format(v1::SERIALIZE_FORMAT_NATIVE);
  deserialize.set_metric(v1::METRIC_EUCLIDEAN);
  deserialize.set_dimension(2);
  deserialize.set_chunk(std::string(48, '\0'));
  auto attach = Named<v1::AttachRequest>();
  attach.set_path("/attach/x.ann");
  attach.set_dimension(2);
  attach.set_metric(v1::METRIC_EUCLIDEAN);
  auto update = Named<v1::UpdateSettingsRequest>();
  update.set_default_n(3);
  update.mutable_feature_names()->add_names("x");
  update.mutable_feature_names()->add_names("y");
  auto rebuild = Named<v1::RebuildRequest>();
  rebuild.set_target_index("b");
  rebuild.set_metric(v1::METRIC_DOT);
  rebuild.set_tree_count(2);
  auto activate = Named<v1::ActivateRequest>();
  activate.set_version(1);
  auto fetch = Named<v1::FetchVersionRequest>();
  fetch.set_version(1);
  fetch.set_offset(8);
  fetch.set_max_bytes(4000);
  fetch.set_chunk_bytes(1024);
  auto description = Named<v1::FetchVersionRequest>();
  description.set_max_bytes(-1);
  auto lease = Named<v1::RenewLeaseRequest>();
  lease.set_lease_seconds(60);
  return {
      Create() + MoreStep(kAddItems, TwoItems<v1::AddItemsRequest>()) +
          Step(kAddItems, TwoItems<v1::AddItemsRequest>()),
      Step(kFit, fit) + Step(kGetNns, Query()),
      Filled() + Step(kRemoveItems, remove) + Step(kSerialize, serialize),
      Create() + Step(kDeserialize, deserialize) + Step(kAttach, attach) +
          Step(kDetach, Named<v1::DetachRequest>()),
      Filled() + Step(kUpdateSettings, update) + Step(kRebuild, rebuild) +
          Step(kCancelBuild, Named<v1::CancelBuildRequest>()),
      Filled() + Step(kUnbuild, Named<v1::UnbuildRequest>()) +
          Step(kActivate, activate) +
          Step(kReload, Named<v1::ReloadRequest>()) + Step(kRenewLease, lease),
      Filled() + Step(kFetchVersion, fetch) + Step(kFetchVersion, description) +
          Step(kFetchVersion, Named<v1::FetchVersionRequest>()),
  };
}

std::vector<std::string> Seeds() {
  std::vector<std::string> seeds = QuerySeeds();
  for (std::string& seed : ChangeSeeds()) seeds.push_back(std::move(seed));
  return seeds;
}

const Registration kCalls({"calls", Run, Seeds});

}  // namespace
}  // namespace annod::fuzz
