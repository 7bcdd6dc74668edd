#include "client/ctl/file/graph_output.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/ctl/file/file_index.h"
#include "core/graph/beam_curve.h"

namespace annod::ctl {
namespace {

// ", recall@10 0.903 with beam 20, ..." for some round recalls.
std::string RecallText(const BeamCurve& curve) {
  std::string text;
  const BeamPoint* last = nullptr;
  for (const double recall : {0.9, 0.95, 0.99}) {
    for (const BeamPoint& point : curve.points) {
      if (point.recall < recall) continue;
      if (&point != last) {
        absl::StrAppendFormat(&text, "%s%.3f with beam %s",
                              last == nullptr ? ", measured recall@10 " : ", ",
                              point.recall, WithCommas(point.beam));
      }
      last = &point;
      break;
    }
  }
  return text;
}

}  // namespace

Json GraphToJson(const std::string& path, const MaybeGraph& graph) {
  if (!graph.ok()) {
    return Json{{"file", GraphPathOf(path)},
                {"error", std::string(graph.status().message())}};
  }
  if (*graph == nullptr) return nullptr;
  Json curve = Json::array();
  for (const BeamPoint& point : (*graph)->curve().points) {
    curve.push_back(Json{{"beam", point.beam}, {"recall", point.recall}});
  }
  return Json{{"file", GraphPathOf(path)},
              {"file_bytes", (*graph)->bytes()},
              {"item_count", (*graph)->graph().size()},
              {"degree", (*graph)->graph().degree},
              {"beam_curve", curve}};
}

std::string GraphLine(const std::string& path, const MaybeGraph& graph) {
  if (!graph.ok()) return std::string(graph.status().message());
  if (*graph == nullptr) return "none";
  return absl::StrCat(GraphPathOf(path), ", ",
                      HumanBytes(static_cast<double>((*graph)->bytes())),
                      RecallText((*graph)->curve()));
}

}  // namespace annod::ctl
