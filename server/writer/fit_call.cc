#include "server/writer/fit_call.h"

#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/annoy/node_layout.h"
#include "core/publish/overlay_source.h"
#include "core/publish/publish.h"
#include "core/status_macros.h"
#include "core/version/stopwatch.h"
#include "server/rpc/call_deadline.h"
#include "server/rpc/errors.h"
#include "server/rpc/field_checks.h"
#include "server/rpc/index_checks.h"
#include "server/rpc/memory_check.h"
#include "server/rpc/request_checks.h"
#include "server/rpc/rpc_status.h"
#include "server/writer/admin_service.h"
#include "server/writer/index/build_index.h"
#include "server/writer/index/fit_limits.h"
#include "server/writer/index/storage_reason.h"
#include "server/writer/requested_settings.h"

namespace annod {
namespace {

constexpr absl::Duration kCallerCheckInterval = absl::Milliseconds(50);
// The end of a stream and the news that its caller has gone may overtake each
// other on the way here; nothing else holds this much time back.
constexpr absl::Duration kCancelWait = absl::Milliseconds(100);

absl::Status CheckNames(const std::vector<std::string>& names, int dim) {
  const absl::Status valid = ValidateFeatureNames(names, dim);
  if (valid.ok()) return absl::OkStatus();
  return FieldError("options.feature_names",
                    absl::StrCat(names.size(), " names"),
                    "none, or one for each dimension, all different",
                    absl::StrCat("options.feature_names: ", valid.message()));
}

absl::Status CheckFitOptions(const v1::FitOptions& options) {
  if (options.has_start_index()) {
    ANNOD_RETURN_IF_ERROR(CheckRange("options.start_index",
                                     options.start_index(), 0, kMaxItemId));
  }
  if (options.has_missing_value() && !std::isfinite(options.missing_value())) {
    return FieldError("options.missing_value",
                      absl::StrCat(options.missing_value()), "finite");
  }
  return CheckNames(
      {options.feature_names().begin(), options.feature_names().end()},
      /*dim=*/0);
}

}  // namespace

FitCall::FitCall(WriterState* state, grpc::ServerContext* context)
    : state_(state),
      context_(context),
      config_(state->config()),
      quotas_(QuotasOf(*context)) {}

FitCall::~FitCall() {
  if (job_ == nullptr) return;
  job_->SetOnCancel(nullptr);
  if (!queued_) {
    state_->builds()->Abandon(job_, absl::CancelledError("the Fit failed"));
  }
}

absl::Status FitCall::Begin(const v1::FitRequest& request) {
  ANNOD_RETURN_IF_ERROR(CheckIndexName(request.index()));
  name_ = request.index();
  options_ = request.options();
  ANNOD_RETURN_IF_ERROR(CheckFitOptions(options_));
  absl::StatusOr<std::shared_ptr<WriterIndex>> index =
      state_->indexes()->Find(name_);
  if (index.ok()) {
    index_ = *std::move(index);
    ANNOD_RETURN_IF_ERROR(BeginWithIndex());
  } else {
    if (!options_.has_create()) return index.status();
    ANNOD_RETURN_IF_ERROR(BeginWithoutIndex());
  }
  v1::BuildRequest build = options_.build();
  build.set_index(name_);
  ANNOD_RETURN_IF_ERROR(CheckBuild(build));
  ANNOD_RETURN_IF_ERROR(CheckBuildLayout(build, settings_));
  BuildSpec spec = SpecOf(build, settings_);
  spec.own_items = true;
  absl::StatusOr<std::shared_ptr<BuildJob>> job =
      state_->builds()->Reserve(name_, spec);
  ANNOD_RETURN_IF_ERROR(job.status());
  job_ = *std::move(job);
  // Wakes the reading of rows.
  job_->SetOnCancel([this] { context_->TryCancel(); });
  if (index_ == nullptr || options_.append()) return absl::OkStatus();
  absl::StatusOr<std::shared_ptr<const StagedSnapshot>> replaced =
      index_->BeginReset();
  ANNOD_RETURN_IF_ERROR(replaced.status());
  replaced_ = *std::move(replaced);
  return absl::OkStatus();
}

absl::Status FitCall::BeginWithIndex() {
  ANNOD_RETURN_IF_ERROR(index_->CheckBuildable());
  settings_ = *index_->settings();
  if (options_.feature_names().empty()) return absl::OkStatus();
  if (options_.append()) return CheckAppendedNames(settings_);
  settings_.feature_names.assign(options_.feature_names().begin(),
                                 options_.feature_names().end());
  return absl::OkStatus();
}

absl::Status FitCall::CheckAppendedNames(const IndexSettings& settings) const {
  const v1::IndexInfo info = index_->Info();
  if (info.version() == 0 && info.staged_item_count() == 0) {
    return absl::OkStatus();
  }
  const std::vector<std::string>& had = settings.feature_names;
  const auto& given = options_.feature_names();
  std::string difference;
  if (had.size() != static_cast<size_t>(given.size())) {
    difference =
        absl::StrCat("there are ", given.size(), " of them and index '", name_,
                     "' has ", had.size());
  }
  for (size_t i = 0; i < had.size() && difference.empty(); ++i) {
    const std::string& name = given[static_cast<int>(i)];
    if (name == had[i]) continue;
    difference =
        absl::StrCat("name ", i, " is '", Printable(name), "' and in index '",
                     name_, "' '", Printable(had[i]), "'");
  }
  if (difference.empty()) return absl::OkStatus();
  return FieldError(
      "options.feature_names", absl::StrCat(given.size(), " names"),
      "those of the index",
      absl::StrCat("options.feature_names must be those of the index where "
                   "rows are appended: ",
                   difference));
}

absl::Status FitCall::BeginWithoutIndex() {
  v1::CreateIndexRequest create = options_.create();
  create.set_index(name_);
  if (!options_.feature_names().empty()) {
    *create.mutable_feature_names() = options_.feature_names();
  }
  ANNOD_RETURN_IF_ERROR(CheckCreateIndex(create, config_->limits));
  settings_ = NewSettings(create);
  ANNOD_ASSIGN_OR_RETURN(QuotaLedger::Grant grant,
                         state_->quotas()->TakeIndex(quotas_, name_));
  grants_.push_back(std::move(grant));
  return absl::OkStatus();
}

absl::Status FitCall::BeginRows(const v1::FitRow& first) {
  if (settings_.dim == 0) {
    settings_.dim = DimensionOf(first);
    if (first.has_sparse()) {
      settings_.dim = options_.create().dimension() > 0
                          ? options_.create().dimension()
                          : options_.feature_names_size();
    }
    if (first.has_sparse() && settings_.dim == 0) {
      return FieldError("rows[0]", "sparse", "dense",
                        "rows[0] is sparse, and neither options.create nor "
                        "options.feature_names tell how many components the "
                        "rows of an index without a dimension have");
    }
    ANNOD_RETURN_IF_ERROR(CheckRange("number of components of rows[0]",
                                     settings_.dim, 1,
                                     config_->limits.max_dimension));
  }
  ANNOD_RETURN_IF_ERROR(CheckNames(settings_.feature_names, settings_.dim));
  rows_.emplace(settings_, options_.has_missing_value()
                               ? std::optional<float>(options_.missing_value())
                               : std::nullopt);
  const DataDirectory& data = state_->data();
  absl::StatusOr<std::unique_ptr<RowSpool>> spool = RowSpool::Create(
      data.fs(), index_ == nullptr ? data.path() : data.IndexPath(name_),
      settings_.dim);
  if (!spool.ok()) return WithStorageReason(spool.status());
  spool_ = *std::move(spool);
  return absl::OkStatus();
}

absl::Status FitCall::CheckRowId(const v1::FitRow& row, int64_t number) {
  const std::string field = absl::StrCat("rows[", number, "].id");
  if (number == 0) {
    rows_have_ids_ = row.has_id();
    if (rows_have_ids_ && options_.has_start_index()) {
      return FieldError("options.start_index",
                        absl::StrCat(options_.start_index()), "absent",
                        "options.start_index is given, and rows have ids");
    }
  }
  if (row.has_id() != rows_have_ids_) {
    return FieldError(field, row.has_id() ? "given" : "absent",
                      "given in all rows or in none");
  }
  if (!row.has_id()) return absl::OkStatus();
  return CheckRange(field, row.id(), 0, kMaxItemId);
}

absl::Status FitCall::Take(const v1::FitRequest& request) {
  ANNOD_RETURN_IF_ERROR(CheckMemory());
  if (!request.index().empty() && request.index() != name_) {
    return FieldError("index", request.index(),
                      absl::StrCat("empty or '", name_,
                                   "', as in the first message of the stream"));
  }
  const Limits& limits = config_->limits;
  if (request.rows_size() > limits.max_items_per_call) {
    const std::string limit = absl::StrCat("0 to ", limits.max_items_per_call);
    return FieldError("rows", absl::StrCat(request.rows_size()), limit,
                      absl::StrCat("a message has ", request.rows_size(),
                                   " rows; it must have ", limit));
  }
  if (request.row_count() != 0) {
    ANNOD_RETURN_IF_ERROR(
        CheckRange("row_count", request.row_count(), 0, limits.max_items));
    announced_rows_ = request.row_count();
  }
  ANNOD_ASSIGN_OR_RETURN(
      QuotaLedger::Grant grant,
      state_->quotas()->TakeItems(quotas_, request.rows_size(),
                                  options_.append() ? "" : name_));
  if (grant != nullptr) grants_.push_back(std::move(grant));
  for (const v1::FitRow& row : request.rows()) {
    if (spool_ == nullptr) ANNOD_RETURN_IF_ERROR(BeginRows(row));
    const int64_t number = spool_->row_count();
    if (number >= limits.max_items) {
      return ReasonError(
          absl::StatusCode::kResourceExhausted, kLimitReached,
          absl::StrCat("rows[", number, "] is one more than the ",
                       limits.max_items, " items an index may hold"));
    }
    ANNOD_RETURN_IF_ERROR(rows_->Convert(row, number));
    ANNOD_RETURN_IF_ERROR(CheckRowId(row, number));
    const absl::Status added = spool_->Add(
        rows_->vector(), row.label(),
        row.has_id() ? std::optional<int32_t>(row.id()) : std::nullopt);
    if (!added.ok()) return WithItemsReason(added);
  }
  return absl::OkStatus();
}

absl::Status FitCall::CheckWhole() {
  const int64_t rows = spool_ == nullptr ? 0 : spool_->row_count();
  if (announced_rows_ == 0) {
    const absl::Time end = absl::Now() + kCancelWait;
    while (!context_->IsCancelled() && absl::Now() < end) {
      absl::SleepFor(absl::Milliseconds(5));
    }
  }
  if (job_->cancelled()) return job_->cancel_reason();
  if (context_->IsCancelled()) {
    return CallOver(CallDeadline(*context_), "the index is as it was");
  }
  if (announced_rows_ != 0 && announced_rows_ != rows) {
    return FieldError("row_count", absl::StrCat(announced_rows_),
                      absl::StrCat(rows),
                      absl::StrCat("row_count is ", announced_rows_,
                                   "; the stream had ", rows, " rows"));
  }
  if (rows == 0) {
    return FieldError("rows", "0", "1 or more",
                      "there is no row; to build what was added call Build");
  }
  const auto equal = spool_->EqualIds();
  if (!equal.has_value()) return absl::OkStatus();
  const std::string field = absl::StrCat("rows[", equal->second, "].id");
  const std::string id = absl::StrCat(spool_->IdOf(equal->second));
  return FieldError(field, id, "different in every row",
                    absl::StrCat(field, " is ", id, ", as that of rows[",
                                 equal->first, "] is; ids must be different"));
}

absl::StatusOr<FitResult> FitCall::MakeVersion(BuildJob* job) {
  FitInput input;
  input.rows = spool_.get();
  input.dim = settings_.dim;
  input.append = options_.append();
  input.replaced = replaced_;
  if (options_.has_start_index()) input.start_index = options_.start_index();
  if (!options_.feature_names().empty()) {
    input.feature_names.emplace(options_.feature_names().begin(),
                                options_.feature_names().end());
  }
  return FitIndex(input, index_.get(), job, config_->keep_versions);
}

absl::StatusOr<FitResult> FitCall::MakeIndex(BuildJob* job) {
  const Stopwatch watch;
  job->Report(v1::BUILD_PHASE_COLLECTING, 0, 0);
  FitResult result;
  result.first_id = options_.start_index();
  if (spool_->has_ids()) {
    result.first_id = spool_->smallest_id();
  } else {
    ANNOD_RETURN_IF_ERROR(CheckFitIds(result.first_id, spool_->row_count()));
  }
  absl::StatusOr<std::unique_ptr<const ItemLayer>> rows =
      spool_->Finish(result.first_id);
  if (!rows.ok()) return WithStorageReason(rows.status());
  BuildInput input;
  input.layers = {rows->get()};
  ANNOD_RETURN_IF_ERROR(CheckFitItems(OverlaySource(nullptr, input.layers),
                                      **rows, *spool_, settings_,
                                      state_->indexes()->options()));
  FileSystem* const fs = state_->data().fs();
  const auto fill = [&](const PendingIndex& pending) {
    VersionStore store(fs, pending.directory());
    return WithItemsReason(BuildAndPublish(fs, pending.settings(), input,
                                           OptionsOf(job, settings_.verbosity),
                                           &store)
                               .status());
  };
  absl::StatusOr<std::shared_ptr<WriterIndex>> index =
      state_->indexes()->Create(settings_, config_->limits.max_indexes, fill);
  ANNOD_RETURN_IF_ERROR(index.status());
  if (settings_.lease_seconds > 0) {
    // Its time begins when it is there.
    ANNOD_RETURN_IF_ERROR((*index)->ChangeSettings([](IndexSettings* settings) {
      RenewLease(settings);
      return absl::OkStatus();
    }));
  }
  const std::shared_ptr<const OpenVersion> version = (*index)->current();
  result.build =
      ResultOf(version->manifest, version->forest->bytes().size(), watch);
  return result;
}

absl::Status FitCall::Build(v1::FitResponse* response) {
  job_->SetOnCancel(nullptr);
  job_->set_work([this](BuildJob* job) -> absl::StatusOr<v1::BuildResult> {
    absl::StatusOr<FitResult> result =
        index_ == nullptr ? MakeIndex(job) : MakeVersion(job);
    ANNOD_RETURN_IF_ERROR(result.status());
    result_ = *std::move(result);
    return result_.build;
  });
  queued_ = true;
  state_->builds()->Enqueue(job_);
  while (!job_->AwaitChange(job_->Progress().phase(), kCallerCheckInterval)) {
    if (context_->IsCancelled()) {
      job_->Cancel(CallOver(CallDeadline(*context_), "the index is as it was"));
      job_->AwaitDone();
    }
  }
  ANNOD_RETURN_IF_ERROR(job_->result().status());
  response->set_row_count(spool_->row_count());
  response->set_first_id(result_.first_id);
  *response->mutable_result() = result_.build;
  return absl::OkStatus();
}

absl::Status FitCall::Run(grpc::ServerReader<v1::FitRequest>* reader,
                          v1::FitResponse* response) {
  v1::FitRequest request;
  if (!reader->Read(&request)) return CheckIndexName("");
  ANNOD_RETURN_IF_ERROR(Begin(request));
  ANNOD_RETURN_IF_ERROR(Take(request));
  while (reader->Read(&request)) {
    if (request.has_options()) {
      return FieldError("options", "given again", "in the first message only");
    }
    ANNOD_RETURN_IF_ERROR(Take(request));
  }
  ANNOD_RETURN_IF_ERROR(CheckWhole());
  return Build(response);
}

grpc::Status AdminServiceImpl::Fit(grpc::ServerContext* context,
                                   grpc::ServerReader<v1::FitRequest>* reader,
                                   v1::FitResponse* response) {
  FitCall call(state_, context);
  return ToGrpcStatus(call.Run(reader, response));
}

}  // namespace annod
