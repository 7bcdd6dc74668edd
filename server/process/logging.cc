#include "server/process/logging.h"

#include <errno.h>
#include <poll.h>
#include <spdlog/sinks/sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/process/line_queue.h"
#include "server/process/log_context.h"

namespace annod {
namespace {

constexpr absl::Duration kFlushTime = absl::Seconds(1);

std::optional<spdlog::level::level_enum> LevelOf(absl::string_view name) {
  if (name == "debug") return spdlog::level::debug;
  if (name == "info") return spdlog::level::info;
  if (name == "warning") return spdlog::level::warn;
  if (name == "error") return spdlog::level::err;
  return std::nullopt;
}

const char* NameOf(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::trace:
    case spdlog::level::debug:
      return "debug";
    case spdlog::level::info:
      return "info";
    case spdlog::level::warn:
      return "warning";
    default:
      return "error";
  }
}

// Written by InitLogging() before others log.
std::string& Role() {
  static auto* const role = new std::string("annod");
  return *role;
}
std::atomic<bool> as_json{false};

std::string Line(LogEvent event) {
  event.role = Role();
  event.pid = getpid();
  if (!LogRequestId().empty()) {
    event.fields.emplace_back("request_id", LogRequestId());
  }
  return as_json.load() ? JsonLine(event) : TextLine(event);
}

// Standard error may be a pipe that nobody reads, or one that does not wait
// (O_NONBLOCK, set by another program that has it).
bool WriteToStandardError(const std::string& line) {
  size_t done = 0;
  while (done < line.size()) {
    const ssize_t wrote =
        write(STDERR_FILENO, line.data() + done, line.size() - done);
    if (wrote >= 0) {
      done += static_cast<size_t>(wrote);
    } else if (errno == EAGAIN) {
      pollfd ready = {STDERR_FILENO, POLLOUT, 0};
      poll(&ready, 1, /*timeout=*/-1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

std::string LostLine(int64_t count) {
  LogEvent event;
  event.time = absl::Now();
  event.level = "warning";
  event.message = "log lines dropped, nobody read them in time";
  event.fields = {{"count", count}};
  return Line(std::move(event));
}

// Never destroyed: threads may log to the end.
LineQueue& Queue() {
  static auto* const queue = [] {
    LineQueue::Options options;
    options.write = WriteToStandardError;
    options.lost_line = LostLine;
    std::atexit(FlushLog);
    return new LineQueue(std::move(options));
  }();
  return *queue;
}

class QueueSink final : public spdlog::sinks::sink {
 public:
  void log(const spdlog::details::log_msg& message) override {
    LogEvent event;
    event.time = absl::FromChrono(message.time);
    event.level = NameOf(message.level);
    const absl::string_view payload(message.payload.data(),
                                    message.payload.size());
    std::string phrase;
    if (as_json.load()) {
      phrase = TakeFields(payload, &event.fields);
      event.message = phrase;
    } else {
      event.message = payload;
    }
    Queue().Add(Line(std::move(event)));
  }
  void flush() override {}
  void set_pattern(const std::string&) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter>) override {}
};

}  // namespace

absl::Status InitLogging(const std::string& role, const std::string& level,
                         const std::string& format) {
  if (format != "text" && format != "json") {
    return absl::InvalidArgumentError(
        absl::StrCat("log format '", format, "' is not one of text, json"));
  }
  try {
    Role() = role;
    as_json.store(format == "json");
    spdlog::set_default_logger(std::make_shared<spdlog::logger>(
        "annod", std::make_shared<QueueSink>()));
    Queue();
  } catch (const std::exception& e) {
    return absl::InternalError(absl::StrCat("logging: ", e.what()));
  }
  return SetLogLevel(level);
}

absl::Status SetLogLevel(absl::string_view level) {
  const std::optional<spdlog::level::level_enum> wanted = LevelOf(level);
  if (!wanted.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "log level '", level, "' is not one of debug, info, warning, error"));
  }
  spdlog::set_level(*wanted);
  return absl::OkStatus();
}

void LogWithFields(absl::string_view level, absl::string_view message,
                   LogFields fields) {
  const spdlog::level::level_enum wanted =
      LevelOf(level).value_or(spdlog::level::err);
  if (!spdlog::should_log(wanted)) return;
  LogEvent event;
  event.time = absl::Now();
  event.level = NameOf(wanted);
  event.message = message;
  event.fields = std::move(fields);
  Queue().Add(Line(std::move(event)));
}

void LogAudit(LogFields fields) {
  LogEvent event;
  event.time = absl::Now();
  event.level = "info";
  std::string message = "audit";
  if (as_json.load()) {
    event.fields = std::move(fields);
  } else {
    absl::StrAppend(&message, " ", JsonObject(fields));
  }
  event.message = message;
  Queue().Add(Line(std::move(event)));
}

void FlushLog() { Queue().Flush(kFlushTime); }

void CountLostLogLines(MetricsWriter* writer) {
  Queue().SetLostCounter(
      writer == nullptr
          ? Counter()
          : writer->GetCounter("annod_log_lines_dropped_total", {}));
}

}  // namespace annod
