#include "core/graph/graph_file.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/graph/codes/graph_space.h"
#include "core/graph/codes/packing.h"
#include "core/graph/graph_layout.h"
#include "core/status_macros.h"
#include "xxhash.h"

namespace annod {
namespace {

constexpr uint32_t kMaxDegree = 1024;
// Of codes that are no bytes.
bool IsKnownWidth(const GraphHeader& header) {
  const uint32_t bits = header.code_bits;
  return bits == 1 || bits == 2 || bits == 4 ||
         (bits == CodeBook::kWide && header.format_version >= kWideFormat);
}

constexpr uint64_t kTopBits = 0x8080808080808080;  // of eight codes

}  // namespace

absl::Status GraphFile::Damaged(const std::string& message) const {
  return absl::DataLossError(absl::StrCat("graph '", path_, "': ", message));
}

absl::StatusOr<std::shared_ptr<const GraphFile>> GraphFile::Open(
    FileSystem* fs, const std::string& path, const ForestData& forest,
    bool verify, Prefault prefault) {
  ANNOD_ASSIGN_OR_RETURN(std::unique_ptr<MappedFile> mapped,
                         fs->MapReadOnly(path, prefault));
  std::shared_ptr<GraphFile> file(new GraphFile(path, std::move(mapped)));
  ANNOD_RETURN_IF_ERROR(file->Init(forest, verify));
  return file;
}

absl::Status GraphFile::Init(const ForestData& forest, bool verify) {
  GraphHeader header;
  if (file_->size() < sizeof(header)) {
    return Damaged(absl::StrCat("has ", file_->size(), " bytes, a header ",
                                sizeof(header)));
  }
  std::memcpy(&header, file_->data(), sizeof(header));
  if (std::memcmp(header.magic, kGraphMagic, sizeof(header.magic)) != 0) {
    return Damaged(absl::StrCat("does not start with ", kGraphMagic));
  }
  if (HeaderChecksum(header) != header.header_checksum) {
    return Damaged("its header does not have the checksum it names");
  }
  if (header.format_version > kGraphFormatVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat("graph '", path_, "' has format ", header.format_version,
                     "; this program reads up to ", kGraphFormatVersion));
  }
  if (header.format_version < kProjectionFormat) header.directions = 0;
  if (header.format_version < kTurnFormat) {
    header.turn_seed = 0;
    header.apart_count = 0;
  }
  if (header.format_version < kPackedFormat) header.code_bits = 0;
  const auto dim = static_cast<uint32_t>(GraphSpace::DimOf(forest.layout));
  if (header.directions > dim) {
    return Damaged(absl::StrCat("has ", header.directions, " directions of ",
                                dim, " components"));
  }
  if (header.code_bits != 0 &&
      !(IsKnownWidth(header) &&
        MayPack(forest.layout.metric, header.directions > 0))) {
    return Damaged(absl::StrCat("has codes of ", header.code_bits,
                                " bits; known are 1, 2, 4 and 16, of euclidean "
                                "and angular vectors without "
                                "directions"));
  }
  if (header.dim != dim ||
      header.row_bytes !=
          CodeRowBytes(CodedComponents(header), CodeBits(header)) ||
      header.slot_count != static_cast<uint64_t>(forest.slot_count) ||
      header.forest_bytes != forest.bytes.size() ||
      header.item_count > header.slot_count || header.item_count == 0 ||
      (PlaceBytes(header) == 3 && header.item_count > kMostShortRows)) {
    return Damaged(absl::StrCat(
        "belongs to a forest of ", header.slot_count, " slots, ",
        header.forest_bytes, " bytes and ", header.dim,
        " components in the graph; this one has ", forest.slot_count, ", ",
        forest.bytes.size(), " and ", dim));
  }
  if (header.degree == 0 || header.degree > kMaxDegree ||
      !std::isfinite(header.steps_per_unit) || header.entry_root < 0 ||
      header.entry_root >= forest.node_count ||
      !(header.rank_exponent >= 0 && header.rank_exponent <= 1) ||
      header.curve_points > kMaxCurvePoints ||
      header.curve_factors > kMaxBeamFactors ||
      (header.curve_factors > 0 &&
       (header.curve_points == 0 || header.format_version < kFactorsFormat)) ||
      header.apart_count > kMaxApart ||
      (header.turn_seed != 0 && forest.layout.dim < 2)) {
    return Damaged(
        "its degree, step, entry, exponent, curve, turn or items apart are out "
        "of range");
  }
  const GraphLayout layout(header);
  if (layout.end != file_->size() || header.file_bytes != layout.end) {
    return Damaged(absl::StrCat("has ", file_->size(),
                                " bytes; its header says ", layout.end));
  }
  const char* const data = file_->data();
  const auto ints = [data](uint64_t offset, uint64_t count) {
    return absl::MakeConstSpan(reinterpret_cast<const int32_t*>(data + offset),
                               count);
  };
  const auto floats = [data](uint64_t offset, uint64_t count) {
    return absl::MakeConstSpan(reinterpret_cast<const float*>(data + offset),
                               count);
  };
  graph_.book.centre = floats(layout.centre, CodedComponents(header));
  graph_.book.steps_per_unit = header.steps_per_unit;
  graph_.book.bits = CodeBits(header);
  graph_.codes = reinterpret_cast<const uint8_t*>(data + layout.codes);
  graph_.items = ints(layout.items, header.item_count);
  graph_.rows = ints(layout.rows, header.slot_count);
  graph_.place_bytes = static_cast<int>(PlaceBytes(header));
  graph_.neighbors = {reinterpret_cast<const uint8_t*>(data + layout.neighbors),
                      layout.neighbors_end - layout.neighbors};
  graph_.degree = static_cast<int>(header.degree);
  graph_.entry_root = header.entry_root;
  graph_.rank_exponent = header.rank_exponent;
  if (forest.layout.metric == Metric::kDot &&
      header.format_version >= kWideFormat) {
    graph_.lift = header.direction_unit;
    if (!(graph_.lift >= 0 && std::isfinite(graph_.lift))) {
      return Damaged(absl::StrCat("lifts queries by ", graph_.lift,
                                  ", which is no length"));
    }
  }
  graph_.apart = ints(layout.apart, header.apart_count);
  if (header.turn_seed != 0) {
    const auto turned = static_cast<size_t>(forest.layout.dim);
    turn_factors_ = TurnFactors(header.turn_seed, turned);
    graph_.turn = {header.turn_seed, turn_factors_, turned};
  }
  if (header.directions > 0) {
    graph_.projection.mean = floats(layout.mean, header.dim);
    graph_.projection.directions =
        reinterpret_cast<const uint8_t*>(data + layout.directions);
    graph_.projection.count = header.directions;
    graph_.projection.unit = header.direction_unit;
    if (!std::isfinite(header.direction_unit)) {
      return Damaged("the unit of its directions is no finite number");
    }
  }
  for (const float mean : graph_.projection.mean) {
    if (!std::isfinite(mean)) return Damaged("a mean is no finite number");
  }
  for (const float centre : graph_.book.centre) {
    if (!std::isfinite(centre)) return Damaged("a centre is no finite number");
  }
  ANNOD_RETURN_IF_ERROR(ReadCurve(data + layout.curve, header));
  if (!verify) return absl::OkStatus();
  if (XXH3_64bits(data + sizeof(header), file_->size() - sizeof(header)) !=
      header.payload_checksum) {
    return Damaged("its contents do not have the checksum its header names");
  }
  if (header.forest_checksum != 0 &&
      header.forest_checksum != ForestChecksum(forest)) {
    return Damaged("belongs to a forest of the same size with other contents");
  }
  return CheckIds(forest);
}

