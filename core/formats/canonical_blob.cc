#include "core/formats/canonical_blob.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/annoy/node_fields.h"
#include "core/annoy/node_layout.h"
#include "core/annoy/vector_check.h"
#include "core/status_macros.h"

namespace annod {
namespace {

constexpr char kMagic[] = "ANNOYCN";  // and the version's digit
constexpr size_t kMagicBytes = sizeof(kMagic) - 1;
constexpr uint16_t kBuiltFlag = 1;

// Where the fields lie. Those behind n_items move with the width of the counts.
struct Offsets {
  size_t version = 8;  // uint16
  size_t flags = 10;   // uint16
  size_t metric = 12;  // uint8, three reserved bytes behind it
  size_t dim = 16;     // uint32
  size_t items = 20;   // uint32, version 2: uint64
  size_t trees;        // the same
  size_t has_seed;     // uint8
  size_t has_verbose;  // uint8, two reserved bytes behind it
  size_t seed;         // uint64
  size_t verbose;      // int32, four reserved bytes behind it
  size_t payload;      // uint64
  size_t header_bytes;

  explicit Offsets(int version) {
    const size_t count_bytes = version == 1 ? 4 : 8;
    trees = items + count_bytes;
    has_seed = trees + count_bytes;
    has_verbose = has_seed + 1;
    seed = has_seed + 4;
    verbose = seed + 8;
    payload = verbose + 8;
    header_bytes = payload + 8;
  }
};

absl::Status Wrong(absl::string_view what, int64_t value,
                   absl::string_view wanted) {
  return absl::DataLossError(
      absl::StrCat("canonical blob: ", what, " is ", value, "; ", wanted));
}

absl::Status CheckReserved(const char* at, const Offsets& offsets) {
  for (const auto& [begin, end] :
       {std::pair<size_t, size_t>{offsets.metric + 1, offsets.dim},
        {offsets.has_verbose + 1, offsets.seed},
        {offsets.verbose + 4, offsets.payload}}) {
    for (size_t i = begin; i < end; ++i) {
      if (at[i] != 0) {
        return Wrong(absl::StrCat("the reserved byte ", i),
                     static_cast<uint8_t>(at[i]), "0 wanted");
      }
    }
  }
  return absl::OkStatus();
}

// A flag and the field that means something only if it is set.
absl::StatusOr<bool> ReadFlag(absl::string_view what, uint8_t flag,
                              bool field_is_zero) {
  if (flag > 1) return Wrong(what, flag, "0 or 1 wanted");
  if (flag == 0 && !field_is_zero) {
    return Wrong(what, flag, "but the field that it is about is set");
  }
  return flag == 1;
}

absl::Status ReadCounts(const char* at, const Offsets& offsets,
                        CanonicalHeader* header) {
  const size_t width = offsets.trees - offsets.items;
  const uint64_t items = width == 4 ? LoadField<uint32_t>(at, offsets.items)
                                    : LoadField<uint64_t>(at, offsets.items);
  const uint64_t trees = width == 4 ? LoadField<uint32_t>(at, offsets.trees)
                                    : LoadField<uint64_t>(at, offsets.trees);
  if (items > static_cast<uint64_t>(kMaxItemId) + 1) {
    return absl::DataLossError(
        absl::StrCat("canonical blob: the number of items is ", items,
                     "; at most ", int64_t{kMaxItemId} + 1, " are possible"));
  }
  if (trees > static_cast<uint64_t>(std::numeric_limits<int32_t>::max())) {
    return absl::DataLossError(absl::StrCat(
        "canonical blob: the number of trees is ", trees, "; at most ",
        std::numeric_limits<int32_t>::max(), " are possible"));
  }
  header->slot_count = static_cast<int64_t>(items);
  header->tree_count = static_cast<int>(trees);
  const uint16_t flags = LoadField<uint16_t>(at, offsets.flags);
  if ((flags & ~kBuiltFlag) != 0) {
    return Wrong("the field of flags", flags, "only bit 0 is known");
  }
  if ((flags == kBuiltFlag) != (trees != 0)) {
    return Wrong("the flag 'built'", flags,
                 absl::StrCat("but the number of trees is ", trees));
  }
  return absl::OkStatus();
}

// Whether a forest can hold the items.
absl::Status CheckRows(const CanonicalBlob& blob) {
  const CanonicalVectors vectors(blob);
  std::vector<float> row(static_cast<size_t>(blob.header.dim));
  for (int64_t id = 0; id < blob.header.slot_count; ++id) {
    vectors.Get(id, absl::MakeSpan(row));
    if (IsTaken(blob.header.metric, row)) continue;
    return absl::DataLossError(
        absl::StrCat("canonical blob: item ", id, ": ",
                     FindVectorFault(blob.header.metric, row)->Message()));
  }
  return absl::OkStatus();
}

uint64_t RowBytes(const CanonicalHeader& header) {
  return static_cast<uint64_t>(header.dim) * sizeof(float);
}

}  // namespace

bool IsCanonicalBlob(absl::Span<const char> bytes) {
  return bytes.size() >= kMagicBytes &&
         std::memcmp(bytes.data(), kMagic, kMagicBytes) == 0;
}

absl::StatusOr<CanonicalBlob> ReadCanonicalBlob(absl::Span<const char> bytes) {
  const char* const at = bytes.data();
  const int digit = bytes.size() > kMagicBytes ? at[kMagicBytes] - '0' : 1;
  if (digit != 1 && digit != 2) {
    return absl::FailedPreconditionError(
        absl::StrCat("canonical blob: version ", digit, "; 1 and 2 are known"));
  }
  const Offsets offsets(digit);
  if (bytes.size() < offsets.header_bytes) {
    return absl::DataLossError(
        absl::StrCat("canonical blob: the header is cut short: ", bytes.size(),
                     " of ", offsets.header_bytes, " bytes"));
  }
  const uint16_t version = LoadField<uint16_t>(at, offsets.version);
  if (version != digit) {
    return absl::FailedPreconditionError(absl::StrCat(
        "canonical blob: version ", version, " behind the digit ", digit));
  }
  CanonicalBlob blob;
  CanonicalHeader& header = blob.header;
  header.version = digit;
  ANNOD_RETURN_IF_ERROR(CheckReserved(at, offsets));
  const uint8_t metric = LoadField<uint8_t>(at, offsets.metric);
  if (metric < static_cast<int>(Metric::kAngular) ||
      metric > static_cast<int>(Metric::kHamming)) {
    return Wrong("the metric", metric, "1 to 5 are known");
  }
  header.metric = static_cast<Metric>(metric);
  const uint32_t dim = LoadField<uint32_t>(at, offsets.dim);
  if (dim < 1 || dim > static_cast<uint32_t>(kMaxDim)) {
    return Wrong("the dimension", dim,
                 absl::StrCat("1 to ", kMaxDim, " are possible"));
  }
  header.dim = static_cast<int>(dim);
  ANNOD_RETURN_IF_ERROR(ReadCounts(at, offsets, &header));
  const uint64_t seed = LoadField<uint64_t>(at, offsets.seed);
  ANNOD_ASSIGN_OR_RETURN(
      const bool has_seed,
      ReadFlag("the flag 'has seed'", LoadField<uint8_t>(at, offsets.has_seed),
               seed == 0));
  if (has_seed) header.seed = seed;
  const int32_t verbose = LoadField<int32_t>(at, offsets.verbose);
  ANNOD_ASSIGN_OR_RETURN(
      const bool has_verbose,
      ReadFlag("the flag 'has verbosity'",
               LoadField<uint8_t>(at, offsets.has_verbose), verbose == 0));
  if (has_verbose) header.verbosity = verbose;

  const uint64_t payload = LoadField<uint64_t>(at, offsets.payload);
  const uint64_t behind = bytes.size() - offsets.header_bytes;
  const uint64_t wanted =
      static_cast<uint64_t>(header.slot_count) * RowBytes(header);
  if (payload != wanted || behind != wanted) {
    return absl::DataLossError(absl::StrCat(
        "canonical blob: ", header.slot_count, " items of dimension ", dim,
        " take ", wanted, " bytes; the header says ", payload, " and ", behind,
        " follow"));
  }
  blob.rows = bytes.subspan(offsets.header_bytes);
  ANNOD_RETURN_IF_ERROR(CheckRows(blob));
  return blob;
}

BuildRules RulesOfCanonicalVersion(int version) {
  return version == 1 ? BuildRules::kScikitPlots04
                      : BuildRules::kScikitPlotsMain;
}

bool CanonicalVectors::Get(int64_t id, absl::Span<float> out) const {
  std::memcpy(
      out.data(),
      blob_.rows.data() + static_cast<size_t>(id) * RowBytes(blob_.header),
      out.size() * sizeof(float));
  return true;
}

uint64_t CanonicalBlobBytes(const CanonicalHeader& header) {
  return Offsets(1).header_bytes +
         static_cast<uint64_t>(header.slot_count) * RowBytes(header);
}

absl::Status WriteCanonicalBlob(const CanonicalHeader& header,
                                const VectorSource& source, int64_t item_count,
                                bool fill_holes, const ByteSink& sink) {
  const int64_t holes = header.slot_count - item_count;
  if (holes != 0 && !fill_holes) {
    return absl::FailedPreconditionError(absl::StrCat(
        holes, " of ", header.slot_count,
        " ids have no item, which a canonical blob cannot say: they would "
        "become items with the zero vector; fill_holes allows that"));
  }
  const Offsets offsets(1);
  std::vector<char> head(offsets.header_bytes);
  char* const at = head.data();
  std::memcpy(at, kMagic, kMagicBytes);
  at[kMagicBytes] = '1';
  StoreField<uint16_t>(at, offsets.version, 1);
  StoreField<uint16_t>(at, offsets.flags,
                       header.tree_count > 0 ? kBuiltFlag : 0);
  StoreField(at, offsets.metric, static_cast<uint8_t>(header.metric));
  StoreField(at, offsets.dim, static_cast<uint32_t>(header.dim));
  StoreField(at, offsets.items, static_cast<uint32_t>(header.slot_count));
  StoreField(at, offsets.trees, static_cast<uint32_t>(header.tree_count));
  StoreField<uint8_t>(at, offsets.has_seed, header.seed.has_value());
  StoreField<uint8_t>(at, offsets.has_verbose, header.verbosity.has_value());
  StoreField(at, offsets.seed, header.seed.value_or(0));
  StoreField(at, offsets.verbose,
             static_cast<int32_t>(header.verbosity.value_or(0)));
  StoreField(at, offsets.payload,
             CanonicalBlobBytes(header) - offsets.header_bytes);
  ANNOD_RETURN_IF_ERROR(sink(absl::string_view(at, head.size())));

  const size_t dim = static_cast<size_t>(header.dim);
  const size_t rows_a_piece = std::max<size_t>(1, (size_t{1} << 18) / dim);
  std::vector<float> piece(rows_a_piece * dim);
  for (int64_t id = 0; id < header.slot_count;) {
    size_t rows = 0;
    for (; rows < rows_a_piece && id < header.slot_count; ++rows, ++id) {
      const auto row = absl::MakeSpan(piece).subspan(rows * dim, dim);
      if (id >= source.slot_count() || !source.Get(id, row)) {
        std::fill(row.begin(), row.end(), 0.0f);
      } else if (!IsTaken(header.metric, row)) {
        return absl::FailedPreconditionError(
            absl::StrCat("item ", id, ", which a canonical blob cannot hold: ",
                         FindVectorFault(header.metric, row)->Message()));
      }
    }
    ANNOD_RETURN_IF_ERROR(sink(absl::string_view(
        reinterpret_cast<const char*>(piece.data()), rows * RowBytes(header))));
  }
  return absl::OkStatus();
}

}  // namespace annod
