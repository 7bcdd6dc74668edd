#include "core/graph/codes/packing.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace annod {
namespace {

constexpr int kMiddleByte = 64;
constexpr size_t kFittedRows = 1000;
// The farthest that have a code of their own, in standard deviations.
constexpr double kLeastDeviations = 1;
constexpr double kMostDeviations = 12;
constexpr double kNextDeviations = 1.05;

// How many components lie how far from the centre, in steps of bytes.
using Counts = std::array<double, kMiddleByte + 1>;

Counts CountAway(const CodeBook& bytes, const CodeRows& rows) {
  Counts counts = {};
  const size_t fitted = std::min(rows.count(), kFittedRows);
  for (size_t k = 0; k < fitted; ++k) {
    const uint8_t* const row = rows.row(k * rows.count() / fitted);
    for (size_t i = 0; i < bytes.centre.size(); ++i) {
      ++counts[std::abs(row[i] - kMiddleByte)];
    }
  }
  return counts;
}

// The step, in those of bytes, that leaves packed codes least off, on average.
double BestStep(const Counts& counts, int bits) {
  double squares = 0, all = 0;
  for (size_t away = 0; away < counts.size(); ++away) {
    squares += counts[away] * static_cast<double>(away * away);
    all += counts[away];
  }
  const double root = std::sqrt(squares / all);
  const int last = (1 << bits) / 2 - 1;  // step on either side of the centre
  double least = HUGE_VAL, best = 0;
  for (double deviations = kLeastDeviations; deviations < kMostDeviations;
       deviations *= kNextDeviations) {
    const double step = deviations * root / (last + 1);
    double error = 0;
    for (size_t away = 0; away < counts.size(); ++away) {
      const auto value = static_cast<double>(away);
      const double steps =
          std::min(std::floor(value / step), static_cast<double>(last));
      const double off = value - (steps + 0.5) * step;
      error += counts[away] * off * off;
    }
    if (error < least) {
      least = error;
      best = step;
    }
  }
  return best;
}

}  // namespace

bool MayPack(Metric metric, bool projected) {
  return !projected &&
         (metric == Metric::kEuclidean || metric == Metric::kAngular);
}

Packing::Packing(const CodeBook& bytes, const CodeRows& rows, int bits) {
  double step = BestStep(CountAway(bytes, rows), bits);
  if (!(step > 0)) step = 1;  // items are all equal
  book_.bits = bits;
  book_.centre = bytes.centre;
  book_.steps_per_unit =
      static_cast<float>(PackedStep(bits) / step) * bytes.steps_per_unit;
  const double most = (1 << bits) - 1;
  for (size_t code = 0; code < packed_.size(); ++code) {
    const double steps =
        (static_cast<double>(code) - kMiddleByte) / step + most / 2 + 0.5;
    packed_[code] = static_cast<uint8_t>(std::clamp(steps, 0.0, most));
  }
}

void Packing::Pack(const uint8_t* codes, uint8_t* row) const {
  const size_t dim = book_.centre.size();
  const size_t bits = static_cast<size_t>(book_.bits);
  size_t begin = 0;
  for (size_t byte = 0; begin < dim; byte += kCodeAlignment) {
    for (size_t shift = 0; shift < 8 && begin < dim; shift += bits) {
      const size_t count = std::min(dim - begin, kCodeAlignment);
      for (size_t i = 0; i < count; ++i) {
        row[byte + i] = static_cast<uint8_t>(
            row[byte + i] | packed_[codes[begin + i]] << shift);
      }
      begin += count;
    }
  }
}

}  // namespace annod