absl::Status GraphFile::ReadCurve(const char* points,
                                  const GraphHeader& header) {
  const uint32_t count = header.curve_points, queries = header.curve_queries,
                 most_n = header.curve_most_n;
  if (queries > std::numeric_limits<int>::max()) {
    return Damaged(
        absl::StrCat("its curve is the mean of ", queries, " queries"));
  }
  if (most_n > std::numeric_limits<int32_t>::max()) {
    return Damaged(absl::StrCat("its curve does for ", most_n, " neighbours"));
  }
  curve_.query_count = static_cast<int>(queries);
  curve_.most_n = static_cast<int32_t>(most_n);
  for (uint32_t k = 0; k < count; ++k) {
    StoredBeamPoint point;
    std::memcpy(&point, points + k * sizeof(point), sizeof(point));
    const BeamPoint before =
        curve_.points.empty() ? BeamPoint() : curve_.points.back();
    if (point.beam <= before.beam || !(point.recall >= before.recall) ||
        point.recall > 1) {
      return Damaged(absl::StrCat("point ", k, " of its curve, beam ",
                                  point.beam, " with recall ", point.recall,
                                  ", does not follow the one before"));
    }
    curve_.points.push_back({point.beam, double{point.recall}});
  }
  const char* const factors = points + count * sizeof(StoredBeamPoint);
  for (uint32_t k = 0; k < header.curve_factors; ++k) {
    StoredBeamFactor one;
    std::memcpy(&one, factors + k * sizeof(one), sizeof(one));
    curve_.factors.push_back({one.n, double{one.factor}});
  }
  const std::string wrong = WrongFactors(curve_);
  if (!wrong.empty()) return Damaged(absl::StrCat("its curve: ", wrong));
  return absl::OkStatus();
}

