#include "core/graph/graph_layout.h"

#include <cstddef>

#include "core/graph/codes/packing.h"
#include "xxhash.h"

namespace annod {
namespace {

uint64_t Align(uint64_t offset) {
  return (offset + kGraphAlignment - 1) / kGraphAlignment * kGraphAlignment;
}

}  // namespace

uint64_t CodedComponents(const GraphHeader& header) {
  return header.directions > 0 ? uint64_t{header.directions} + 1 : header.dim;
}

int CodeBits(const GraphHeader& header) {
  return header.code_bits == 0 ? CodeBook::kByte
                               : static_cast<int>(header.code_bits);
}

uint64_t PlaceBytes(const GraphHeader& header) {
  if (header.format_version < kShortPlacesFormat) return 4;
  if (header.format_version < kFactorsFormat) return 3;
  return header.item_count <= kMostShortRows ? 3 : 4;
}

GraphLayout::GraphLayout(const GraphHeader& header) {
  centre = sizeof(GraphHeader);
  codes = Align(centre + CodedComponents(header) * sizeof(float));
  items = Align(codes + header.item_count * header.row_bytes);
  rows = Align(items + header.item_count * sizeof(int32_t));
  neighbors = Align(rows + header.slot_count * sizeof(int32_t));
  end = neighbors + header.item_count * header.degree * PlaceBytes(header) +
        sizeof(int32_t) - PlaceBytes(header);
  neighbors_end = curve = end;
  if (header.curve_points > 0) {
    curve = Align(end);
    end = curve + uint64_t{header.curve_points} * sizeof(StoredBeamPoint) +
          uint64_t{header.curve_factors} * sizeof(StoredBeamFactor);
  }
  mean = directions = apart = end;
  if (header.directions > 0) {
    mean = Align(end);
    directions = Align(mean + uint64_t{header.dim} * sizeof(float));
    end = directions + header.directions * PaddedCodeBytes(header.dim);
  }
  apart = end;
  if (header.apart_count > 0) {
    apart = Align(end);
    end = apart + uint64_t{header.apart_count} * sizeof(int32_t);
  }
}

uint64_t HeaderChecksum(const GraphHeader& header) {
  return XXH3_64bits(&header, offsetof(GraphHeader, header_checksum));
}

uint64_t ForestChecksum(const ForestData& forest) {
  return XXH3_64bits(forest.bytes.data(), forest.bytes.size());
}

}  // namespace annod
