#include "server/metrics/series_text.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"

namespace annod {
namespace {

constexpr size_t kMaxFieldBytes = 255;  // its length is one byte

bool IsPrintable(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isprint(c); });
}

bool AppendField(absl::string_view field, std::string* out) {
  if (field.size() > kMaxFieldBytes || !IsPrintable(field)) return false;
  out->push_back(static_cast<char>(field.size()));
  out->append(field.data(), field.size());
  return true;
}

std::optional<absl::string_view> TakeField(absl::string_view* text) {
  if (text->empty()) return std::nullopt;
  const size_t size = static_cast<unsigned char>(text->front());
  if (text->size() - 1 < size) return std::nullopt;
  const absl::string_view field = text->substr(1, size);
  if (!IsPrintable(field)) return std::nullopt;
  text->remove_prefix(1 + size);
  return field;
}

}  // namespace

std::optional<std::string> EncodeSeries(const MetricInfo& info,
                                        const LabelPairs& labels) {
  if (labels.size() != info.labels.size()) return std::nullopt;
  std::string text;
  if (!AppendField(info.name, &text)) return std::nullopt;
  for (const absl::string_view name : info.labels) {
    const auto it =
        std::find_if(labels.begin(), labels.end(),
                     [name](const auto& label) { return label.first == name; });
    if (it == labels.end() || !AppendField(it->second, &text)) {
      return std::nullopt;
    }
  }
  if (text.size() > kMaxSeriesTextBytes) return std::nullopt;
  return text;
}

std::optional<DecodedSeries> DecodeSeries(absl::string_view text) {
  const std::optional<absl::string_view> name = TakeField(&text);
  if (!name.has_value()) return std::nullopt;
  DecodedSeries series;
  series.info = FindMetric(*name);
  if (series.info == nullptr) return std::nullopt;
  for (const char* label : series.info->labels) {
    const std::optional<absl::string_view> value = TakeField(&text);
    if (!value.has_value()) return std::nullopt;
    series.labels.emplace_back(label, std::string(*value));
  }
  if (!text.empty()) return std::nullopt;
  return series;
}

}  // namespace annod
