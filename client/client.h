#ifndef ANNOD_CLIENT_CLIENT_H_
#define ANNOD_CLIENT_CLIENT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "client/channel.h"
#include "client/error.h"
#include "client/fit_writer.h"
#include "client/item_writer.h"
#include "client/nns_stream.h"
#include "client/types.h"

namespace annod {

// Settings of one call.
struct CallOptions {
  // Instead of the client's.
  std::optional<absl::Duration> timeout;
};

// A client of one annod server, or of several equal ones behind one name, over
// one channel. Thread-safe. Calls block.
// Queries and reads are in client.cc, the other calls by what they do in files
// named like the server's (server/writer): index_calls.cc, item_calls.cc, ....
//
//   annod::ClientOptions options;
//   options.target = "localhost:7077";
//   ANNOD_ASSIGN_OR_RETURN(auto client, annod::Client::Create(options));
//   annod::client::QueryOptions query;
//   query.n = 5;
//   auto answer = client->GetNns(
//       "words", {annod::client::Query::OfLabel("violin")}, query);
//   if (!answer.ok()) {
//     if (annod::ErrorReason(answer.status()) == "LABEL_NOT_FOUND") ...
//   }
//   for (int32_t id : answer->results[0].ids) ...
//
// Errors are the canonical codes of the services (proto/annod/v1) with the
// reason that ErrorReason() gives, DEADLINE_EXCEEDED when the time is up, and
// UNAVAILABLE when no server answers.
//
// Retries: queries, also of streams, reads of items, Info, ListIndexes, Health,
// RemoveItems, AddItem whose items all have ids, item writers whose items all
// have ids, Build, Rebuild, UpdateSettings, Unbuild, Activate, Reload, and
// Serialize until its first byte are repeated on UNAVAILABLE and OVERLOADED
// (ClientOptions::retry_window): a worker or writer that dies and comes back,
// or has too much to do for a moment, is not seen by callers. CreateIndex,
// Attach, Detach, DropIndex, CancelBuild, Deserialize, Fit, and adding items
// without ids are never repeated.
class Client {
 public:
  // Connects at the first call. InvalidArgument for options out of range, and
  // for files of `tls` that cannot be used.
  static absl::StatusOr<std::unique_ptr<Client>> Create(
      const ClientOptions& options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Waits until a server is connected, `patience` at most and half a second to
  // find out why not: Unavailable with gRPC's reason, which says little of TLS
  // (FindTlsFault() does). Calls connect themselves;
  // this tells an address where no server is from a server that is busy.
  absl::Status WaitForConnected(absl::Duration patience);

  // Neighbours of each query, in order. 1 to 1024 queries.
  absl::StatusOr<client::QueryResult> GetNns(
      absl::string_view index, absl::Span<const client::Query> queries,
      const client::QueryOptions& options, const CallOptions& call = {});

  // Asks for the neighbours of many queries, in one call that does not wait for
  // an answer before the next request goes out. Never null.
  std::unique_ptr<NnsStream> NewNnsStream(absl::string_view index,
                                          const client::QueryOptions& query,
                                          const NnsStream::Sink& sink,
                                          const NnsStreamOptions& options = {},
                                          const CallOptions& call = {});

  // Stored vectors and labels of the items with these ids, then of those with
  // these labels; 1 to 65536 together. With `include_staged` those stored since
  // the last build too.
  absl::StatusOr<client::StoredItems> GetItems(
      absl::string_view index, absl::Span<const int32_t> ids,
      absl::Span<const std::string> labels = {}, bool include_staged = false,
      const CallOptions& call = {});

  // Those of the items with these ids that there are, staged ones included.
  absl::StatusOr<client::StoredItems> FindItems(absl::string_view index,
                                                absl::Span<const int32_t> ids,
                                                const CallOptions& call = {});

  // The distance between two stored items, as GetNns gives it.
  absl::StatusOr<float> GetDistance(absl::string_view index, int32_t i,
                                    int32_t j, bool include_staged = false,
                                    const CallOptions& call = {});

  absl::StatusOr<client::IndexInfo> Info(absl::string_view index,
                                         const CallOptions& call = {});

  // All indexes, by name.
  absl::StatusOr<std::vector<client::IndexInfo>> ListIndexes(
      const CallOptions& call = {});

  absl::StatusOr<client::IndexInfo> CreateIndex(const client::IndexSpec& spec,
                                                const CallOptions& call = {});

  // Stores items, all or none, durably; returns their ids in order.
  absl::StatusOr<std::vector<int32_t>> AddItem(
      absl::string_view index, absl::Span<const client::Item> items,
      const CallOptions& call = {});

  // Removes items by id and label, all or none, durably: hidden from queries on
  // every worker when it returns. What names no item is in the result.
  absl::StatusOr<client::RemoveResult> RemoveItems(
      absl::string_view index, absl::Span<const int32_t> ids,
      absl::Span<const std::string> labels, const CallOptions& call = {});

  // Stores many items. Never null.
  std::unique_ptr<ItemWriter> NewItemWriter(
      absl::string_view index, const ItemWriterOptions& options = {},
      const CallOptions& call = {});

  // Starts a Fit: rows that become the index's items, with a version that holds
  // them, or nothing at all. Never null, never repeated.
  std::unique_ptr<FitWriter> NewFit(absl::string_view index,
                                    const client::FitOptions& options,
                                    const CallOptions& call = {});

  // Builds and waits until the new version answers queries; joins a running
  // build of equal parameters. `progress` may be empty; it is called on this
  // thread. The build goes on if the time runs out.
  absl::StatusOr<client::BuildResult> Build(
      absl::string_view index, const client::BuildOptions& options,
      const std::function<void(const client::BuildProgress&)>& progress = {},
      const CallOptions& call = {});

  // Hands the bytes of the served version to `sink` piece by piece, with the
  // size of the whole, and compares length and checksum: DataLoss if they do
  // not agree. An error of `sink` ends the call and is returned.
  using SerializeSink =
      std::function<absl::Status(absl::string_view chunk, int64_t total_bytes)>;
  absl::StatusOr<client::SerializeResult> Serialize(
      absl::string_view index, const SerializeSink& sink,
      const CallOptions& call = {});
  // The same in another format.
  absl::StatusOr<client::SerializeResult> Serialize(
      absl::string_view index, const client::SerializeOptions& options,
      const SerializeSink& sink, const CallOptions& call = {});

  // Replaces the items of an index by those of a serialized one, or creates the
  // index; all or nothing. `source` gives the next bytes (at most
  // ClientOptions::max_message_bytes), none at the end; its error ends the call
  // and is returned. Waits until the version answers queries. Never repeated.
  using ChunkSource = std::function<absl::StatusOr<absl::string_view>()>;
  absl::StatusOr<client::DeserializeResult> Deserialize(
      absl::string_view index, const client::DeserializeOptions& options,
      const ChunkSource& source, const CallOptions& call = {});

  // Serves a file that lies on the server. Of `spec`, index, dimension, metric
  // and default_n count.
  absl::StatusOr<client::IndexInfo> Attach(const client::IndexSpec& spec,
                                           absl::string_view path,
                                           const CallOptions& call = {});

  // Changes settings; dimension and metric only while there are no items.
  absl::StatusOr<client::IndexInfo> UpdateSettings(
      absl::string_view index, const client::SettingsChange& change,
      const CallOptions& call = {});

  // Stops serving the built version; its items stay for the next Build().
  absl::StatusOr<client::IndexInfo> Unbuild(absl::string_view index,
                                            const CallOptions& call = {});
  // Serves another of the kept versions.
  absl::StatusOr<client::IndexInfo> Activate(absl::string_view index,
                                             int64_t version,
                                             const CallOptions& call = {});
  // Looks again at what lies on disk, of all indexes for an empty name.
  absl::StatusOr<std::vector<client::IndexInfo>> Reload(
      absl::string_view index, const CallOptions& call = {});
  // Lets a temporary index live for its time from now on. `lease_seconds`: 0:
  // what it has; above: that from now on; -1: no lease any more.
  absl::StatusOr<client::IndexInfo> RenewLease(absl::string_view index,
                                               int lease_seconds = 0,
                                               const CallOptions& call = {});
  // Stops serving an attached file.
  absl::Status Detach(absl::string_view index, const CallOptions& call = {});
  // Ends a build, or the rebuild whose target this is.
  absl::Status CancelBuild(absl::string_view index,
                           const CallOptions& call = {});
  // Builds `target` from the items and labels of `index`; otherwise as Build().
  absl::StatusOr<client::BuildResult> Rebuild(
      absl::string_view index, absl::string_view target,
      const client::RebuildOptions& options,
      const std::function<void(const client::BuildProgress&)>& progress = {},
      const CallOptions& call = {});

  absl::Status DropIndex(absl::string_view index, const CallOptions& call = {});

  // Health of an index, or of the process for an empty name. NotFound for an
  // index the server does not know.
  absl::StatusOr<client::Health> Health(absl::string_view index,
                                        const CallOptions& call = {});

 private:
  struct Stubs;
  explicit Client(const ClientOptions& options);

  template <typename Stub, typename Method, typename Request, typename Response>
  absl::Status Call(Stub* stub, Method method, const Request& request,
                    Response* response, bool idempotent,
                    const CallOptions& call);
  absl::Time StreamDeadline(const CallOptions& call) const;

  const ClientOptions options_;
  const std::unique_ptr<Stubs> stubs_;
};

}  // namespace annod

#endif  // ANNOD_CLIENT_CLIENT_H_
