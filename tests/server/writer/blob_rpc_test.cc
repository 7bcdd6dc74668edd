// Serialize and Deserialize in every format, over real processes.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/client.h"
#include "core/annoy/node_layout.h"
#include "core/file_system.h"
#include "core/formats/serialized.h"
#include "gtest/gtest.h"
#include "tests/core/formats/golden_blobs.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"
#include "xxhash.h"

namespace annod {
namespace {

using ::grpc::StatusCode;

constexpr int kBlobDim = 8;
// In a node of minkowski-16.
constexpr size_t kVectorOffset = 16;

const v1::SerializeFormat kFormats[] = {
    v1::SERIALIZE_FORMAT_NATIVE, v1::SERIALIZE_FORMAT_NATIVE_BLOB,
    v1::SERIALIZE_FORMAT_PORTABLE, v1::SERIALIZE_FORMAT_CANONICAL};

class BlobRpcTest : public testing::Test {
 protected:
  BlobRpcTest() : cluster_(/*workers=*/2) {
    cluster_.StartAll();
    ExpectOk(CreateIndex(&cluster_, "a", kBlobDim, v1::METRIC_EUCLIDEAN));
    ExpectOk(AddRandomItems(&cluster_, "a", kBlobDim, 0, 50));
  }

  static void ExpectOk(const grpc::Status& status) {
    EXPECT_TRUE(status.ok()) << Describe(status);
  }

  v1::IndexInfo InfoOf(const std::string& index) {
    v1::IndexInfo info;
    ExpectOk(Info(&cluster_, index, &info));
    return info;
  }

  grpc::Status Serialize(const std::string& index, v1::SerializeFormat format,
                         std::string* bytes, bool fill_holes = false) {
    v1::SerializeRequest request;
    request.set_index(index);
    request.set_format(format);
    request.set_chunk_bytes(1024);
    request.set_fill_holes(fill_holes);
    const auto context = Context();
    const auto reader = cluster_.admin()->Serialize(context.get(), request);
    v1::SerializeResponse response;
    bytes->clear();
    while (reader->Read(&response)) *bytes += response.chunk();
    const grpc::Status status = reader->Finish();
    if (status.ok()) {
      EXPECT_EQ(response.total_bytes(), bytes->size());
      EXPECT_EQ(response.xxh3_64(), XXH3_64bits(bytes->data(), bytes->size()));
    }
    return status;
  }
  std::string Serialized(const std::string& index, v1::SerializeFormat format) {
    std::string bytes;
    ExpectOk(Serialize(index, format, &bytes));
    return bytes;
  }

  // Sends `bytes` in pieces; `first` says what they are.
  grpc::Status Deserialize(v1::DeserializeRequest first,
                           const std::string& bytes,
                           v1::DeserializeResponse* response, bool hash = true,
                           uint64_t wrong = 0) {
    const auto context = Context();
    const auto writer = cluster_.admin()->Deserialize(context.get(), response);
    for (size_t at = 0; at <= bytes.size(); at += 3000) {
      first.set_chunk(bytes.substr(at, 3000));
      if (at + 3000 > bytes.size() && hash) {
        first.set_xxh3_64(XXH3_64bits(bytes.data(), bytes.size()) ^ wrong);
      }
      if (!writer->Write(first)) break;
      first.Clear();
    }
    writer->WritesDone();
    return writer->Finish();
  }
  grpc::Status Deserialize(const std::string& index, const std::string& bytes,
                           v1::DeserializeResponse* response) {
    v1::DeserializeRequest request;
    request.set_index(index);
    return Deserialize(request, bytes, response);
  }

  // Every worker answers from `version`, which has `items` items.
  void ExpectServed(const std::string& index, int64_t version, int items) {
    for (int i = 0; i < 6; ++i) {
      v1::GetNnsResponse response;
      ExpectOk(cluster_.NewIndexStub()->GetNns(
          Context().get(), ItemQuery(index, 0, 1000), &response));
      EXPECT_EQ(response.version(), version);
      EXPECT_EQ(response.results(0).ids_size(), items);
    }
  }

  // Files of calls that are over, or not quite.
  std::vector<std::string> Leftovers() {
    const auto names =
        FileSystem::Posix()->ListDirectory(cluster_.config().data_dir);
    EXPECT_TRUE(names.ok());
    std::vector<std::string> left;
    for (const std::string& name : *names) {
      if (absl::StrContains(name, "deserialize")) left.push_back(name);
    }
    return left;
  }

