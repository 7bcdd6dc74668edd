#include "server/process/logging.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <exception>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace annod {
namespace {

std::optional<spdlog::level::level_enum> LevelOf(absl::string_view name) {
  if (name == "debug") return spdlog::level::debug;
  if (name == "info") return spdlog::level::info;
  if (name == "warning") return spdlog::level::warn;
  if (name == "error") return spdlog::level::err;
  return std::nullopt;
}

void Append(const std::string& text, spdlog::memory_buf_t* out) {
  out->append(text.data(), text.data() + text.size());
}

// %*: the message with control characters escaped.
class EscapedMessage : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    for (const char c : message.payload) {
      if (!absl::ascii_iscntrl(c)) {
        out.push_back(c);
      } else if (c == '\n') {
        Append("\\n", &out);
      } else {
        Append(absl::StrFormat("\\x%02x", static_cast<unsigned char>(c)), &out);
      }
    }
  }
  std::unique_ptr<spdlog::custom_flag_formatter> clone() const override {
    return std::make_unique<EscapedMessage>();
  }
};

}  // namespace

absl::Status InitLogging(const std::string& role, const std::string& level) {
  try {
    auto formatter = std::make_unique<spdlog::pattern_formatter>(
        spdlog::pattern_time_type::utc);
    formatter->add_flag<EscapedMessage>('*').set_pattern(
        absl::StrCat("%Y-%m-%dT%H:%M:%S.%eZ %l ", role, "[%P] %*"));
    auto logger = std::make_shared<spdlog::logger>(
        "annod", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_formatter(std::move(formatter));
    spdlog::set_default_logger(std::move(logger));
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

}  // namespace annod
