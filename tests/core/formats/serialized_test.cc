// Blobs of the original library are told apart and read as what they are.

#include "core/formats/serialized.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/core/formats/golden_blobs.h"

namespace annod {
namespace {

bool IsNativeKind(const std::string& kind) {
  return kind == "native" || kind == "saved" || kind == "ondisk";
}

// What bytes that do not say their metric and dimension are read with.
SerializedReadOptions ShapeOf(const GoldenBlobs& golden) {
  SerializedReadOptions options;
  options.metric = golden.metric;
  options.dim = golden.dim;
  return options;
}

TEST(SerializedTest, EveryGoldenBlobIsRecognized) {
  int read_count = 0;
  for (const GoldenBlobs& golden : ReadGoldenBlobs()) {
    for (const auto& [kind, bytes] : golden.bytes) {
      SCOPED_TRACE(golden.name + " " + kind);
      const auto serialized =
          ReadSerialized(bytes, IsNativeKind(kind) ? ShapeOf(golden)
                                                   : SerializedReadOptions());
      ASSERT_TRUE(serialized.ok()) << serialized.status();
      const Serialized& read = *serialized;
      EXPECT_EQ(read.metric, golden.metric);
      EXPECT_EQ(read.dim, golden.dim);
      EXPECT_EQ(read.slot_count, golden.slot_count);
      EXPECT_TRUE(read.notes.empty());
      const bool canonical = kind.rfind("canonical", 0) == 0;
      ASSERT_EQ(read.canonical.has_value(), canonical);
      ASSERT_EQ(read.forest.has_value(), !canonical);
      if (canonical) {
        EXPECT_EQ(read.format, Format::kCanonical);
        EXPECT_EQ(read.canonical->header.version, golden.wide() ? 2 : 1);
        EXPECT_EQ(read.canonical->header.seed, golden.seed);
        EXPECT_EQ(read.canonical->header.tree_count,
                  kind == "canonical" ? golden.tree_count : 0);
      } else {
        EXPECT_EQ(read.format, kind == "native"     ? Format::kNativeBlob
                               : kind == "portable" ? Format::kPortable
                                                    : Format::kNative);
        EXPECT_EQ(read.forest->layout.kind, golden.layout);
        EXPECT_EQ(read.forest->tree_count, golden.tree_count);
        EXPECT_EQ(read.item_count, golden.item_count);
      }
      ++read_count;
    }
  }
  EXPECT_EQ(read_count, 53);
}

TEST(SerializedTest, WhatTheBytesSayMustBeWhatIsAsserted) {
  for (const GoldenBlobs& golden : ReadGoldenBlobs()) {
    for (const char* kind : {"portable", "canonical"}) {
      SerializedReadOptions options;
      options.metric = golden.metric == Metric::kAngular ? Metric::kEuclidean
                                                         : Metric::kAngular;
      EXPECT_EQ(ReadSerialized(golden.bytes.at(kind), options).status().code(),
                absl::StatusCode::kFailedPrecondition);
      options.metric = golden.metric;
      options.dim = golden.dim + 1;
      EXPECT_EQ(ReadSerialized(golden.bytes.at(kind), options).status().code(),
                absl::StatusCode::kFailedPrecondition);
    }
    if (golden.bytes.count("native") == 0) continue;
    EXPECT_EQ(ReadSerialized(golden.bytes.at("native"), {}).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

TEST(SerializedTest, AFormatAskedForIsNotReplacedByAnother) {
  const GoldenBlobs golden = ReadGoldenBlobs().front();
  SerializedReadOptions options = ShapeOf(golden);
  for (const Format format : {Format::kNative, Format::kNativeBlob,
                              Format::kPortable, Format::kCanonical}) {
    options.formats = {format};
    for (const auto& [kind, bytes] : golden.bytes) {
      const Format is = kind == "native"     ? Format::kNativeBlob
                        : kind == "portable" ? Format::kPortable
                        : kind == "saved"    ? Format::kNative
                                             : Format::kCanonical;
      EXPECT_EQ(ReadSerialized(bytes, options).ok(), is == format)
          << kind << " as " << FormatName(format);
    }
  }
}

}  // namespace
}  // namespace annod
