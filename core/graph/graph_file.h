#ifndef ANNOD_CORE_GRAPH_GRAPH_FILE_H_
#define ANNOD_CORE_GRAPH_GRAPH_FILE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/annoy/forest_data.h"
#include "core/file_system.h"
#include "core/graph/beam_curve.h"
#include "core/graph/graph.h"

namespace annod {

// A graph file (docs/format.md, "graph"): this header, then, each at the next
// multiple of 64 bytes and little-endian,
//   float   centre[directions > 0 ? directions + 1 : dim]
//   uint8   codes[item_count][row_bytes]
//   int32   items[item_count]
//   int32   rows[slot_count]
//   uint24  neighbors[item_count][degree], uint8 zero; int32 without that in
//     formats before 5
//   struct { int32 beam; float recall; } curve[curve_points]
//   struct { int32 n; float factor; } factors[curve_factors]
//   float   mean[dim], uint8 direction[directions][PaddedCodeBytes(dim)],
//     if there are directions
//   int32   apart[apart_count], if there are any
inline constexpr char kGraphMagic[] = "ANNODGRF";
inline constexpr uint32_t kGraphFormatVersion = 7;
inline constexpr uint32_t kMaxApart = 64;
inline constexpr uint32_t kMaxCurvePoints = 64;

struct GraphHeader {
  char magic[8];
  uint32_t format_version;  // readers refuse anything newer
  uint32_t dim;             // components of the graph's space
  uint32_t row_bytes;
  uint32_t degree;
  uint64_t item_count;
  uint64_t slot_count;
  uint64_t forest_bytes;  // size of the forest's file: it belongs to that one
  int32_t entry_root;
  float steps_per_unit;
  uint64_t file_bytes;
  uint16_t curve_points;     // at most kMaxCurvePoints; 0: no such part
  uint16_t curve_factors;    // at most kMaxBeamFactors, of points
  uint32_t curve_queries;    // that each point is the mean of
  uint64_t forest_checksum;  // XXH3-64 of the forest's nodes; 0: not known
  float rank_exponent;       // of distances of codes; 0: not known
  uint32_t curve_most_n;     // neighbours that the curve does for; 0: any
  uint32_t directions;       // of the projection; 0: none
  // What a step of their codes is. For dot, which has none, the lift of queries
  // (graph.h), from format 7 on.
  float direction_unit;
  uint64_t turn_seed;         // 0: vectors are not turned
  uint32_t apart_count;       // items compared with every query
  uint32_t code_bits;         // of a component, 1, 2, 4 or 16; 0: a byte
  uint64_t payload_checksum;  // XXH3-64 of everything behind the header
  uint64_t header_checksum;   // XXH3-64 of the 120 bytes before it
};
static_assert(sizeof(GraphHeader) == 128 &&
              offsetof(GraphHeader, header_checksum) == 120);

// A graph in a mapped file. Immutable; thread-safe.
class GraphFile {
 public:
  // DataLoss naming what is wrong if the file is damaged or does not belong to
  // `forest`; FailedPrecondition if its format is newer. With `verify` false
  // the payload's checksum and ids are taken on trust: for files verified
  // before, with that forest.
  static absl::StatusOr<std::shared_ptr<const GraphFile>> Open(
      FileSystem* fs, const std::string& path, const ForestData& forest,
      bool verify, Prefault prefault);

  const Graph& graph() const { return graph_; }
  // As measured before the file was written; empty if it was not.
  const BeamCurve& curve() const { return curve_; }
  size_t bytes() const { return file_->size(); }

 private:
  GraphFile(std::string path, std::unique_ptr<MappedFile> file)
      : path_(std::move(path)), file_(std::move(file)) {}

  absl::Status Init(const ForestData& forest, bool verify);
  absl::Status CheckIds(const ForestData& forest) const;
  absl::Status ReadCurve(const char* points, const GraphHeader& header);
  absl::Status Damaged(const std::string& message) const;

  const std::string path_;
  const std::unique_ptr<MappedFile> file_;
  std::vector<float> turn_factors_;
  Graph graph_;
  BeamCurve curve_;
};

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_GRAPH_FILE_H_
