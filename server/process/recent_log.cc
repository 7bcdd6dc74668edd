#include "server/process/recent_log.h"

#include <algorithm>

#include "spdlog/spdlog.h"

namespace annod {

RecentLog::RecentLog(size_t count)
    : sink_(std::make_shared<spdlog::sinks::ringbuffer_sink_mt>(count)) {
  sink_->set_level(spdlog::level::warn);
  spdlog::default_logger()->sinks().push_back(sink_);
}

std::vector<RecentLog::Line> RecentLog::NewestFirst() const {
  std::vector<Line> lines;
  for (const auto& message : sink_->last_raw()) {
    lines.push_back(
        {absl::FromChrono(message.time), message.level >= spdlog::level::err,
         std::string(message.payload.data(), message.payload.size())});
  }
  std::reverse(lines.begin(), lines.end());
  return lines;
}

}  // namespace annod
