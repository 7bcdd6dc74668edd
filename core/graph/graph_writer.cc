#include "core/graph/graph_writer.h"

#include <cstring>
#include <memory>
#include <vector>

#include "core/graph/codes/packing.h"
#include "core/graph/graph_layout.h"
#include "core/status_macros.h"
#include "xxhash.h"

namespace annod {

absl::Status WriteGraphFile(FileSystem* fs, const std::string& path,
                            const Graph& graph, const BeamCurve& curve,
                            const ForestData& forest) {
  GraphHeader header = {};
  std::memcpy(header.magic, kGraphMagic, sizeof(header.magic));
  const Projection& projection = graph.projection;
  header.format_version = projection.active() ? kProjectionFormat : 1;
  if (graph.turn.active() || !graph.apart.empty()) {
    header.format_version = kTurnFormat;
  }
  if (graph.book.packed()) {
    header.format_version = kPackedFormat;
    header.code_bits = static_cast<uint32_t>(graph.book.bits);
  }
  if (graph.book.wide()) header.code_bits = CodeBook::kWide;
  if (graph.place_bytes == 3) header.format_version = kShortPlacesFormat;
  if (!curve.factors.empty()) header.format_version = kFactorsFormat;
  if (graph.book.wide() || graph.lift != 0) {
    header.format_version = kWideFormat;
  }
  header.turn_seed = graph.turn.seed;
  header.apart_count = static_cast<uint32_t>(graph.apart.size());
  header.dim = static_cast<uint32_t>(
      projection.active() ? projection.mean.size() : graph.book.centre.size());
  header.directions = static_cast<uint32_t>(projection.count);
  header.direction_unit = graph.lift != 0 ? graph.lift : projection.unit;
  header.row_bytes = static_cast<uint32_t>(graph.book.row_bytes());
  header.degree = static_cast<uint32_t>(graph.degree);
  header.item_count = graph.items.size();
  header.slot_count = graph.rows.size();
  header.forest_bytes = forest.bytes.size();
  header.forest_checksum = ForestChecksum(forest);
  header.entry_root = graph.entry_root;
  header.rank_exponent = graph.rank_exponent;
  header.steps_per_unit = graph.book.steps_per_unit;
  header.curve_points = static_cast<uint16_t>(curve.points.size());
  header.curve_factors = static_cast<uint16_t>(curve.factors.size());
  header.curve_queries = static_cast<uint32_t>(curve.query_count);
  header.curve_most_n = static_cast<uint32_t>(curve.most_n);
  std::vector<StoredBeamPoint> points;
  for (const BeamPoint& point : curve.points) {
    points.push_back({point.beam, static_cast<float>(point.recall)});
  }
  std::vector<StoredBeamFactor> factors;
  for (const BeamFactor& one : curve.factors) {
    factors.push_back({one.n, static_cast<float>(one.factor)});
  }
  const GraphLayout layout(header);
  header.file_bytes = layout.end;

  struct Part {
    uint64_t offset;
    absl::string_view bytes;
  };
  const auto bytes_of = [](const auto& span) {
    return absl::string_view(reinterpret_cast<const char*>(span.data()),
                             span.size() * sizeof(span[0]));
  };
  const Part parts[] = {
      {layout.centre, bytes_of(graph.book.centre)},
      {layout.codes,
       absl::string_view(reinterpret_cast<const char*>(graph.codes),
                         header.item_count * header.row_bytes)},
      {layout.items, bytes_of(graph.items)},
      {layout.rows, bytes_of(graph.rows)},
      {layout.neighbors, bytes_of(graph.neighbors)},
      {layout.curve, bytes_of(points)},
      {layout.curve + bytes_of(points).size(), bytes_of(factors)},
      {layout.mean, bytes_of(projection.mean)},
      {layout.directions,
       absl::string_view(reinterpret_cast<const char*>(projection.directions),
                         projection.count * PaddedCodeBytes(header.dim))},
      {layout.apart, bytes_of(graph.apart)}};

  // Once for the checksum, once for the file.
  const auto for_each_piece = [&](const auto& take) {
    uint64_t at = sizeof(GraphHeader);
    static constexpr char kZeros[kGraphAlignment] = {};
    for (const Part& part : parts) {
      ANNOD_RETURN_IF_ERROR(take(absl::string_view(kZeros, part.offset - at)));
      ANNOD_RETURN_IF_ERROR(take(part.bytes));
      at = part.offset + part.bytes.size();
    }
    return absl::OkStatus();
  };
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(
      XXH3_createState(), &XXH3_freeState);
  XXH3_64bits_reset(state.get());
  ANNOD_RETURN_IF_ERROR(for_each_piece([&](absl::string_view piece) {
    XXH3_64bits_update(state.get(), piece.data(), piece.size());
    return absl::OkStatus();
  }));
  header.payload_checksum = XXH3_64bits_digest(state.get());
  header.header_checksum = HeaderChecksum(header);

  ANNOD_ASSIGN_OR_RETURN(const std::unique_ptr<WritableFile> file,
                         fs->CreateFile(path));
  ANNOD_RETURN_IF_ERROR(file->Append(absl::string_view(
      reinterpret_cast<const char*>(&header), sizeof(header))));
  ANNOD_RETURN_IF_ERROR(for_each_piece(
      [&](absl::string_view piece) { return file->Append(piece); }));
  ANNOD_RETURN_IF_ERROR(file->Sync());
  return file->Close();
}

}  // namespace annod
