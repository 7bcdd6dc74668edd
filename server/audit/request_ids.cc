#include "server/audit/request_ids.h"

#include <algorithm>
#include <cstdint>
#include <random>

namespace annod {
namespace {

constexpr size_t kTraceIdAt = 3;
constexpr size_t kTraceIdDigits = 32;
constexpr size_t kParentAt = kTraceIdAt + kTraceIdDigits + 1;
constexpr size_t kParentDigits = 16;
constexpr size_t kFlagsAt = kParentAt + kParentDigits + 1;
constexpr size_t kTraceParentBytes = kFlagsAt + 2;

bool IsHex(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

bool IsZero(absl::string_view text) {
  return text.find_first_not_of('0') == text.npos;
}

// SplitMix64's output function, a bijection: a counter becomes numbers that
// look random and do not repeat. (Steele, Lea & Flood, "Fast splittable
// pseudorandom number generators", OOPSLA 2014.)
uint64_t Mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

uint64_t RandomStart() {
  std::random_device device;
  return (uint64_t{device()} << 32) | device();
}

absl::string_view ValueOf(const grpc::ServerContextBase& context,
                          const char* key) {
  const auto& metadata = context.client_metadata();
  const auto it = metadata.find(key);
  return it == metadata.end()
             ? absl::string_view()
             : absl::string_view(it->second.data(), it->second.size());
}

}  // namespace

absl::string_view RequestIds::trace_id() const {
  return trace_parent.empty() ? absl::string_view()
                              : absl::string_view(trace_parent)
                                    .substr(kTraceIdAt, kTraceIdDigits);
}

bool IsRequestId(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxRequestIdBytes &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return c > ' ' && c <= '~' && c != '"' && c != '\\';
         });
}

bool IsTraceParent(absl::string_view text) {
  if (text.size() < kTraceParentBytes || text.size() > kMaxRequestIdBytes) {
    return false;
  }
  const absl::string_view version = text.substr(0, 2);
  const absl::string_view trace = text.substr(kTraceIdAt, kTraceIdDigits);
  const absl::string_view parent = text.substr(kParentAt, kParentDigits);
  if (!IsHex(version) || version == "ff" || !IsHex(trace) || IsZero(trace) ||
      !IsHex(parent) || IsZero(parent) || !IsHex(text.substr(kFlagsAt, 2)) ||
      text[2] != '-' || text[kParentAt - 1] != '-' ||
      text[kFlagsAt - 1] != '-') {
    return false;
  }
  if (text.size() == kTraceParentBytes) return true;
  const absl::string_view rest = text.substr(kTraceParentBytes);
  return version != "00" && rest[0] == '-' && IsRequestId(rest);
}

std::string NewRequestId() {
  // Without the letters that are taken for digits.
  static constexpr char kDigits[] = "0123456789abcdefghjkmnpqrstvwxyz";
  thread_local uint64_t state = RandomStart();
  state += 0x9e3779b97f4a7c15;
  uint64_t number = Mix(state);
  std::string id(13, '0');  // of five bits each; no memory is taken
  for (char& c : id) {
    c = kDigits[number % 32];
    number /= 32;
  }
  return id;
}

RequestIds TakeRequestIds(grpc::ServerContextBase* context) {
  RequestIds ids;
  const absl::string_view given = ValueOf(*context, kRequestIdKey);
  ids.request_id = IsRequestId(given) ? std::string(given) : NewRequestId();
  const absl::string_view trace = ValueOf(*context, kTraceParentKey);
  if (IsTraceParent(trace)) ids.trace_parent = std::string(trace);
  context->AddTrailingMetadata(kRequestIdKey, ids.request_id);
  return ids;
}

void AddRequestIds(const RequestIds& ids, grpc::ClientContext* context) {
  if (!ids.request_id.empty()) {
    context->AddMetadata(kRequestIdKey, ids.request_id);
  }
  if (!ids.trace_parent.empty()) {
    context->AddMetadata(kTraceParentKey, ids.trace_parent);
  }
}

}  // namespace annod