  Cluster cluster_;
};

TEST_F(BlobRpcTest, EveryFormatComesBackAsTheSameIndex) {
  ExpectOk(Build(&cluster_, "a"));
  const std::string native = Serialized("a", v1::SERIALIZE_FORMAT_NATIVE);
  for (const v1::SerializeFormat format : kFormats) {
    SCOPED_TRACE(v1::SerializeFormat_Name(format));
    const std::string bytes = Serialized("a", format);
    const std::string copy = absl::StrCat("copy", format);
    v1::DeserializeRequest request;
    request.set_index(copy);
    if (format == v1::SERIALIZE_FORMAT_NATIVE ||
        format == v1::SERIALIZE_FORMAT_NATIVE_BLOB) {
      request.set_metric(v1::METRIC_EUCLIDEAN);
      request.set_dimension(kBlobDim);
    }
    v1::DeserializeResponse response;
    ExpectOk(Deserialize(request, bytes, &response));
    EXPECT_EQ(response.format(), format);
    EXPECT_EQ(response.info().item_count(), 50);
    EXPECT_EQ(response.info().dimension(), kBlobDim);
    EXPECT_EQ(response.info().metric(), v1::METRIC_EUCLIDEAN);
    ExpectServed(copy, 1, 50);
    if (format != v1::SERIALIZE_FORMAT_CANONICAL) {
      EXPECT_TRUE(Serialized(copy, v1::SERIALIZE_FORMAT_NATIVE) == native);
    }
    EXPECT_EQ(Serialized(copy, format).size(), bytes.size());
  }
  EXPECT_EQ(Leftovers(), std::vector<std::string>());
}

TEST_F(BlobRpcTest, TheClientLibraryFetchesAndSendsEveryFormat) {
  ExpectOk(Build(&cluster_, "a"));
  ClientOptions options;
  options.target = cluster_.address();
  const auto client = Client::Create(options);
  ASSERT_TRUE(client.ok()) << client.status();
  for (const v1::SerializeFormat format : kFormats) {
    SCOPED_TRACE(v1::SerializeFormat_Name(format));
    client::SerializeOptions from;
    from.format = format;
    std::string bytes;
    const auto fetched = (*client)->Serialize(
        "a", from, [&bytes](absl::string_view chunk, int64_t) {
          bytes.append(chunk.data(), chunk.size());
          return absl::OkStatus();
        });
    ASSERT_TRUE(fetched.ok()) << fetched.status();
    EXPECT_EQ(fetched->total_bytes, bytes.size());
    EXPECT_EQ(bytes, Serialized("a", format));

    const std::string copy = absl::StrCat("client-copy", format);
    client::DeserializeOptions to;
    to.metric = v1::METRIC_EUCLIDEAN;
    to.dimension = kBlobDim;
    size_t at = 0;
    const auto next = [&]() -> absl::StatusOr<absl::string_view> {
      const absl::string_view piece = absl::string_view(bytes).substr(at, 5000);
      at += piece.size();
      return piece;
    };
    const auto sent = (*client)->Deserialize(copy, to, next);
    ASSERT_TRUE(sent.ok()) << sent.status();
    EXPECT_EQ(sent->format, format);
    EXPECT_EQ(sent->info.item_count, 50);
    ExpectServed(copy, 1, 50);

    // A source that fails half way: its error, and nothing on the server.
    at = 0;
    const auto broken = (*client)->Deserialize(
        "broken", to, [&]() -> absl::StatusOr<absl::string_view> {
          if (at > 0) return absl::DataLossError("the disk broke");
          return next();
        });
    EXPECT_EQ(broken.status(), absl::DataLossError("the disk broke"));
  }
  v1::IndexInfo info;
  EXPECT_EQ(Info(&cluster_, "broken", &info).error_code(),
            StatusCode::NOT_FOUND);
  EXPECT_TRUE(Eventually([this] { return Leftovers().empty(); }));
}

TEST_F(BlobRpcTest, GoldenBlobsAreServed) {
  int served = 0;
  for (const GoldenBlobs& golden : ReadGoldenBlobs()) {
    for (const auto& [kind, bytes] : golden.bytes) {
      SCOPED_TRACE(golden.name + " " + kind);
      const std::string index = absl::StrCat("golden", served++);
      v1::DeserializeRequest request;
      request.set_index(index);
      request.set_metric(static_cast<v1::Metric>(golden.metric));
      request.set_dimension(golden.dim);
      v1::DeserializeResponse response;
      ExpectOk(Deserialize(request, bytes, &response));
      EXPECT_EQ(response.info().item_slot_count(), golden.slot_count);
      if (kind != "canonical-unbuilt") {
        EXPECT_EQ(response.info().tree_count(), golden.tree_count);
      }
    }
  }
  EXPECT_GT(served, 40);
}

// What Annoy's releases open instead of what it reads now.
TEST_F(BlobRpcTest, ReleasedLayoutsComeOnRequestAndBackAsTheyAre) {
  struct Case {
    v1::Metric metric;
    LayoutKind layout;
  };
  for (const Case& c : {Case{v1::METRIC_DOT, LayoutKind::kDot16},
                        Case{v1::METRIC_HAMMING, LayoutKind::kHamming12}}) {
    const std::string index(LayoutName(c.layout));
    SCOPED_TRACE(index);
    ExpectOk(CreateIndex(&cluster_, index, kBlobDim, c.metric));
    ExpectOk(AddRandomItems(&cluster_, index, kBlobDim, 0, 200, c.metric));
    v1::BuildRequest build;
    build.set_index(index);
    build.set_dot_layout(c.metric == v1::METRIC_DOT
                             ? v1::DOT_LAYOUT_16
                             : v1::DOT_LAYOUT_UNSPECIFIED);
    build.set_hamming_layout(c.metric == v1::METRIC_HAMMING
                                 ? v1::HAMMING_LAYOUT_12
                                 : v1::HAMMING_LAYOUT_UNSPECIFIED);
    ExpectOk(Build(&cluster_, build, nullptr));
    const std::string bytes = Serialized(index, v1::SERIALIZE_FORMAT_NATIVE);
    SerializedReadOptions options;
    options.metric = static_cast<Metric>(c.metric);
    options.dim = kBlobDim;
    const auto read = ReadSerialized(bytes, options);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->forest->layout.kind, c.layout);

    v1::DeserializeRequest request;
    request.set_index(index + "-copy");
    request.set_metric(c.metric);
    request.set_dimension(kBlobDim);
    v1::DeserializeResponse response;
    ExpectOk(Deserialize(request, bytes, &response));
    EXPECT_TRUE(Serialized(index + "-copy", v1::SERIALIZE_FORMAT_NATIVE) ==
                bytes);

    // Readers of blobs take the other layout for granted.
    for (const v1::SerializeFormat format :
         {v1::SERIALIZE_FORMAT_NATIVE_BLOB, v1::SERIALIZE_FORMAT_PORTABLE}) {
      std::string blob;
      const grpc::Status refused = Serialize(index, format, &blob);
      EXPECT_EQ(refused.error_code(), StatusCode::FAILED_PRECONDITION);
      EXPECT_TRUE(absl::StrContains(refused.error_message(), index))
          << Describe(refused);
    }
    ExpectOk(Deserialize(index + "-canonical",
                         Serialized(index, v1::SERIALIZE_FORMAT_CANONICAL),
                         &response));
    EXPECT_EQ(response.info().item_count(), 200);
  }
}

TEST_F(BlobRpcTest, AnIndexIsReplacedWithWhatIsStagedForIt) {
  ExpectOk(Build(&cluster_, "a"));
  const std::string bytes = Serialized("a", v1::SERIALIZE_FORMAT_PORTABLE);
  ExpectOk(AddRandomItems(&cluster_, "a", kBlobDim, 50, 30));
  ExpectOk(Build(&cluster_, "a"));
  ExpectServed("a", 2, 80);
  ExpectOk(AddRandomItems(&cluster_, "a", kBlobDim, 80, 5));
  v1::DeserializeResponse response;
  ExpectOk(Deserialize("a", bytes, &response));
  EXPECT_EQ(response.info().version(), 3);
  EXPECT_EQ(response.info().staged_item_count(), 0);
  ExpectServed("a", 3, 50);
  // It goes on from there, also after a restart.
  ExpectOk(AddRandomItems(&cluster_, "a", kBlobDim, 50, 1));
  ExpectOk(Build(&cluster_, "a"));
  ExpectServed("a", 4, 51);
}

TEST_F(BlobRpcTest, BadBytesLeaveTheOldVersionServing) {
  ExpectOk(Build(&cluster_, "a"));
  const std::string vector =
      Serialized("a", v1::SERIALIZE_FORMAT_NATIVE)
          .substr(kVectorOffset, kBlobDim * sizeof(float));
  for (const v1::SerializeFormat format : kFormats) {
    SCOPED_TRACE(v1::SerializeFormat_Name(format));
    const std::string bytes = Serialized("a", format);
    // The first item's vector, in whatever place, begins with a NaN.
    const size_t at = bytes.find(vector);
    ASSERT_NE(at, std::string::npos);
    std::string damaged = bytes;
    damaged.replace(at, 4, std::string("\0\0\xc0\x7f", 4));
    for (const std::string& bad :
         {bytes.substr(0, bytes.size() - 4), bytes.substr(0, 20), damaged,
          std::string()}) {
      v1::DeserializeResponse response;
      const grpc::Status status = Deserialize("a", bad, &response);
      EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT)
          << Describe(status);
      EXPECT_EQ(ErrorInfoOf(status).reason(), "BLOB_REJECTED");
      EXPECT_EQ(
          Deserialize("fresh", bad.empty() ? "?" : bad, &response).error_code(),
          StatusCode::INVALID_ARGUMENT);
    }
    v1::DeserializeRequest request;
    request.set_index("a");
    v1::DeserializeResponse response;
    const grpc::Status changed =
        Deserialize(request, bytes, &response, true, 1);
    EXPECT_EQ(ErrorInfoOf(changed).reason(), "BLOB_REJECTED");
  }
  ExpectServed("a", 1, 50);
  v1::IndexInfo info;
  EXPECT_EQ(Info(&cluster_, "fresh", &info).error_code(),
            StatusCode::NOT_FOUND);
  EXPECT_EQ(Leftovers(), std::vector<std::string>());
}