// All that a search relies on.
absl::Status GraphFile::CheckIds(const ForestData& forest) const {
  const int64_t size = graph_.size();
  // Sums of products are bounded for codes of 7 bits.
  uint64_t bits = 0;
  const auto look_at = [&bits](const uint8_t* codes, size_t bytes) {
    for (size_t at = 0; at < bytes; at += sizeof(bits)) {
      uint64_t eight;
      std::memcpy(&eight, codes + at, sizeof(eight));
      bits |= eight;
    }
  };
  const Projection& projection = graph_.projection;
  if (graph_.book.bits == CodeBook::kByte) {
    look_at(graph_.codes, size * graph_.book.row_bytes());
  }
  look_at(projection.directions,
          projection.count * PaddedCodeBytes(projection.mean.size()));
  if ((bits & kTopBits) != 0) return Damaged("a code is larger than 127");
  if (graph_.book.wide()) {
    const int top = WideTop(graph_.book.centre.size());
    const size_t bytes = size * graph_.book.row_bytes();
    for (size_t at = 0; at < bytes; at += sizeof(uint16_t)) {
      uint16_t code;
      std::memcpy(&code, graph_.codes + at, sizeof(code));
      if (code > top) {
        return Damaged(
            absl::StrCat("a code of 16 bits is ", code, ", larger than ", top));
      }
    }
  }
  for (int64_t row = 0; row < size; ++row) {
    const int32_t id = graph_.items[row];
    if (id < 0 || id >= forest.slot_count || graph_.rows[id] != row ||
        forest.node(id).descendants() != 1) {
      return Damaged(absl::StrCat("row ", row, " names item ", id,
                                  ", which is no item or does not name it"));
    }
    const NeighborPlaces places = graph_.NeighborsOf(row);
    for (size_t k = 0; k < places.size(); ++k) {
      const int32_t near = places[k];
      if (near < -1 || near >= size) {
        return Damaged(absl::StrCat("row ", row, " has the neighbour ", near,
                                    "; there are ", size, " rows"));
      }
    }
  }
  for (const int32_t id : graph_.apart) {
    if (id < 0 || id >= forest.slot_count || graph_.rows[id] < 0) {
      return Damaged(absl::StrCat("item ", id, " is apart and no item"));
    }
  }
  for (size_t id = 0; id < graph_.rows.size(); ++id) {
    const int32_t row = graph_.rows[id];
    const bool item = forest.node(static_cast<int64_t>(id)).descendants() == 1;
    if (row < -1 || row >= size || (row >= 0) != item) {
      return Damaged(absl::StrCat("slot ", id, " names row ", row));
    }
  }
  return absl::OkStatus();
}

}  // namespace annod
