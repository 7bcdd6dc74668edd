#include "server/metrics/metrics_page.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/metrics/metric_catalog.h"
#include "server/metrics/metrics_slot.h"
#include "server/metrics/metrics_writer.h"
#include "server/metrics/series_text.h"

namespace annod {
namespace {

constexpr int kMaxSlots = 1024;
constexpr char kDroppedSeries[] = "annod_metrics_dropped_series_total";

uint64_t ToBits(double value) {
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

double FromBits(uint64_t bits) {
  double value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

void AddDouble(std::atomic<uint64_t>* cell, double amount) {
  uint64_t old = cell->load(std::memory_order_relaxed);
  while (!cell->compare_exchange_weak(old, ToBits(FromBits(old) + amount),
                                      std::memory_order_relaxed)) {
  }
}

// The series of an entry, or nothing if it is removed or makes no sense. The
// text is copied first: its owner may be writing nonsense at this moment. What
// is read counts if StillThat() says so afterwards.
std::optional<SeriesSample> ReadHead(const SeriesHead& head) {
  if (head.live.load(std::memory_order_acquire) != 1) return std::nullopt;
  const uint32_t text_bytes = head.text_bytes;
  if (text_bytes > kMaxSeriesTextBytes) return std::nullopt;
  const std::string text(head.text, text_bytes);
  const uint32_t kind = head.kind;
  std::optional<DecodedSeries> series = DecodeSeries(text);
  if (!series.has_value() ||
      kind != static_cast<uint32_t>(series->info->kind)) {
    return std::nullopt;
  }
  SeriesSample sample;
  sample.name = series->info->name;
  sample.labels = std::move(series->labels);
  sample.kind = series->info->kind;
  return sample;
}

bool StillThat(const SeriesHead& head, uint32_t generation) {
  std::atomic_thread_fence(std::memory_order_acquire);
  return generation % 2 == 0 &&
         head.generation.load(std::memory_order_relaxed) == generation;
}

uint32_t GenerationOf(const SeriesHead& head) {
  return head.generation.load(std::memory_order_acquire);
}

class MappedMetricsPage : public MetricsPage {
 public:
  MappedMetricsPage(int fd, MetricsSlot* slots, int slot_count)
      : fd_(fd), slots_(slots), slot_count_(slot_count) {}
  ~MappedMetricsPage() override {
    munmap(static_cast<void*>(slots_), slot_count_ * sizeof(MetricsSlot));
    close(fd_);
  }

  int fd() const override { return fd_; }

  std::unique_ptr<MetricsWriter> Writer(int slot) override {
    return std::make_unique<SlotWriter>(InRange(slot) ? &slots_[slot]
                                                      : nullptr);
  }

  std::vector<SeriesSample> Read(int slot) const override;
  void Clear(int slot) override;

 private:
  bool InRange(int slot) const { return slot >= 0 && slot < slot_count_; }

  const int fd_;
  MetricsSlot* const slots_;
  const int slot_count_;
};

std::vector<SeriesSample> MappedMetricsPage::Read(int slot) const {
  std::vector<SeriesSample> samples;
  if (!InRange(slot)) return samples;
  const MetricsSlot& from = slots_[slot];
  const uint32_t scalars =
      std::min(from.scalar_count.load(std::memory_order_acquire), kMaxScalars);
  for (uint32_t i = 0; i < scalars; ++i) {
    const SeriesHead& head = from.scalars[i].head;
    const uint32_t generation = GenerationOf(head);
    std::optional<SeriesSample> sample = ReadHead(head);
    if (!sample.has_value() || sample->kind == MetricKind::kHistogram) continue;
    sample->value =
        FromBits(from.scalars[i].value.load(std::memory_order_relaxed));
    if (!StillThat(head, generation)) continue;
    // A counter of nonsense would stay in the sums for ever.
    const bool bad_counter =
        sample->kind == MetricKind::kCounter &&
        !(std::isfinite(sample->value) && sample->value >= 0);
    if (!bad_counter) samples.push_back(*std::move(sample));
  }

  const uint32_t histograms = std::min(
      from.histogram_count.load(std::memory_order_acquire), kMaxHistograms);
  for (uint32_t i = 0; i < histograms; ++i) {
    const HistogramEntry& entry = from.histograms[i];
    const uint32_t generation = GenerationOf(entry.head);
    std::optional<SeriesSample> sample = ReadHead(entry.head);
    if (!sample.has_value() || sample->kind != MetricKind::kHistogram) continue;
    for (int b = 0; b < kHistogramBucketCount; ++b) {
      sample->buckets.push_back(entry.cells[b].load(std::memory_order_relaxed));
    }
    sample->value = FromBits(
        entry.cells[kHistogramBucketCount].load(std::memory_order_relaxed));
    if (!std::isfinite(sample->value) || sample->value < 0) continue;
    if (!StillThat(entry.head, generation)) continue;
    samples.push_back(*std::move(sample));
  }

  SeriesSample dropped;
  dropped.name = kDroppedSeries;
  dropped.kind = MetricKind::kCounter;
  dropped.value = from.dropped_series.load(std::memory_order_relaxed);
  samples.push_back(std::move(dropped));
  return samples;
}

void MappedMetricsPage::Clear(int slot) {
  if (!InRange(slot)) return;
  MetricsSlot* const to = &slots_[slot];
  // Gives the memory back and leaves zeroes. Slots lie on page boundaries.
  const off_t offset =
      static_cast<off_t>(slot) * static_cast<off_t>(sizeof(MetricsSlot));
  if (fallocate(fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset,
                sizeof(MetricsSlot)) != 0) {
    std::memset(static_cast<void*>(to), 0, sizeof(MetricsSlot));
  }
}

absl::Status SystemError(absl::string_view what) {
  return absl::ErrnoToStatus(errno, absl::StrCat("metrics page: ", what));
}

absl::StatusOr<std::unique_ptr<MetricsPage>> Map(int fd, int slots) {
  void* const memory = mmap(nullptr, slots * sizeof(MetricsSlot),
                            PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) {
    const absl::Status status = SystemError("mmap");
    close(fd);
    return status;
  }
  return std::unique_ptr<MetricsPage>(std::make_unique<MappedMetricsPage>(
      fd, static_cast<MetricsSlot*>(memory), slots));
}

}  // namespace

static_assert(sizeof(MetricsSlot) % 4096 == 0,
              "slots are cleared by punching holes of whole pages");

void Counter::Add(double amount) const {
  if (cell != nullptr) AddDouble(cell, amount);
}

void Gauge::Set(double value) const {
  if (cell != nullptr) cell->store(ToBits(value), std::memory_order_relaxed);
}

void Gauge::Add(double amount) const {
  if (cell != nullptr) AddDouble(cell, amount);
}

void Histogram::Observe(double seconds) const {
  if (cells == nullptr) return;
  // Clocks that step back and durations unknown count as none.
  if (!(seconds >= 0)) seconds = 0;
  const auto bound = std::lower_bound(std::begin(kHistogramBounds),
                                      std::end(kHistogramBounds), seconds);
  cells[bound - std::begin(kHistogramBounds)].fetch_add(
      1, std::memory_order_relaxed);
  AddDouble(&cells[kHistogramBucketCount], seconds);
}

absl::StatusOr<std::unique_ptr<MetricsPage>> MetricsPage::Create(int slots) {
  if (slots < 1 || slots > kMaxSlots) {
    return absl::InvalidArgumentError(absl::StrCat(
        "metrics page of ", slots, " slots; range [1, ", kMaxSlots, "]"));
  }
  const int fd = memfd_create("annod_metrics", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) return SystemError("memfd_create");
  // Sealed: no process can cut the file under the mapping of another.
  if (ftruncate(fd, static_cast<off_t>(slots) *
                        static_cast<off_t>(sizeof(MetricsSlot))) != 0 ||
      fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    const absl::Status status = SystemError(
        absl::StrCat("a file in memory of ", slots * sizeof(MetricsSlot),
                     " bytes (ulimit -f must allow it)"));
    close(fd);
    return status;
  }
  return Map(fd, slots);
}

absl::StatusOr<std::unique_ptr<MetricsPage>> MetricsPage::FromFd(int fd) {
  struct stat info;
  if (fstat(fd, &info) != 0) return SystemError(absl::StrCat("fd ", fd));
  const int64_t slots = info.st_size / sizeof(MetricsSlot);
  if (slots < 1 || slots > kMaxSlots ||
      info.st_size % sizeof(MetricsSlot) != 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "fd ", fd, " of ", info.st_size, " bytes is not a metrics page"));
  }
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  return Map(fd, slots);
}

}  // namespace annod
