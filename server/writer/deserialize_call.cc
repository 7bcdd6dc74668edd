#include "server/writer/deserialize_call.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/formats/convert.h"
#include "core/publish/publish.h"
#include "core/random_name.h"
#include "core/status_macros.h"
#include "server/rpc/call_deadline.h"
#include "server/rpc/conversions.h"
#include "server/rpc/errors.h"
#include "server/rpc/field_checks.h"
#include "server/rpc/memory_check.h"
#include "server/rpc/request_checks.h"
#include "server/writer/index/storage_reason.h"
#include "server/writer/requested_settings.h"

namespace annod {
namespace {

constexpr absl::Duration kWatchInterval = absl::Milliseconds(50);

v1::SerializeFormat FormatToProto(Format format) {
  switch (format) {
    case Format::kNative:
      return v1::SERIALIZE_FORMAT_NATIVE;
    case Format::kNativeBlob:
      return v1::SERIALIZE_FORMAT_NATIVE_BLOB;
    case Format::kPortable:
      return v1::SERIALIZE_FORMAT_PORTABLE;
    case Format::kCanonical:
      return v1::SERIALIZE_FORMAT_CANONICAL;
  }
  return v1::SERIALIZE_FORMAT_UNSPECIFIED;
}

std::vector<Format> FormatsFromProto(v1::SerializeFormat format) {
  for (const Format choice : {Format::kNative, Format::kNativeBlob,
                              Format::kPortable, Format::kCanonical}) {
    if (FormatToProto(choice) == format) return {choice};
  }
  return {};
}

absl::Status CheckRequest(const v1::DeserializeRequest& request,
                          const Limits& limits) {
  ANNOD_RETURN_IF_ERROR(CheckIndexName(request.index()));
  if (!v1::SerializeFormat_IsValid(request.format())) {
    return FieldError("format", absl::StrCat(request.format()),
                      "a value of SerializeFormat");
  }
  if (!v1::Metric_IsValid(request.metric())) {
    return FieldError("metric", absl::StrCat(request.metric()),
                      "a value of Metric");
  }
  return CheckRange("dimension", request.dimension(), 0, limits.max_dimension);
}

absl::Status Rejected(const std::string& index, absl::string_view why) {
  return ReasonError(absl::StatusCode::kInvalidArgument, kBlobRejected,
                     absl::StrCat("index '", index, "': ", why),
                     {{"index", index}});
}

}  // namespace

DeserializeCall::DeserializeCall(WriterState* state,
                                 grpc::ServerContext* context)
    : state_(state),
      context_(context),
      config_(state->config()),
      quotas_(QuotasOf(*context)),
      fs_(state->data().fs()) {}

DeserializeCall::~DeserializeCall() {
  spool_.reset();
  if (!spool_path_.empty()) fs_->RemoveFile(spool_path_).IgnoreError();
}

absl::Status DeserializeCall::Begin(const v1::DeserializeRequest& request) {
  ANNOD_RETURN_IF_ERROR(CheckRequest(request, config_->limits));
  name_ = request.index();
  read_options_.formats = FormatsFromProto(request.format());
  if (request.metric() != v1::METRIC_UNSPECIFIED) {
    read_options_.metric = MetricFromProto(request.metric());
  }
  read_options_.dim = request.dimension();
  absl::StatusOr<std::shared_ptr<WriterIndex>> index =
      state_->indexes()->Find(name_);
  if (index.ok()) {
    index_ = *std::move(index);
    ANNOD_RETURN_IF_ERROR(index_->CheckBuildable());
    // What the index is, the bytes must be, whatever the request says.
    const std::shared_ptr<const IndexSettings> settings = index_->settings();
    if (read_options_.metric.value_or(settings->metric) != settings->metric) {
      return FieldError("metric", MetricName(*read_options_.metric),
                        MetricName(settings->metric));
    }
    read_options_.metric = settings->metric;
    if (read_options_.dim != 0 && settings->dim != 0 &&
        read_options_.dim != settings->dim) {
      return FieldError("dimension", absl::StrCat(read_options_.dim),
                        absl::StrCat(settings->dim));
    }
    if (settings->dim != 0) read_options_.dim = settings->dim;
  }
  spool_path_ = JoinPath(state_->data().path(),
                         absl::StrCat(".deserialize.tmp-", RandomName()));
  absl::StatusOr<std::unique_ptr<WritableFile>> spool =
      fs_->CreateFile(spool_path_);
  if (!spool.ok()) return WithStorageReason(spool.status());
  spool_ = *std::move(spool);
  return absl::OkStatus();
}

absl::Status DeserializeCall::Take(const v1::DeserializeRequest& request) {
  ANNOD_RETURN_IF_ERROR(CheckMemory());
  if (!request.index().empty() && request.index() != name_) {
    return FieldError("index", request.index(),
                      absl::StrCat("empty or '", name_,
                                   "', as in the first message of the stream"));
  }
  if (promised_hash_ != 0) {
    return FieldError("xxh3_64", absl::StrCat(promised_hash_),
                      "in the last message only");
  }
  promised_hash_ = request.xxh3_64();
  hash_.Add(request.chunk());
  const absl::Status written = spool_->Append(request.chunk());
  return written.ok() ? written : WithStorageReason(written);
}

absl::Status DeserializeCall::CheckWhole() const {
  if (context_->IsCancelled()) {
    return CallOver(CallDeadline(*context_), "the index is as it was");
  }
  if (promised_hash_ == 0 || promised_hash_ == hash_.Digest()) {
    return absl::OkStatus();
  }
  return Rejected(
      name_, absl::StrCat("the ", spool_->size(), " bytes have the checksum ",
                          absl::Hex(hash_.Digest(), absl::kZeroPad16), "; ",
                          absl::Hex(promised_hash_, absl::kZeroPad16),
                          " was announced: they changed on the way"));
}

absl::Status DeserializeCall::Read() {
  const absl::Status closed = spool_->Close();
  if (!closed.ok()) return WithStorageReason(closed);
  absl::StatusOr<std::unique_ptr<MappedFile>> mapped =
      fs_->MapReadOnly(spool_path_, Prefault::kNone);
  if (!mapped.ok()) return WithStorageReason(mapped.status());
  absl::StatusOr<Serialized> read = ReadSerialized(
      absl::MakeConstSpan((*mapped)->data(), (*mapped)->size()), read_options_);
  if (!read.ok()) return Rejected(name_, read.status().message());
  auto input = std::make_shared<Input>();
  input->mapped = *std::move(mapped);
  input->read = *std::move(read);
  input_ = std::move(input);
  ANNOD_RETURN_IF_ERROR(CheckLimits());
  ANNOD_ASSIGN_OR_RETURN(
      QuotaLedger::Grant grant,
      state_->quotas()->TakeItems(quotas_, input_->read.item_count, name_));
  grants_.push_back(std::move(grant));
  return absl::OkStatus();
}

absl::Status DeserializeCall::CheckLimits() const {
  const Serialized& read = input_->read;
  const Limits& limits = config_->limits;
  if (read.item_count == 0) {
    return ReasonError(
        absl::StatusCode::kFailedPrecondition, kIndexEmpty,
        absl::StrCat("index '", name_, "': the bytes hold no item"),
        {{"index", name_}});
  }
  ANNOD_RETURN_IF_ERROR(
      CheckRange("dimension", read.dim, 1, limits.max_dimension));
  if (read.item_count > limits.max_items) {
    return ReasonError(
        absl::StatusCode::kResourceExhausted, kLimitReached,
        absl::StrCat("the bytes hold ", read.item_count,
                     " items; an index may hold ", limits.max_items));
  }
  const double most =
      limits.max_id_waste_factor * static_cast<double>(read.item_count) +
      StagingOptions().waste_floor;
  if (static_cast<double>(read.slot_count) <= most) return absl::OkStatus();
  return Rejected(
      name_, absl::StrCat("the largest id is ", read.slot_count - 1, " for ",
                          read.item_count, " items; ids up to ",
                          static_cast<int64_t>(most), " are allowed"));
}

ReadyForest DeserializeCall::ReadyOf(std::shared_ptr<const Input> input,
                                     const BuildSpec& spec, FileSystem* fs) {
  const Serialized& read = input->read;
  ReadyForest ready;
  ready.item_count = read.item_count;
  ConvertOptions options;
  if (read.canonical.has_value()) {
    const CanonicalHeader& header = read.canonical->header;
    if (header.tree_count == 0) options.tree_count = spec.tree_count;
    options.seed = header.seed.value_or(0) == 0 ? kDefaultSeed : *header.seed;
    ready.seed = *options.seed;
    // Trees take about as much as the items, or less.
    ready.bytes = 3 * static_cast<uint64_t>(read.canonical->rows.size());
  } else {
    ready.bytes = read.forest->bytes.size();
  }
  ready.write = [input = std::move(input), options, fs](
                    const std::string& path, const ForestBuildOptions& build)
      -> absl::StatusOr<ForestBuildResult> {
    ConvertOptions convert = options;
    convert.threads = build.threads;
    convert.progress = build.progress;
    convert.cancel = build.cancel;
    ANNOD_ASSIGN_OR_RETURN(const ConvertResult converted,
                           ConvertSerialized(input->read, convert, fs, path));
    if (build.progress) build.progress({1.0, converted.tree_count});
    ForestBuildResult result;
    result.slot_count = converted.slot_count;
    result.item_count = converted.item_count;
    result.tree_count = converted.tree_count;
    result.node_count = converted.node_count;
    result.bytes = converted.bytes;
    result.layout = *converted.layout;
    return result;
  };
  return ready;
}

absl::Status DeserializeCall::CreateIndex() {
  const Serialized& read = input_->read;
  v1::CreateIndexRequest request;
  request.set_index(name_);
  request.set_dimension(read.dim);
  request.set_metric(MetricToProto(read.metric));
  if (read.canonical.has_value()) {
    request.set_seed(read.canonical->header.seed.value_or(0));
  }
  ANNOD_ASSIGN_OR_RETURN(QuotaLedger::Grant grant,
                         state_->quotas()->TakeIndex(quotas_, name_));
  grants_.push_back(std::move(grant));
  absl::StatusOr<std::shared_ptr<WriterIndex>> index =
      state_->Create(NewSettings(request));
  ANNOD_RETURN_IF_ERROR(index.status());
  index_ = *std::move(index);
  return absl::OkStatus();
}

absl::Status DeserializeCall::Publish() {
  ANNOD_RETURN_IF_ERROR(index_->FixDimension(input_->read.dim));
  v1::BuildRequest defaults;
  defaults.set_index(name_);
  BuildSpec spec = SpecOf(defaults, *index_->settings());
  spec.metric = input_->read.metric;
  spec.dim = input_->read.dim;
  spec.forest = std::make_shared<const ReadyForest>(ReadyOf(input_, spec, fs_));
  absl::StatusOr<std::shared_ptr<BuildJob>> job =
      state_->StartBuild(*index_, spec);
  ANNOD_RETURN_IF_ERROR(job.status());
  while (!(*job)->AwaitChange((*job)->Progress().phase(), kWatchInterval)) {
    if (context_->IsCancelled()) {
      (*job)->Cancel(
          CallOver(CallDeadline(*context_), "the index is as it was"));
      (*job)->AwaitDone();
    }
  }
  return (*job)->result().status();
}

absl::Status DeserializeCall::Run(
    grpc::ServerReader<v1::DeserializeRequest>* reader,
    v1::DeserializeResponse* response) {
  v1::DeserializeRequest request;
  if (!reader->Read(&request)) return CheckIndexName("");
  ANNOD_RETURN_IF_ERROR(Begin(request));
  ANNOD_RETURN_IF_ERROR(Take(request));
  while (reader->Read(&request)) {
    if (request.format() != v1::SERIALIZE_FORMAT_UNSPECIFIED ||
        request.metric() != v1::METRIC_UNSPECIFIED ||
        request.dimension() != 0) {
      return FieldError("format", "given again",
                        "in the first message only, like metric and dimension");
    }
    ANNOD_RETURN_IF_ERROR(Take(request));
  }
  ANNOD_RETURN_IF_ERROR(CheckWhole());
  ANNOD_RETURN_IF_ERROR(Read());
  const bool is_new = index_ == nullptr;
  if (is_new) ANNOD_RETURN_IF_ERROR(CreateIndex());
  absl::Status published = Publish();
  if (!published.ok()) {
    if (is_new) state_->DropIfEmpty(index_);
    return published;
  }
  *response->mutable_info() = index_->Info();
  response->set_format(FormatToProto(input_->read.format));
  return absl::OkStatus();
}

}  // namespace annod
