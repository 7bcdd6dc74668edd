// The shared page of metrics, as a child that went wrong may leave it: what the
// supervisor makes of it is text that can be told.

#include <sys/mman.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "prometheus/text_serializer.h"
#include "server/metrics/collector.h"
#include "server/metrics/metrics_page.h"
#include "server/metrics/metrics_slot.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/target.h"

namespace annod::fuzz {
namespace {

// Into one of the first entries; what an input does not say stays.
constexpr size_t kEntries = 8;

void Write(absl::string_view bytes, size_t most, void* entry) {
  std::memcpy(entry, bytes.data(), std::min(bytes.size(), most));
}

void Fill(Input* input, MetricsSlot* slot) {
  slot->scalar_count.store(input->U32());
  slot->histogram_count.store(input->U32());
  while (!input->empty()) {
    const bool scalar = input->Bool();
    const size_t number = input->Choice(kEntries);
    const absl::string_view bytes = input->Part();
    if (scalar) {
      Write(bytes, sizeof(ScalarEntry), &slot->scalars[number]);
    } else {
      Write(bytes, sizeof(HistogramEntry), &slot->histograms[number]);
    }
  }
}

void Run(absl::string_view bytes) {
  Input input(bytes);
  const auto page = MetricsPage::Create(1);
  Require(page.ok(), "a page");
  void* const mapped =
      mmap(nullptr, sizeof(MetricsSlot), PROT_READ | PROT_WRITE, MAP_SHARED,
           (*page)->fd(), 0);
  Require(mapped != MAP_FAILED, "its mapping");
  Fill(&input, static_cast<MetricsSlot*>(mapped));
  Collector collector(page->get(), 1);
  for (const SeriesSample& sample : (*page)->Read(0)) {
    Require(!sample.name.empty(), "a name");
  }
  prometheus::TextSerializer().Serialize(collector.Collect());
  collector.Retire(0);
  prometheus::TextSerializer().Serialize(collector.Collect());
  // Besides the number of series that did not fit.
  Require((*page)->Read(0).size() == 1, "a slot that was cleared");
  // Whoever comes next may use the slot.
  const auto writer = (*page)->Writer(0);
  writer->GetGauge("annod_worker_ready", {}).Set(1);
  Require((*page)->Read(0).size() == 2, "one series");
  munmap(mapped, sizeof(MetricsSlot));
}

std::string EntryBytes(const void* entry, size_t size) {
  return {static_cast<const char*>(entry), size};
}

std::vector<std::string> Seeds() {
  const auto page = MetricsPage::Create(1);
  const auto writer = (*page)->Writer(0);
  writer->GetGauge("annod_worker_ready", {}).Set(1);
  writer->GetCounter("annod_items_added_total", {{"index", "a"}}).Add(7);
  void* const mapped = mmap(nullptr, sizeof(MetricsSlot), PROT_READ, MAP_SHARED,
                            (*page)->fd(), 0);
  const auto* const slot = static_cast<const MetricsSlot*>(mapped);
  std::string seed = {0, 0, 0, 2, 0, 0, 0, 1};
  for (int i = 0; i < 2; ++i) {
    seed += std::string{1, static_cast<char>(i)} +
            AsPart(EntryBytes(&slot->scalars[i], 64));
  }
  seed += std::string{0, 0} + AsPart(EntryBytes(&slot->scalars[0], 64));
  std::string many = seed;
  many.replace(0, 8, 8, '\x7f');
  munmap(mapped, sizeof(MetricsSlot));
  return {seed, many};
}

const Registration kMetricsPage({"metrics_page", Run, Seeds});

}  // namespace
}  // namespace annod::fuzz