TEST_F(BlobRpcTest, WhatTheIndexIsTheBytesMustBe) {
  ExpectOk(Build(&cluster_, "a"));
  const std::string bytes = Serialized("a", v1::SERIALIZE_FORMAT_NATIVE);
  v1::DeserializeResponse response;
  v1::DeserializeRequest request;
  request.set_index("a");
  request.set_metric(v1::METRIC_ANGULAR);
  EXPECT_EQ(ErrorInfoOf(Deserialize(request, bytes, &response)).reason(),
            "INVALID_FIELD");
  request.set_metric(v1::METRIC_UNSPECIFIED);
  request.set_dimension(kBlobDim + 1);
  EXPECT_EQ(ErrorInfoOf(Deserialize(request, bytes, &response)).reason(),
            "INVALID_FIELD");
  ExpectOk(CreateIndex(&cluster_, "b", kBlobDim, v1::METRIC_MANHATTAN));
  const grpc::Status other = Deserialize(
      "b", Serialized("a", v1::SERIALIZE_FORMAT_PORTABLE), &response);
  EXPECT_EQ(ErrorInfoOf(other).reason(), "BLOB_REJECTED") << Describe(other);
  ExpectServed("a", 1, 50);
}

TEST_F(BlobRpcTest, HolesAreRefusedInACanonicalBlobUnlessFilled) {
  ExpectOk(AddRandomItems(&cluster_, "a", kBlobDim, 60, 1));
  ExpectOk(Build(&cluster_, "a"));
  std::string bytes;
  const grpc::Status refused =
      Serialize("a", v1::SERIALIZE_FORMAT_CANONICAL, &bytes);
  EXPECT_EQ(refused.error_code(), StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ErrorInfoOf(refused).reason(), "HOLES");
  EXPECT_TRUE(absl::StrContains(refused.error_message(), "10 of 61 ids"))
      << Describe(refused);
  ExpectOk(Serialize("a", v1::SERIALIZE_FORMAT_CANONICAL, &bytes, true));
  v1::DeserializeResponse response;
  ExpectOk(Deserialize("filled", bytes, &response));
  EXPECT_EQ(response.info().item_count(), 61);
}

TEST_F(BlobRpcTest, AnUnbuiltIndexIsSerializedAsItsItems) {
  std::string bytes;
  for (const v1::SerializeFormat format :
       {v1::SERIALIZE_FORMAT_NATIVE, v1::SERIALIZE_FORMAT_NATIVE_BLOB,
        v1::SERIALIZE_FORMAT_PORTABLE}) {
    EXPECT_EQ(ErrorInfoOf(Serialize("a", format, &bytes)).reason(),
              "INDEX_NOT_BUILT");
  }
  ExpectOk(Serialize("a", v1::SERIALIZE_FORMAT_CANONICAL, &bytes));
  const auto read = ReadSerialized(bytes, {});
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->item_count, 50);
  EXPECT_EQ(read->canonical->header.tree_count, 0);
  // The items are still staged.
  ExpectOk(Build(&cluster_, "a"));
  ExpectServed("a", 1, 50);
  ExpectOk(CreateIndex(&cluster_, "empty", kBlobDim, v1::METRIC_DOT));
  EXPECT_EQ(
      ErrorInfoOf(Serialize("empty", v1::SERIALIZE_FORMAT_CANONICAL, &bytes))
          .reason(),
      "INDEX_EMPTY");
}

}  // namespace
}  // namespace annod
